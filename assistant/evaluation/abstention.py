"""Figures of a whole run on knowing when to refuse; refusing is the positive class."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.evaluation.runs import ANSWERABILITY
from assistant.schema import EvaluationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """How many questions were answered or refused, rightly or not."""

    right_answers: int
    false_refusals: int
    false_answers: int
    right_refusals: int

    @property
    def precision(self) -> float | None:
        """Share of the refusals that were right."""
        return _share(self.right_refusals, self.right_refusals + self.false_refusals)

    @property
    def recall(self) -> float | None:
        """Share of the unanswerable questions that were refused."""
        return _share(self.right_refusals, self.right_refusals + self.false_answers)

    @property
    def f1(self) -> float | None:
        """F1 of refusing; None where there is nothing to refuse and nothing was refused."""
        return _share(2 * self.right_refusals, 2 * self.right_refusals + self.false_refusals + self.false_answers)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def verdicts(records: Sequence[EvaluationRecord]) -> Verdicts:
    """Count the verdicts over the questions whose label says whether they can be answered."""

    def count(answerable: bool, abstained: bool) -> int:
        return sum(r.question.answerable is answerable and r.answer["abstained"] is abstained for r in records)

    return Verdicts(
        right_answers=count(True, False),
        false_refusals=count(True, True),
        false_answers=count(False, False),
        right_refusals=count(False, True),
    )


def auroc(records: Sequence[EvaluationRecord]) -> float | None:
    """Return the chance that an answerable question has a higher answerability score than one that is not.

    Ties count half (Mann and Whitney 1947). None where the run keeps no scores or has one of the two kinds only.
    """
    scored = [(r.scores.get(ANSWERABILITY), r.question.answerable) for r in records]
    yes = [value for value, label in scored if label is True and value is not None]
    no = [value for value, label in scored if label is False and value is not None]
    if not yes or not no:
        return None
    won = sum((a > b) + 0.5 * (a == b) for a in yes for b in no)
    return round(won / (len(yes) * len(no)), 6)


def risk_coverage(records: Sequence[EvaluationRecord], risk: str = "completeness") -> list[tuple[float, float]]:
    """Return points of coverage and risk (El-Yaniv and Wiener 2010), the surest answers first.

    Risk is the mean of one minus a metric over what is answered; where an unanswerable question is, it is 1.
    """
    answered: list[tuple[float, float]] = []
    asked = 0
    for record in records:
        value = record.scores.get(risk)
        if record.question.answerable is not False and value is None:
            continue
        asked += 1
        if not record.answer["abstained"]:
            loss = 1.0 if record.question.answerable is False or value is None else 1.0 - value
            answered.append((record.scores.get(ANSWERABILITY) or 0.0, loss))
    answered.sort(key=lambda pair: -pair[0])
    points: list[tuple[float, float]] = []
    total = 0.0
    for number, (sure, loss) in enumerate(answered, start=1):
        total += loss
        if number == len(answered) or answered[number][0] < sure:  # equal scores are told apart by nobody
            points.append((round(number / asked, 6), round(total / number, 6)))
    return points


def area_under_risk(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the mean risk over the coverages reached (AURC, by steps)."""
    if not points:
        return None
    area = last = 0.0
    for coverage, risk in points:
        area += (coverage - last) * risk
        last = coverage
    return round(area / last, 6)
