"""assistant/evaluation/: two runs side by side, the gate, baselines; what was planted is found and named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import CasebookError, QuestionSetError
from assistant.evaluation import read_run
from assistant.evaluation.baseline import bless
from assistant.evaluation.command import tolerance_of
from assistant.evaluation.diff import Change, Diff, Tolerance, compare
from assistant.evaluation.diff_text import diff_json, diff_text
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.records import Run, jsonl, lines_of
from assistant.evaluation.spans import Span
from assistant.schema import EvaluationRecord, Question
from tests.evaluation_samples import BASE, BEDS, CAKE, CHAIR, TEXTS, answered, good_run, record, run_of

SAYS_BEDS = ("a.md", "20 beds opened in May.")
SAYS_CHAIR = ("b.md", "The chair is Ann Other.")
CHAIR_FIRST = ("b.md", "a.md")


def _with(place: int, changed: EvaluationRecord) -> Run:
    records = list(good_run().records)
    records[place] = changed
    return run_of(*records)


def _only(diff: Diff) -> Change:
    (change,) = diff.changes
    return change


def test_a_run_and_itself_are_the_same() -> None:
    diff = compare(good_run(), good_run())
    assert (diff.changes, diff.failures, diff.named) == ((), (), ())
    assert diff_text(diff) == "The same."


# --- Regressions, planted ---


def _refusal() -> Run:
    return _with(0, record(BEDS, answered()))


def _false_answer() -> Run:
    return _with(2, record(CAKE, answered(("a.md", "It cost £2m."))))


def _document_gone() -> Run:
    texts = {name: text for name, text in TEXTS.items() if name != "b.md"}
    other = answered(("a.md", "The hub is in Rowley."), documents=("a.md", "c.md"))
    return _with(1, record(CHAIR, other, texts=texts))


def _passage_gone() -> Run:
    hits = answered(SAYS_BEDS)
    hits["hits"] = [{"document_id": "a.md", "start": 23, "end": 44, "score": 1.0, "rank": 1}]
    return _with(0, record(BEDS, hits))


def _other_citation() -> Run:
    return _with(1, record(CHAIR, answered(("b.md", "Nothing more."), documents=CHAIR_FIRST)))


def _ranked_below() -> Run:
    return _with(1, record(CHAIR, answered(SAYS_CHAIR, documents=("a.md", "c.md", "b.md"))))


def _mark_dropped() -> Run:
    said = answered(SAYS_BEDS, ("a.md", "It cost £2m."))
    base = record(BEDS, said)
    said["sentences"][1]["citations"] = []
    return _with(0, replace(base, answer=said, scores=good_run().records[0].scores))


def _forbidden() -> Run:
    said = answered(SAYS_CHAIR, ("a.md", "The hub is in Rowley."), documents=CHAIR_FIRST)
    return _with(1, record(CHAIR, said))


@pytest.mark.parametrize(
    ("planted", "question", "words"),
    [
        pytest.param(_refusal, "beds", ["1 refusal flipped", "beds", "against its label"], id="a refusal flipped"),
        pytest.param(_false_answer, "cake", ["1 refusal flipped", "cake"], id="what should be refused is answered"),
        pytest.param(_document_gone, "chair", ["labels lost", "nDCG@10", "completeness"], id="a document removed"),
        pytest.param(_passage_gone, "beds", ["span recall@10", "beds"], id="a passage removed"),
        pytest.param(_other_citation, "chair", ["citation recall", "lost span   b.md"], id="another citation"),
        pytest.param(_ranked_below, "chair", ["nDCG@10", "b.md: rank 1 → 3"], id="ranked below others"),
        pytest.param(_mark_dropped, "beds", ["without their mark", "(without a mark)"], id="a citation mark dropped"),
        pytest.param(_forbidden, "chair", ["forbidden statements 0.0000 → 1.0000"], id="says what it must not"),
    ],
)
def test_a_planted_regression_is_caught_and_named(planted: Callable[[], Run], question: str, words: list[str]) -> None:
    diff = compare(good_run(), planted())
    change = _only(diff)
    assert (change.id, change.worse) == (question, True)
    text = diff_text(diff)
    assert "REGRESSION: " in text
    assert [word for word in words if word not in text] == []
    assert all(question in failure for failure in diff.failures)


def test_what_was_planted_is_better_the_other_way_round() -> None:
    for planted in (_refusal, _false_answer, _document_gone, _passage_gone, _ranked_below, _mark_dropped):
        diff = compare(planted(), good_run())
        assert diff.failures == (), planted.__name__
        assert diff_text(diff).endswith("Same or better; 1 questions differ.")


def test_a_change_is_told_whole() -> None:
    change = _only(compare(good_run(), _other_citation()))
    assert change.removed == ("The chair is Ann Other.",)
    assert change.added == ("Nothing more.",)
    assert change.lost == (Span("b.md", 13, 36),)
    assert change.gained == (Span("b.md", 37, 50),)
    assert ("completeness", 1.0, 0.0) in change.scores
    assert (change.verdict, change.moves, change.against_label) == ("", (), False)


def test_words_that_moved_within_their_document_are_the_same_span() -> None:
    moved = {**TEXTS, "a.md": f"A new first sentence. {TEXTS['a.md']}"}
    said = answered(SAYS_BEDS)
    said["citations"][0]["start"] += 22
    said["citations"][0]["end"] += 22
    change = compare(good_run(), _with(0, record(BEDS, {**said, "hits": []}, texts=moved))).changes[0]
    assert (change.lost, change.gained) == ((), ())


def test_a_quote_that_says_more_than_its_sentence_is_kept_in_a_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    said = answered(SAYS_BEDS)
    said["sentences"][0]["text"] = "20 beds opened"
    run = _with(0, record(BEDS, said))
    bless(_written(tmp_path / "run.jsonl", run), tmp_path / "base.jsonl")
    assert read_run(tmp_path / "base.jsonl").records[0].answer["citations"][0]["quote"] == SAYS_BEDS[1]
    assert compare(read_run(tmp_path / "base.jsonl"), run).changes == ()


def test_a_flip_without_a_label_is_told_and_let_pass() -> None:
    asked = replace(BASE, id="free")
    diff = compare(run_of(record(asked, answered())), run_of(record(asked, answered(("a.md", "It cost £2m.")))))
    assert _only(diff).verdict == "refused (not_in_corpus) → answered"
    assert diff.failures == ()


def test_another_reason_for_a_refusal_is_told_and_let_pass() -> None:
    diff = compare(good_run(), _with(2, record(CAKE, answered(reason="out_of_scope"), answerability=0.1)))
    assert _only(diff).verdict == "refused (not_in_corpus) → refused (out_of_scope)"
    assert diff.failures == ()


def test_latency_is_not_gated() -> None:
    slow = replace(good_run().records[0], seconds=99.0)
    assert compare(good_run(), _with(0, slow)) == compare(good_run(), good_run())


def test_ranks_beyond_ten_are_told_apart_by_nobody() -> None:
    many = [f"d{number}.md" for number in range(30)]
    first, second = [*many[:12], "b.md"], [*many[:20], "b.md"]

    def ranked(order: list[str]) -> EvaluationRecord:
        said = answered(SAYS_CHAIR)
        said["hits"] = [{"document_id": name, "start": 0, "end": 9} for name in order]
        return record(CHAIR, said)

    diff = compare(run_of(ranked(first)), run_of(ranked(second)))
    assert _only(diff).moves == ()
    moved = _only(compare(run_of(ranked(["b.md", *many])), run_of(ranked(second))))
    assert moved.moves == (("b.md", 1, None),)


# --- What is let pass ---


@pytest.mark.parametrize(
    ("planted", "pairs", "passes"),
    [
        pytest.param(_ranked_below, ["0.5"], True, id="shares by half"),
        pytest.param(_ranked_below, ["0.1"], False, id="shares by too little"),
        pytest.param(_ranked_below, ["nDCG@10=0.25"], True, id="one metric by name"),
        pytest.param(_ranked_below, ["0.5", "nDCG@10=0"], False, id="a name goes before all"),
        pytest.param(_forbidden, ["1.0"], False, id="counts need their name"),
        pytest.param(_forbidden, ["1.0", "forbidden statements=1"], True, id="a count by its name"),
        pytest.param(_false_answer, ["flips=1"], True, id="a flip"),
        pytest.param(_mark_dropped, ["9", "flips=9", "citation faults=9"], False, id="a mark never"),
    ],
)
def test_tolerance(planted: Callable[[], Run], pairs: list[str], passes: bool) -> None:
    assert (compare(good_run(), planted(), tolerance_of(pairs)).failures == ()) is passes


def test_by_default_nothing_is_let_pass() -> None:
    assert {tolerance_of([]).of(name) for name in METRICS} == {0.0}
    assert tolerance_of([]) == Tolerance(flips=0, shares=0.0, named={})


@pytest.mark.parametrize(
    ("pair", "words"),
    [("nDCG=0.1", "'nDCG' is no metric"), ("flips=many", "'many' is no number"), ("much", "'much' is no number")],
)
def test_a_tolerance_in_no_form(pair: str, words: str) -> None:
    with pytest.raises(CasebookError, match=words):
        tolerance_of([pair])


# --- What is compared ---


def test_another_index_is_named_and_no_error() -> None:
    before = good_run(generation="a" * 64, index={"passages": 3, "model": "m"}, settings={"retrieval": "hybrid"})
    after = good_run(generation="b" * 64, index={"passages": 4, "model": "m"}, settings={"retrieval": "dense"})
    diff = compare(before, after)
    assert diff.named == (
        f"generation: {'a' * 24}… → {'b' * 24}…",
        "index.passages: 3 → 4",
        "settings.retrieval: hybrid → dense",
    )
    assert diff.failures == ()
    assert diff_text(diff).startswith("Compared across:\n")


@pytest.mark.parametrize(
    ("records", "words"),
    [
        pytest.param(good_run().records[:2], "1 gone \\(cake\\)", id="a question less"),
        pytest.param(
            [*good_run().records, record(replace(BASE, id="new"), answered())], "1 new \\(new\\)", id="a question more"
        ),
        pytest.param(
            [record(replace(BEDS, must_state=("May",)), answered(SAYS_BEDS)), *good_run().records[1:]],
            "1 changed \\(beds\\)",
            id="another label",
        ),
        pytest.param(good_run().records[::-1], "in another order", id="another order"),
    ],
)
def test_another_question_set_is_refused(records: Any, words: str) -> None:
    with pytest.raises(QuestionSetError, match=words):
        compare(good_run(), run_of(*records))


def test_the_change_of_a_mean_has_an_interval_and_a_p() -> None:
    questions = [replace(CHAIR, id=f"chair-{number}") for number in range(8)]
    good, bad = answered(SAYS_CHAIR, documents=CHAIR_FIRST), answered(SAYS_CHAIR, documents=("a.md", "b.md"))
    base = run_of(*(record(question, good) for question in questions))
    run = run_of(*(record(question, bad if place < 6 else good) for place, question in enumerate(questions)))
    metrics = {metric.name: metric for metric in compare(base, run).metrics}
    rank = metrics["RR"]
    assert (rank.before, rank.after, rank.change, rank.questions, rank.failed) == (1.0, 0.625, -0.375, 8, False)
    assert -0.5 <= rank.interval[0] < -0.375 < rank.interval[1] <= 0.0
    assert rank.p == 2 / 64
    assert metrics["nDCG@10"].failed
    assert (metrics["completeness"].change, metrics["completeness"].p) == (0.0, 1.0)


def test_a_diff_is_json() -> None:
    said = json.loads(json.dumps(diff_json(compare(good_run(), _refusal()))))
    assert said["regression"] is True
    assert set(said) == {"regression", "named", "changes", "metrics", "failures"}
    assert said["changes"][0]["id"] == "beds"


# --- Baselines ---


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be no continuous integration, wherever this runs."""
    monkeypatch.delenv("CI", raising=False)


def _written(path: Path, run: Run) -> Path:
    path.write_bytes(jsonl(list(lines_of(run))))
    return path


@pytest.mark.usefixtures("by_hand")
def test_a_baseline_is_small_and_finds_what_the_run_finds(tmp_path: Path) -> None:
    path, baseline = _written(tmp_path / "run.jsonl", good_run(generation="g")), tmp_path / "base.jsonl"
    bless(path, baseline)
    kept = read_run(baseline)
    assert compare(kept, good_run(generation="g")) == compare(good_run(), good_run())
    for planted in (_refusal, _document_gone, _passage_gone, _mark_dropped, _ranked_below):
        assert compare(kept, planted()).failures == compare(good_run(), planted()).failures
    assert set(kept.records[0].answer["citations"][0]) == {"number", "document_id", "start", "end"}
    assert {record.seconds for record in kept.records} == {0.0}
    assert kept.provenance["generation"] == "g"
    bless(path, baseline)  # again, over the one before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.jsonl", "run.jsonl"]


@pytest.mark.usefixtures("by_hand")
def test_a_run_that_is_not_whole_is_not_blessed(tmp_path: Path) -> None:
    path = _written(tmp_path / "run.jsonl", run_of(*good_run().records[:2]))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(QuestionSetError, match="holds 1 of 2 records"):
        bless(path, tmp_path / "base.jsonl")
    assert not (tmp_path / "base.jsonl").exists()


@pytest.mark.usefixtures("by_hand")
def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CasebookError, match="cannot be written"):
        bless(_written(tmp_path / "run.jsonl", good_run()), tmp_path / "none" / "base.jsonl")


def test_continuous_integration_blesses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(CasebookError, match="blessed by hand"):
        bless(_written(tmp_path / "run.jsonl", good_run()), tmp_path / "base.jsonl")
    assert not (tmp_path / "base.jsonl").exists()


def test_questions_are_compared_as_they_come_back_from_a_file(tmp_path: Path) -> None:
    kept = read_run(_written(tmp_path / "run.jsonl", good_run()))
    asked: list[Question] = [one.question for one in kept.records]
    assert asked == [BEDS, CHAIR, CAKE]
    assert compare(kept, good_run()).changes == ()
