"""assistant/evaluation/: runs are the same twice, are gone on with, and come back."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import CasebookError, QuestionSetError
from assistant.evaluation import read_run, run
from assistant.evaluation.provenance import program, provenance
from assistant.evaluation.questions import BenchmarkQuestion
from assistant.evaluation.records import jsonl, lines_of, record_json
from assistant.evaluation.workers import asked_by
from assistant.pipeline import Assistant
from assistant.schema import EvaluationRecord, Question, Turn
from assistant.settings import Settings

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
    BenchmarkQuestion(id="public", text="What is WYAAT?", answers=("a collaborative",)),
)


def _without_timings(path: Path) -> list[Any]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows[1:]:
        row.pop("seconds")
        row["answer"].pop("timings_ms")
    return rows


class Counting:
    """An assistant that writes down what it is asked, and may be stopped at a question."""

    def __init__(self, assistant: Assistant, stop_at: str = "") -> None:
        self._assistant, self._stop_at = assistant, stop_at
        self.asked: list[str] = []
        self.generation = assistant.generation
        self.documents = assistant.documents

    def ask(self, text: str, history: Sequence[Turn], *, distinct: int) -> Any:
        self.asked.append(text)
        if text == self._stop_at:
            raise KeyboardInterrupt
        return self._assistant.ask(text, history, distinct=distinct)


def _run(assistant: Any, out: Path | None, **options: Any) -> list[EvaluationRecord]:
    return run(assistant, QUESTIONS, out, **{"provenance": {"set": "x"}, **options})


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)], ids=["one by one", "by two processes"])
def test_a_run_twice_differs_in_timings_only(
    casebook: Assistant, corpus_index: Path, tmp_path: Path, jobs: int
) -> None:
    _run(casebook, tmp_path / "one.jsonl")
    _run(casebook, tmp_path / "two.jsonl", asked=asked_by(Settings(index=corpus_index), jobs) if jobs > 1 else None)
    first = _without_timings(tmp_path / "one.jsonl")
    assert first == _without_timings(tmp_path / "two.jsonl")
    assert first[0]["provenance"]["questions"] == 4
    assert [row["question"]["id"] for row in first[1:]] == [question.id for question in QUESTIONS]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.jsonl", "two.jsonl"]


def test_a_run_scores_what_was_answered(casebook: Assistant) -> None:
    records = {one.question.id: one for one in _run(casebook, None)}
    cold, recipe = records["cold-site"].scores, records["recipe"].scores
    assert (cold["nDCG@10"], cold["completeness"], cold["false refusal"], cold["false answer"]) == (1.0, 1.0, 0.0, None)
    assert (recipe["nDCG@10"], recipe["completeness"], recipe["false answer"]) == (None, None, 0.0)
    assert {one.scores["citation faults"] for one in records.values()} == {0.0}
    for one in records.values():
        assert len({hit["document_id"] for hit in one.answer["hits"]}) >= 29  # all that there are


def test_progress_is_told_from_nothing_to_all(casebook: Assistant) -> None:
    told: list[tuple[int, int]] = []
    _run(casebook, None, progress=lambda done, of: told.append((done, of)))
    assert told == [(number, 4) for number in range(5)]


@pytest.mark.slow
def test_a_question_that_a_process_cannot_ask_is_named(casebook: Assistant, corpus_index: Path) -> None:
    questions = (QUESTIONS[0], Question(id="long", text="x" * 2001))
    with pytest.raises(CasebookError, match=r"question 'long': .* 2001 characters"):
        run(casebook, questions, None, provenance={}, asked=asked_by(Settings(index=corpus_index), 2))


def test_processes_that_cannot_start_are_said(casebook: Assistant, tmp_path: Path) -> None:
    with pytest.raises(CasebookError, match="Take fewer --jobs"):
        run(casebook, QUESTIONS, None, provenance={}, asked=asked_by(Settings(index=tmp_path), 2))


# --- The file ---


def test_a_run_comes_back_from_its_file(casebook: Assistant, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    records = _run(casebook, out)
    whole = read_run(out)
    assert whole.records == tuple(records)
    assert whole.provenance == {
        "schema": 1,
        "generation": casebook.generation,
        "corpus_sha256": whole.provenance["corpus_sha256"],
        "questions": 4,
        "set": "x",
    }
    assert jsonl(list(lines_of(whole))) == out.read_bytes()
    assert list(record_json(records[0])) == ["question", "answer", "scores", "seconds"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("", "no run", id="empty"),
        pytest.param("{nope", "cannot be read", id="not JSON"),
        pytest.param("[1]\n", "not every line is an object", id="lists"),
        pytest.param('{"id": "a", "text": "x"}\n', "no provenance", id="a question set"),
        pytest.param('{"provenance": {"schema": 2}}\n', "the schema is 2", id="a later schema"),
        pytest.param('{"provenance": {"schema": 1, "questions": 2}}\n', "holds 0 of 2", id="half of a run"),
        pytest.param(
            '{"provenance": {"schema": 1, "questions": 1}}\n{"question": {}}\n', "line 2: not a record", id="no record"
        ),
    ],
)
def test_what_is_no_run_is_said(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(QuestionSetError) as refusal:
        read_run(path)
    assert words in str(refusal.value)


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="cannot be read as a run"):
        read_run(tmp_path / "none.jsonl")


def test_a_stopped_run_is_gone_on_with(casebook: Assistant, tmp_path: Path) -> None:
    out, whole = tmp_path / "run.jsonl", tmp_path / "whole.jsonl"
    with pytest.raises(KeyboardInterrupt):
        _run(Counting(casebook, stop_at=QUESTIONS[2].text), out)
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl.part"]
    part = tmp_path / "run.jsonl.part"
    part.write_bytes(part.read_bytes() + b'{"question": {"id": "th')  # killed amid a line
    again = Counting(casebook)
    told: list[int] = []
    _run(again, out, progress=lambda done, of: told.append(done))
    assert again.asked == [question.text for question in QUESTIONS[2:]]
    assert told == [2, 3, 4]
    _run(casebook, whole)
    assert _without_timings(out) == _without_timings(whole)
    assert not part.exists()


@pytest.mark.parametrize(
    "other",
    [pytest.param({"provenance": {"set": "y"}}, id="another provenance"), pytest.param(None, id="a part of no run")],
)
def test_a_part_of_another_run_is_begun_anew(casebook: Assistant, tmp_path: Path, other: Any) -> None:
    out, part = tmp_path / "run.jsonl", tmp_path / "run.jsonl.part"
    if other is None:
        part.write_text("something else\n", encoding="utf-8")
    else:
        with pytest.raises(KeyboardInterrupt):
            _run(Counting(casebook, stop_at=QUESTIONS[2].text), out, **other)
    again = Counting(casebook)
    _run(again, out)
    assert again.asked == [question.text for question in QUESTIONS]
    assert len(read_run(out).records) == 4


def test_a_part_with_other_questions_is_refused(casebook: Assistant, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    with pytest.raises(KeyboardInterrupt):
        _run(Counting(casebook, stop_at=QUESTIONS[2].text), out)
    turned = (QUESTIONS[1], QUESTIONS[0], *QUESTIONS[2:])
    with pytest.raises(CasebookError, match="holds other questions"):
        run(casebook, turned, out, provenance={"set": "x"})


def test_a_question_that_cannot_be_asked_is_named_and_the_rest_kept(casebook: Assistant, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    out.write_text("the run before\n", encoding="utf-8")
    with pytest.raises(CasebookError, match=r"question 'long': .* 2001 characters"):
        run(casebook, (QUESTIONS[0], Question(id="long", text="x" * 2001)), out, provenance={})
    assert out.read_text(encoding="utf-8") == "the run before\n"
    assert len((tmp_path / "run.jsonl.part").read_text(encoding="utf-8").splitlines()) == 2


def test_a_place_that_cannot_be_written_is_said_before_anything_is_asked(casebook: Assistant, tmp_path: Path) -> None:
    with pytest.raises(CasebookError, match="Name another --out"):
        run(casebook, (Question(id="long", text="x" * 2001),), tmp_path / "none" / "run.jsonl", provenance={})


def test_provenance_names_all_that_an_answer_may_hang_on(corpus_index: Path) -> None:
    made = provenance(Settings(index=corpus_index), "set.jsonl", QUESTIONS)
    assert made == provenance(Settings(index=corpus_index, threads=1), "set.jsonl", QUESTIONS)
    assert made["settings"]["retrieval"] == "hybrid"
    assert not any(str(value).startswith("/") for value in made["settings"].values())
    assert set(made["index"]) == {"model", "identity", "precision", "recipe", "documents", "passages"}
    assert {"casebook", "python", "torch", "chromadb", "tantivy"} <= set(made["versions"])
    renamed = (replace(QUESTIONS[0], text="Where?"), *QUESTIONS[1:])
    assert made["set_sha256"] != provenance(Settings(index=corpus_index), "set.jsonl", renamed)["set_sha256"]


def test_a_program_that_has_changed_has_another_name(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "ask.py").write_text("A = 1\n")
    (tmp_path / "part" / "weigh.py").write_text("B = 1\n")
    before = program(tmp_path)
    (tmp_path / "notes.txt").write_text("no part of it")
    assert program(tmp_path) == before
    (tmp_path / "part" / "weigh.py").write_text("B = 2\n")
    assert program(tmp_path) != before
