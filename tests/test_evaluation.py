"""assistant/evaluation/: question sets in, figures out, None never zero."""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import CasebookError, QuestionSetError
from assistant.evaluation import read_questions, run, summarise, summary_text
from assistant.evaluation.metrics import METRICS, ndcg, recall, score, states
from assistant.evaluation.runs import record_json
from assistant.pipeline import Assistant
from assistant.schema import EvaluationRecord, Evidence, Question, Turn

Answered = Mapping[str, Any]


def _answered(*documents: str, text: str = "", quotes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return an answer: its ranking, its text, and its citations as quote → document."""
    cited = [{"document_id": document, "quote": quote} for quote, document in (quotes or {}).items()]
    return {
        "answer": text,
        "abstained": not cited,
        "sentences": [{"text": quote} for quote in quotes or {}],
        "citations": cited,
        "hits": [{"document_id": document} for document in documents],
    }


# --- Metrics, by hand ---

THIRD = 1 / math.log2(4)


@pytest.mark.parametrize(
    ("ranked", "relevant", "k", "value"),
    [
        pytest.param("abc", "a", 10, 1.0, id="first of one"),
        pytest.param("xxa", "a", 10, THIRD, id="third of one"),
        pytest.param("xxa", "a", 2, 0.0, id="behind the cut"),
        pytest.param("abc", "ab", 10, 1.0, id="both in front"),
        pytest.param("axb", "ab", 10, (1 + THIRD) / (1 + 1 / math.log2(3)), id="first and third of two"),
        pytest.param("abc", "abcdef", 3, 1.0, id="more relevant than fit"),
        pytest.param("", "a", 10, 0.0, id="nothing found is zero"),
        pytest.param("abc", "", 10, None, id="nothing relevant is not applicable"),
        pytest.param("xa", "aa", 10, 1 / math.log2(3), id="a label given twice counts once"),
    ],
)
def test_ndcg(ranked: str, relevant: str, k: int, value: float | None) -> None:
    assert ndcg(list(ranked), list(relevant), k) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("ranked", "relevant", "k", "value"),
    [
        pytest.param("abc", "ac", 2, 0.5, id="one of two"),
        pytest.param("abc", "ac", 5, 1.0, id="both"),
        pytest.param("abc", "z", 5, 0.0, id="none"),
        pytest.param("abc", "", 5, None, id="nothing relevant is not applicable"),
    ],
)
def test_recall(ranked: str, relevant: str, k: int, value: float | None) -> None:
    assert recall(list(ranked), list(relevant), k) == value


@pytest.mark.parametrize("seed", range(20))
def test_ndcg_and_recall_agree_with_ir_measures(seed: int) -> None:
    import ir_measures
    from ir_measures import R, nDCG

    dice = random.Random(seed)
    documents = [f"d{number}" for number in range(30)]
    ranked = dice.sample(documents, dice.randint(1, 30))
    relevant = dice.sample(documents, dice.randint(1, 12))
    qrels = [ir_measures.Qrel("q", document, 1) for document in relevant]
    scored = [ir_measures.ScoredDoc("q", document, 100.0 - rank) for rank, document in enumerate(ranked)]
    theirs = ir_measures.calc_aggregate([nDCG @ 10, R @ 2, R @ 5], qrels, scored)
    assert ndcg(ranked, relevant, 10) == pytest.approx(theirs[nDCG @ 10], abs=1e-6)
    assert recall(ranked, relevant, 2) == pytest.approx(theirs[R @ 2], abs=1e-6)
    assert recall(ranked, relevant, 5) == pytest.approx(theirs[R @ 5], abs=1e-6)


names = st.lists(st.sampled_from("abcdefghij"), max_size=8, unique=True)


@given(names, names.filter(bool), st.integers(1, 10))
def test_ndcg_is_between_nothing_and_all_and_best_when_the_relevant_come_first(
    ranked: list[str], relevant: list[str], k: int
) -> None:
    value = ndcg(ranked, relevant, k)
    assert value is not None
    assert 0.0 <= value <= 1.0 + 1e-12
    best = ndcg(relevant, relevant, k)
    assert best == pytest.approx(1.0)


BASE = Question(id="q", text="How?")
QUOTE = Evidence(document="a.md", quote="20 beds opened in May.")
HELD = {"20 beds opened": "a.md", "Other words.": "b.md"}

TABLE: list[tuple[str, str, Question, Answered, float | None]] = [
    ("nDCG@10", "by the best passage of a document", replace(BASE, relevant=("b",)), _answered("a", "a", "b"), 0.63093),
    ("recall@2", "of documents, not passages", replace(BASE, relevant=("b",)), _answered("a", "a", "b"), 1.0),
    ("recall@5", "nothing relevant is named", BASE, _answered("a"), None),
    ("citation recall", "the quote is cited in part", replace(BASE, must_cite=(QUOTE,)), _answered(quotes=HELD), 1.0),
    (
        "citation recall",
        "in another document",
        replace(BASE, must_cite=(replace(QUOTE, document="b.md"),)),
        _answered(quotes=HELD),
        0.0,
    ),
    (
        "citation recall",
        "one of two quotes",
        replace(BASE, must_cite=(QUOTE, Evidence(document="a.md", quote="Never cited."))),
        _answered(quotes=HELD),
        0.5,
    ),
    ("citation recall", "refused", replace(BASE, must_cite=(QUOTE,)), _answered("a.md"), 0.0),
    ("citation recall", "no quote is named", BASE, _answered(quotes=HELD), None),
    (
        "citation recall",
        "should be refused",
        replace(BASE, must_cite=(QUOTE,), answerable=False),
        _answered(quotes=HELD),
        None,
    ),
    ("right document", "one citation of two", replace(BASE, relevant=("a.md",)), _answered(quotes=HELD), 0.5),
    ("right document", "refused", replace(BASE, relevant=("a.md",)), _answered("a.md"), None),
    (
        "completeness",
        "one figure of two",
        replace(BASE, must_state=("20 beds", "£2m")),
        _answered(text="It has 20 beds.", quotes=HELD),
        0.5,
    ),
    (
        "completeness",
        "a refusal states nothing",
        replace(BASE, must_state=("20 beds",)),
        _answered(text="They do not say 20 beds."),
        0.0,
    ),
    ("completeness", "nothing to state", BASE, _answered(text="x", quotes=HELD), None),
    ("false answer", "answered", replace(BASE, answerable=False), _answered(quotes=HELD), 1.0),
    ("false answer", "refused", replace(BASE, answerable=False), _answered(), 0.0),
    ("false answer", "can be answered", replace(BASE, answerable=True), _answered(), None),
    ("false answer", "nobody says", BASE, _answered(), None),
    ("false refusal", "refused", replace(BASE, answerable=True), _answered(), 1.0),
    ("false refusal", "answered", replace(BASE, answerable=True), _answered(quotes=HELD), 0.0),
    ("false refusal", "cannot be answered", replace(BASE, answerable=False), _answered(), None),
    ("sentences", "of an answer", BASE, _answered(quotes=HELD), 2.0),
    ("sentences", "a refusal has none", BASE, _answered(), None),
]


@pytest.mark.parametrize(
    ("metric", "question", "answer", "value"),
    [pytest.param(row[0], *row[2:], id=f"{row[0]}: {row[1]}") for row in TABLE],
)
def test_a_metric(metric: str, question: Question, answer: Answered, value: float | None) -> None:
    found = score(question, answer)[metric]
    assert found == (value if value is None else pytest.approx(value, abs=1e-5))


def test_every_metric_has_its_rows() -> None:
    assert {row[0] for row in TABLE} == set(METRICS)


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        pytest.param("20 Beds", True, id="words in any case"),
        pytest.param("beds  in\nmay", True, id="any white space"),
        pytest.param("/sept(ember)?|may/", True, id="a pattern"),
        pytest.param("/^beds/", False, id="a pattern that does not match"),
        pytest.param("30 beds", False, id="another figure"),
        pytest.param("//", False, id="two slashes are two slashes"),
    ],
)
def test_what_is_stated(wanted: str, held: bool) -> None:
    assert states("There were 20 beds in May.", wanted) is held


# --- Question sets ---


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


# --- Runs ---

QUESTIONS = (
    Question(
        id="cold-site",
        text="Where is the Black Country's orthopaedic elective cold site?",
        kind="fact",
        answerable=True,
        must_state=("Cannock Chase Hospital",),
        relevant=("black-country.md",),
    ),
    Question(id="recipe", text="How do I bake a sponge cake?", kind="unanswerable", answerable=False),
    Question(
        id="then",
        text="And who chairs it?",
        kind="follow-up",
        history=(Turn(role="user", text="What is WYAAT?"), Turn(role="assistant", text="…")),
    ),
)


def _without_timings(path: Path) -> list[Any]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows[1:]:
        row.pop("seconds")
        row["answer"].pop("timings_ms")
    return rows


def test_a_run_twice_differs_in_timings_only(casebook: Assistant, tmp_path: Path) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        run(casebook, QUESTIONS, tmp_path / name, provenance={"set": "x"})
    first = _without_timings(tmp_path / "one.jsonl")
    assert first == _without_timings(tmp_path / "two.jsonl")
    assert first[0]["provenance"]["questions"] == 3
    assert [row["question"]["id"] for row in first[1:]] == ["cold-site", "recipe", "then"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.jsonl", "two.jsonl"]


def test_a_run_scores_what_was_answered(casebook: Assistant, tmp_path: Path) -> None:
    records = {record.question.id: record for record in run(casebook, QUESTIONS, None, provenance={})}
    cold, recipe = records["cold-site"].scores, records["recipe"].scores
    assert (cold["nDCG@10"], cold["completeness"], cold["false refusal"], cold["false answer"]) == (1.0, 1.0, 0.0, None)
    assert (recipe["nDCG@10"], recipe["completeness"], recipe["false answer"]) == (None, None, 0.0)
    for record in records.values():
        assert len({hit["document_id"] for hit in record.answer["hits"]}) >= 29  # all that there are


def test_a_record_comes_back_from_json(casebook: Assistant) -> None:
    (record,) = run(casebook, QUESTIONS[:1], None, provenance={})
    row = json.loads(json.dumps(record_json(record)))
    assert list(row) == ["question", "answer", "scores", "seconds"]
    assert row["answer"] == json.loads(json.dumps(record.answer))
    assert row["scores"] == record.scores
    assert row["question"]["id"] == "cold-site"


def test_a_question_that_cannot_be_asked_is_named(casebook: Assistant, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    out.write_text("the run before\n", encoding="utf-8")
    with pytest.raises(CasebookError, match=r"question 'long': .* 2001 characters"):
        run(casebook, (QUESTIONS[0], Question(id="long", text="x" * 2001)), out, provenance={})
    assert out.read_text(encoding="utf-8") == "the run before\n"
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl"]


def test_a_place_that_cannot_be_written_is_said_before_anything_is_asked(casebook: Assistant, tmp_path: Path) -> None:
    with pytest.raises(CasebookError, match="Name another --out"):
        run(casebook, (Question(id="long", text="x" * 2001),), tmp_path / "none" / "run.jsonl", provenance={})


def _record(kind: str, scores: Mapping[str, float | None], seconds: float) -> EvaluationRecord:
    return EvaluationRecord(question=replace(BASE, kind=kind), answer={}, scores=scores, seconds=seconds)


def test_a_mean_is_over_the_questions_that_a_metric_applies_to() -> None:
    records = [
        _record("fact", {"a": 1.0, "b": None}, 0.1),
        _record("fact", {"a": 0.0, "b": None}, 0.3),
        _record("", {"a": None, "b": None}, 0.2),
    ]
    summary = summarise(records)
    assert summary["questions"] == 3
    assert summary["scores"] == {"a": {"mean": 0.5, "questions": 2}}
    assert summary["kinds"] == {"fact": {"a": {"mean": 0.5, "questions": 2}}}
    assert summary["seconds"] == {"median": 0.2, "total": 0.6}
    assert summary["halves"] == {}
    assert summary_text(summary).startswith("3 questions, 200 ms at the median\n")


def test_the_halves_of_a_set_are_told_apart() -> None:
    halves = [
        replace(_record("", {"recall@2": value}, 0.1), question=replace(BASE, tags=(tag,)))
        for tag, value in (("dev", 1.0), ("test", 0.0), ("test", 0.5))
    ]
    summary = summarise(halves)
    assert summary["halves"]["dev"] == {"recall@2": {"mean": 1.0, "questions": 1}}
    assert summary["halves"]["test"] == {"recall@2": {"mean": 0.25, "questions": 2}}
    rows = {line.split()[0]: line.split()[1:] for line in summary_text(summary).splitlines()[3:]}
    assert rows == {"all": ["0.500"], "dev": ["1.000"], "test": ["0.250"]}


def test_a_metric_that_applies_to_none_of_a_kind_has_no_figure() -> None:
    summary = summarise(
        [
            _record("x", {"recall@2": 1.0, "completeness": None}, 0.1),
            _record("y", {"recall@2": None, "completeness": 0.0}, 0.1),
        ]
    )
    rows = {line.split()[0]: line.split()[1:] for line in summary_text(summary).splitlines()[3:]}
    assert rows == {"all": ["1.000", "0.000"], "x": ["1.000", "–"], "y": ["–", "0.000"]}
