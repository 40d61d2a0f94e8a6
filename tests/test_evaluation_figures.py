"""assistant/evaluation/: the figures of a whole run, their intervals and tests, are right."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from assistant.evaluation import summarise, summary_text
from assistant.evaluation.abstention import Verdicts, area_under_risk, auroc, risk_coverage, verdicts
from assistant.evaluation.statistics import interval, paired_p
from assistant.schema import EvaluationRecord
from tests.evaluation_samples import BASE, BEDS, CAKE, CHAIR, answered, good_run, record, run_of


def _scored(kind: str, scores: Mapping[str, float | None], seconds: float) -> EvaluationRecord:
    answer = {"abstained": False, "timings_ms": {"total": seconds * 1000}}
    return EvaluationRecord(question=replace(BASE, kind=kind), answer=answer, scores=scores, seconds=seconds)


def test_a_mean_is_over_the_questions_that_a_metric_applies_to() -> None:
    records = [
        _scored("fact", {"RR": 1.0, "completeness": None, "answerability": 0.3}, 0.1),
        _scored("fact", {"RR": 0.0, "completeness": None, "answerability": 0.3}, 0.3),
        _scored("", {"RR": None, "completeness": None, "answerability": 0.3}, 0.2),
    ]
    summary = summarise(records)
    assert summary["questions"] == 3
    assert summary["scores"] == {"RR": {"mean": 0.5, "questions": 2}}  # answerability is no measure of quality
    assert summary["intervals"] == {"RR": [0.0, 1.0]}
    assert summary["kinds"] == {"fact": {"RR": {"mean": 0.5, "questions": 2}}}
    assert summary["seconds"] == {"median": 0.2, "total": 0.6}
    assert summary["latency_ms"] == {"total": {"median": 200.0, "p95": 290.0}}
    assert summary["halves"] == {}
    assert summary_text(summary).startswith("3 questions, 200 ms at the median\n")


def test_the_halves_and_kinds_of_a_set_are_told_apart() -> None:
    halves = [
        replace(_scored("why", {"recall@5": value}, 0.1), question=replace(BASE, kind="why", tags=(tag,)))
        for tag, value in (("dev", 1.0), ("test", 0.0), ("test", 0.5))
    ]
    halves.append(_scored("odd", {"recall@5": None}, 0.1))
    summary = summarise(halves)
    assert summary["halves"]["dev"] == {"recall@5": {"mean": 1.0, "questions": 1}}
    assert summary["halves"]["test"] == {"recall@5": {"mean": 0.25, "questions": 2}}
    rows = {words[0]: words[1:] for line in summary_text(summary).splitlines() if (words := line.split())}
    assert (rows["all"], rows["dev"], rows["test"]) == (["0.500"], ["1.000"], ["0.250"])
    assert (rows["why"], rows["odd"]) == (["0.500"], ["–"])


def test_verdicts_and_their_shares() -> None:
    records = [*good_run().records, record(BEDS, answered()), record(CAKE, answered(("a.md", "It cost £2m.")))]
    records.append(record(BASE, answered()))  # no label: it counts nowhere
    counted = verdicts(records)
    assert counted == Verdicts(right_answers=2, false_refusals=1, false_answers=1, right_refusals=1)
    assert (counted.precision, counted.recall, counted.f1) == (0.5, 0.5, 0.5)
    nothing = verdicts([record(BEDS, answered(("a.md", "20 beds opened in May.")))])
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)


@pytest.mark.parametrize(
    ("yes", "no", "value"),
    [
        pytest.param([0.9, 0.8], [0.1, 0.2], 1.0, id="told apart"),
        pytest.param([0.1], [0.9], 0.0, id="the wrong way round"),
        pytest.param([0.5], [0.5], 0.5, id="a tie is half"),
        pytest.param([0.9, 0.4], [0.6, 0.1], 0.75, id="one pair of four is wrong"),
        pytest.param([0.9], [], None, id="one kind only"),
    ],
)
def test_auroc(yes: list[float], no: list[float], value: float | None) -> None:
    records = [record(BEDS, answered(), answerability=score) for score in yes]
    records += [record(CAKE, answered(), answerability=score) for score in no]
    assert auroc(records) == value


def test_risk_and_coverage() -> None:
    right, wrong = answered(("a.md", "20 beds opened in May.")), answered(("b.md", "Other words."))
    records = [
        record(BEDS, right, answerability=0.9),
        record(BEDS, wrong, answerability=0.8),
        record(CAKE, right, answerability=0.4),
        record(BEDS, right, answerability=0.4),  # as sure as the one before: no point between them
        record(BEDS, answered(), answerability=0.3),
        record(BASE, right, answerability=1.0),  # neither labelled nor to be refused: not asked
    ]
    assert risk_coverage(records) == [(0.2, 0.0), (0.4, 0.5), (0.8, 0.5)]
    assert area_under_risk(risk_coverage(records)) == pytest.approx((0.2 * 0 + 0.6 * 0.5) / 0.8)
    assert area_under_risk([]) is None


def test_an_interval_is_the_same_each_time_and_holds_the_mean() -> None:
    values = [0.0, 0.2, 0.4, 1.0, 1.0, 0.7] * 10
    low, high = interval(values)
    assert (low, high) == interval(values)
    assert 0.4 < low < sum(values) / len(values) < high < 0.7
    assert interval([0.3]) == (0.3, 0.3)
    wider, wide = interval(values[:12])
    assert wide - wider > high - low
    with pytest.raises(ValueError, match="over nothing"):
        interval([])


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        pytest.param([], 1.0, id="nothing"),
        pytest.param([0.0, 0.0], 1.0, id="no difference"),
        pytest.param([1.0], 1.0, id="one may be chance"),
        pytest.param([1.0] * 5, 2 / 32, id="five of five, exactly"),
        pytest.param([1.0, 1.0, 1.0, -1.0], 10 / 16, id="three of four, exactly"),
    ],
)
def test_a_paired_test(differences: list[float], p: float) -> None:
    assert paired_p(differences) == p


def test_a_paired_test_of_many_is_drawn_and_seeded() -> None:
    clear, even = [0.1] * 40, [0.1, -0.1] * 20
    assert paired_p(clear) == paired_p(clear) == pytest.approx(1 / 10_001, abs=1e-6)
    assert paired_p(even) == 1.0
    assert 0.01 < paired_p([0.1] * 15 + [-0.1] * 5) < 0.06  # the sign test gives .041


def test_a_run_of_samples_is_as_its_labels_say() -> None:
    summary = summarise(run_of(*good_run().records).records)
    assert summary["scores"]["completeness"] == {"mean": 1.0, "questions": 2}
    assert summary["scores"]["citation recall"] == {"mean": 1.0, "questions": 2}
    assert summary["abstention"]["AUROC"] == 1.0
    assert CHAIR.tags == ("dev",) and "dev" in summary["halves"]
