"""assistant/evaluation/: question sets in JSONL, YAML, CSV and BEIR layout, lint, and sets made from answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import QuestionSetError
from assistant.evaluation import read_questions
from assistant.evaluation.from_answers import question_row
from assistant.evaluation.lint import lint
from assistant.evaluation.questions import BenchmarkQuestion
from assistant.schema import Evidence, Question, Turn
from tests.evaluation_samples import TEXTS, answered

# --- JSONL and folders ---


def _set(folder: Path, *rows: Any) -> Path:
    path = folder / "set.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_a_question_is_read_whole(tmp_path: Path) -> None:
    row = {
        "id": "a-1",
        "text": "And when?",
        "kind": "follow-up",
        "tags": ["typo"],
        "history": [{"role": "user", "text": "Who?"}],
        "answerable": False,
        "reason": "not_in_corpus",
        "must_cite": [{"document": "a.md", "quote": "x"}],
        "must_state": ["May"],
        "must_not_state": ["June"],
        "relevant": ["a.md"],
        "split": "dev",
    }
    assert read_questions(_set(tmp_path, "", row, "  ")) == (
        Question(
            id="a-1",
            text="And when?",
            kind="follow-up",
            tags=("typo", "dev"),
            history=(Turn(role="user", text="Who?"),),
            answerable=False,
            reason="not_in_corpus",
            must_cite=(Evidence(document="a.md", quote="x"),),
            must_state=("May",),
            must_not_state=("June",),
            relevant=("a.md",),
        ),
    )


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "a", "text": "x"}\r\n', encoding="utf-8-sig")
    assert [question.id for question in read_questions(path)] == ["a"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(["{nope"], ["set.jsonl, line 1", "not JSON"], id="not JSON"),
        pytest.param([{"id": "a", "text": "x"}, "[1]"], ["set.jsonl, line 2", "not an object"], id="not an object"),
        pytest.param(["[" * 100_000], ["set.jsonl, line 1", "not JSON"], id="too deep"),
        pytest.param([{"text": "x"}], ["set.jsonl, line 1", 'no "id"'], id="no id"),
        pytest.param([{"id": 7, "text": "x"}], ["set.jsonl, line 1", 'no "id"'], id="a number as id"),
        pytest.param([{"id": "a"}], ["set.jsonl, line 1", 'no "text"'], id="no text"),
        pytest.param(
            [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], ["set.jsonl", "'a' stands there twice"], id="same id"
        ),
        pytest.param([{"id": "a", "text": "x", "tags": "typo"}], ["line 1", "'a'", "tags"], id="tags are no list"),
        pytest.param([{"id": "a", "text": "x", "must_state": [20]}], ["line 1", "must_state"], id="a number to state"),
        pytest.param([{"id": "a", "text": "x", "relevant": 5}], ["line 1", "relevant"], id="relevant is a number"),
        pytest.param([{"id": "a", "text": "x", "kind": ["b"]}], ["line 1", "kind"], id="kind is a list"),
        pytest.param([{"id": "a", "text": "x", "split": 1}], ["line 1", "split"], id="split is a number"),
        pytest.param([{"id": "a", "text": "x", "answerable": "yes"}], ["line 1", "answerable", "yes"], id="answerable"),
        pytest.param([{"id": "a", "text": "x", "reason": "tired"}], ["line 1", "reason", "tired"], id="reason"),
        pytest.param(
            [{"id": "a", "text": "x", "must_cite": [{"quote": "x"}]}], ["line 1", "must_cite"], id="must_cite"
        ),
        pytest.param([{"id": "a", "text": "x", "must_cite": ["x"]}], ["line 1", "must_cite"], id="a quote alone"),
        pytest.param(
            [{"id": "a", "text": "x", "history": [{"role": "god", "text": "x"}]}], ["line 1", "history"], id="role"
        ),
        pytest.param([{"id": "a", "text": "x", "history": {"role": "user"}}], ["line 1", "history"], id="history"),
        pytest.param([], ["set.jsonl", "no question"], id="empty"),
        pytest.param(
            [{"id": "a", "text": "x", "must_state": ["/(/"]}],
            ["line 1", "must_state", "no regular expression"],
            id="pattern",
        ),
        pytest.param(
            [{"id": "a", "text": "x", "must_not_state": [" "]}],
            ["line 1", "must_not_state", "empty"],
            id="says nothing",
        ),
        pytest.param(
            [{"id": "a", "text": "x", "must_cite": [{"document": "a.md", "quote": ""}]}],
            ["line 1", "must_cite"],
            id="an empty quote",
        ),
    ],
)
def test_a_fault_of_a_set_is_named_with_file_line_and_field(tmp_path: Path, rows: list[Any], words: list[str]) -> None:
    with pytest.raises(QuestionSetError) as refusal:
        read_questions(_set(tmp_path, *rows))
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_a_set_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="There is no question set"):
        read_questions(tmp_path / "none.jsonl")
    (tmp_path / "set.jsonl").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(QuestionSetError, match="cannot be read"):
        read_questions(tmp_path / "set.jsonl")


def _beir(folder: Path, qrels: str | None) -> Path:
    rows = [{"_id": "q1", "text": "One?"}, {"_id": "q2", "text": "Two?"}]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    if qrels is not None:
        (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return folder


def test_a_folder_in_beir_layout(tmp_path: Path) -> None:
    qrels = "query-id\tcorpus-id\tscore\r\nq1\td1\t1\r\nq1\td2\t0\nq1\td3\t2\n\nq9\td1\t1\n"
    one, two = read_questions(_beir(tmp_path, qrels))
    assert (one.id, one.text, one.relevant) == ("q1", "One?", ("d1", "d3"))
    assert (two.relevant, two.answerable) == ((), None)


def test_a_folder_without_qrels_has_questions_all_the_same(tmp_path: Path) -> None:
    assert [question.relevant for question in read_questions(_beir(tmp_path, None))] == [(), ()]


@pytest.mark.parametrize(
    ("qrels", "words"),
    [
        pytest.param("q1 d1 1\n", "qrels.tsv, line 1: 1 columns", id="spaces for tabs"),
        pytest.param("query-id\tcorpus-id\tscore\nq1\td1\n", "qrels.tsv, line 2: 2 columns", id="no score"),
        pytest.param("q1\td1\tgood\n", "qrels.tsv, line 1: the score 'good'", id="a word as score"),
    ],
)
def test_a_fault_of_the_qrels_is_named(tmp_path: Path, qrels: str, words: str) -> None:
    with pytest.raises(QuestionSetError) as refusal:
        read_questions(_beir(tmp_path, qrels))
    assert words in str(refusal.value)


def test_a_folder_of_sets_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": f"{name}-1", "text": "x"}), encoding="utf-8")
    assert [question.id for question in read_questions(tmp_path)] == ["a-1", "b-1"]


def test_an_id_in_two_sets_of_a_folder_is_a_fault(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": "same", "text": "x"}), encoding="utf-8")
    with pytest.raises(QuestionSetError, match="'same' stands there twice"):
        read_questions(tmp_path)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"holds no \.jsonl file"):
        read_questions(tmp_path)


def test_a_folder_may_hold_all_three_formats(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"id": "c-1", "text": "x"}', encoding="utf-8")
    (tmp_path / "b.yaml").write_text("- {id: b-1, text: x}", encoding="utf-8")
    (tmp_path / "a.csv").write_text("id,text\na-1,x\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no set", encoding="utf-8")
    assert [question.id for question in read_questions(tmp_path)] == ["a-1", "b-1", "c-1"]


def test_short_answers_of_a_public_set_are_kept(tmp_path: Path) -> None:
    (question,) = read_questions(_set(tmp_path, {"_id": "a", "text": "x", "answers": ["May", "in May"]}))
    assert question == BenchmarkQuestion(id="a", text="x", answers=("May", "in May"))
    (none,) = read_questions(_set(tmp_path, {"_id": "a", "text": "x", "answers": []}))
    assert none == Question(id="a", text="x")


# --- YAML and CSV ---

WHOLE = Question(
    id="a-1",
    text="How many beds, and when?",
    kind="fact",
    tags=("typo", "north", "dev"),
    history=(Turn(role="user", text="Who: what?"), Turn(role="assistant", text="They.")),
    answerable=True,
    must_cite=(Evidence(document="a.md", quote="20 beds: opened in May."), Evidence(document="b.md", quote="So.")),
    must_state=("20 beds", "/may|june/"),
    must_not_state=("30 beds",),
    relevant=("a.md", "b.md"),
)
YAML = """\
# a set
- id: a-1
  text: How many beds, and when?
  kind: fact
  tags: [typo, north]
  split: dev
  answerable: yes
  history:
    - {role: user, text: "Who: what?"}
    - {role: assistant, text: They.}
  must_cite:
    - document: a.md
      quote: "20 beds: opened in May."
    - {document: b.md, quote: So.}
  must_state: [20 beds, /may|june/]
  must_not_state: [30 beds]
  relevant: [a.md, b.md]
"""
CSV = """\
id,text,kind,tags,split,answerable,history,must_cite,must_state,must_not_state,relevant,reason
a-1,"How many beds, and when?",fact,"typo; north",dev,YES,"user: Who: what?
assistant: They.","a.md: 20 beds: opened in May.
b.md: So.","20 beds
/may|june/",30 beds,"a.md, b.md",
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("set.yaml", YAML, id="YAML"),
        pytest.param("set.yml", "questions:\n" + YAML, id="YAML under a key"),
        pytest.param("set.csv", CSV, id="CSV"),
        pytest.param("set.csv", CSV.replace("\n", "\r\n"), id="CSV with Windows' line ends"),
        pytest.param("set.CSV", "\ufeff" + CSV, id="CSV as Excel saves it in UTF-8"),
        pytest.param("set.csv", CSV + ",,,,,,,,,,,\n\n", id="CSV with empty rows"),
    ],
)
def test_a_question_is_read_whole_from_what_people_write(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8"))
    assert read_questions(tmp_path / name) == (WHOLE,)


@pytest.mark.parametrize("mark", [";", "\t"], ids=["semicolons", "tabs"])
def test_the_separator_of_another_country(tmp_path: Path, mark: str) -> None:
    (tmp_path / "set.csv").write_text(f"ID{mark}Text{mark}answerable\n7{mark}How, then?{mark}no\n", encoding="utf-8")
    assert read_questions(tmp_path / "set.csv") == (Question(id="7", text="How, then?", answerable=False),)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        pytest.param("s.yaml", "- id: a\n  text: x\n- id: 7\n  text: y\n", ["s.yaml, line 3", 'no "id"'], id="number"),
        pytest.param("s.yaml", "- id: a\n  text: what: now\n", ["s.yaml, line 2", "not YAML", "quotes"], id="colon"),
        pytest.param("s.yaml", "- id: a\n  text: x\n  tags: one\n", ["line 1", "'a'", "tags is a list"], id="tags"),
        pytest.param("s.yaml", "- one\n", ["s.yaml, line 1", "not a question"], id="a text"),
        pytest.param("s.yaml", "id: a\ntext: x\n", ["s.yaml, line 1", "not a list"], id="no list"),
        pytest.param("s.yaml", "- !!python/name:os.system\n", ["s.yaml, line 1", "not a question"], id="code"),
        pytest.param(
            "s.yaml", "- id: a\n  text: !!python/name:os.system x\n", ["s.yaml, line 2", "not YAML"], id="code within"
        ),
        pytest.param("s.yaml", "- id: a\n  text: x\n  must_state: [2021-05-01]\n", ["must_state"], id="a date"),
        pytest.param("s.yaml", "", ["holds no question"], id="empty"),
        pytest.param("s.csv", "", ["s.csv, line 1", "the columns are none"], id="an empty table"),
        pytest.param("s.csv", "id,question\na,x\n", ["s.csv, line 1", "id, question", "text"], id="no text column"),
        pytest.param("s.csv", "id,text,must_sate\na,x,y\n", ["s.csv, line 1", "must_sate"], id="strange column"),
        pytest.param("s.csv", "id,text\na,x\nb,y,z\n", ["s.csv, line 3", "3 cells"], id="a comma too many"),
        pytest.param("s.csv", 'id,text\na,"x\n', ["s.csv", "not CSV"], id="a quote left open"),
        pytest.param("s.csv", "id,text,answerable\na,x,maybe\n", ["line 2", "answerable", "'maybe'"], id="maybe"),
        pytest.param(
            "s.csv",
            'id,text,must_cite\na,"x\ny",a.md: z\nb,x,only a quote\n',
            ["s.csv, line 4", "must_cite", "document: quote"],
            id="no document, below a cell of two lines",
        ),
        pytest.param("s.csv", "id,text,reason\na,x,tired\n", ["line 2", "'a'", "reason", "tired"], id="reason"),
    ],
)
def test_a_fault_is_named_with_file_and_line(tmp_path: Path, name: str, text: str, words: list[str]) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8"))
    with pytest.raises(QuestionSetError) as refusal:
        read_questions(tmp_path / name)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_an_old_encoding_of_excel_is_explained(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_bytes("id,text\na,Why “so”?\n".encode("cp1252"))
    with pytest.raises(QuestionSetError, match="save as “CSV UTF-8”"):
        read_questions(tmp_path / "set.csv")


# --- Lint ---

GOOD = {
    "id": "a",
    "text": "How many beds?",
    "answerable": True,
    "must_cite": [{"document": "a.md", "quote": "20 beds"}],
    "must_state": ["20"],
    "relevant": ["a.md"],
}


def test_a_good_set_has_no_faults(tmp_path: Path) -> None:
    rows = [GOOD, {"id": "b", "text": "Cake?", "answerable": False, "reason": "out_of_scope"}]
    assert lint(_set(tmp_path, *rows), TEXTS) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        pytest.param({"must_cite": [{"document": "a.md", "quote": "30 beds"}]}, ["label lost", "30 beds"], id="quote"),
        pytest.param(
            {"must_not_cite": [{"document": "aa.md", "quote": "20"}]}, ["must_not_cite", "'aa.md'"], id="document"
        ),
        pytest.param({"relevant": ["d.md"]}, ["relevant", "'d.md'", "not there; did you mean"], id="relevant"),
        pytest.param({"must_state": ["£3m"]}, ["must_state", "'£3m'"], id="stated nowhere"),
        pytest.param({"must_sate": ["20"]}, ["'must_sate'", "did you mean 'must_state'"], id="a slip in a field"),
        pytest.param({"text": " "}, ["the text is empty"], id="no words"),
        pytest.param({"answerable": False}, ["not answerable, and yet"], id="labels of a refusal"),
        pytest.param({"reason": "weak_evidence"}, ["answerable, and yet the reason"], id="reason of an answer"),
        pytest.param({"must_cite": [], "must_state": [], "relevant": []}, ["nothing says how"], id="no labels"),
        pytest.param({"kind": 7}, ["kind is a text"], id="a field in no form"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, row: dict[str, Any], words: list[str]) -> None:
    (fault,) = lint(_set(tmp_path, {"id": "z", "text": "Fine."}, {**GOOD, **row}), TEXTS)
    assert fault.startswith("set.jsonl, line 2")
    assert all(word in fault for word in words), fault


def test_lint_names_every_fault_not_just_the_first(tmp_path: Path) -> None:
    faults = lint(_set(tmp_path, GOOD, {"id": "b"}, GOOD, {**GOOD, "id": "c", "relevant": ["x"]}, "{nope"), TEXTS)
    places = [fault.split(":")[0].split(",")[1].strip() for fault in faults]
    assert places == ["line 2", "line 3", "line 4", "line 5"]
    assert "stands already at set.jsonl, line 1" in faults[1]


def test_an_empty_set_is_a_fault(tmp_path: Path) -> None:
    (fault,) = lint(_set(tmp_path), TEXTS)
    assert "holds no question" in fault


# --- Sets from answers that people found good ---


def test_a_liked_answer_becomes_a_question_that_asks_for_it_again(tmp_path: Path) -> None:
    said = answered(("a.md", "20 beds opened"), ("b.md", "Other words."), ("a.md", "20 beds opened"))
    (question,) = read_questions(_set(tmp_path, question_row("liked-1", said, [{"role": "user", "text": "Who?"}])))
    assert question == Question(
        id="liked-1",
        text="How?",
        kind="liked",
        history=(Turn(role="user", text="Who?"),),
        answerable=True,
        must_cite=(
            Evidence(document="a.md", quote="20 beds opened"),
            Evidence(document="b.md", quote="Other words."),
        ),
        relevant=("a.md", "b.md"),
    )
    assert lint(_set(tmp_path, question_row("liked-1", said)), TEXTS) == []


def test_a_liked_refusal_becomes_a_question_that_is_not_answerable(tmp_path: Path) -> None:
    (question,) = read_questions(_set(tmp_path, question_row("liked-2", answered(reason="out_of_scope"))))
    expected = Question(id="liked-2", text="How?", kind="liked", answerable=False, reason="out_of_scope")
    assert question == expected
