"""Two runs of one question set side by side, question by question and metric by metric, and the gate over both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.errors import QuestionSetError
from assistant.evaluation.case import ranked_documents
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.provenance import set_digest
from assistant.evaluation.records import Run
from assistant.evaluation.spans import Span, span_of
from assistant.evaluation.statistics import interval, paired_p
from assistant.schema import EvaluationRecord, Question

# Ranks beyond this are told apart by no reader.
DEEPEST = 10
# Means are sums of rounded scores: less than this is no change.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How much worse is still let pass: refusals flipped, each mean of a share, and means by name."""

    flips: int = 0
    shares: float = 0.0
    named: Mapping[str, float] = field(default_factory=dict)

    def of(self, name: str) -> float:
        """Return what a metric may lose; a count, such as that of faults, nothing unless it is named."""
        return self.named.get(name, self.shares if METRICS[name].better == "higher" else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differs at one question."""

    id: str
    text: str
    kind: str
    verdict: str = ""
    against_label: bool = False
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    lost: tuple[Span, ...] = ()
    gained: tuple[Span, ...] = ()
    moves: tuple[tuple[str, int | None, int | None], ...] = ()
    scores: tuple[tuple[str, float | None, float | None], ...] = ()
    unmarked: int = 0

    @property
    def worse(self) -> bool:
        """Whether the gate minds: a flip against the label, a mark lost, or a gated score that fell."""
        return self.against_label or self.unmarked > 0 or any(_fell(*score) for score in self.scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """How a mean changed, over the questions that the metric applies to in both runs."""

    name: str
    before: float
    after: float
    interval: tuple[float, float]
    p: float
    questions: int
    failed: bool

    @property
    def change(self) -> float:
        """After less before."""
        return round(self.after - self.before, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What changed from one run to another, and why that is a regression, if it is one."""

    named: tuple[str, ...]
    changes: tuple[Change, ...]
    metrics: tuple[MetricChange, ...]
    failures: tuple[str, ...]


def compare(base: Run, run: Run, tolerance: Tolerance | None = None) -> Diff:
    """Compare two runs. Raises QuestionSetError where they asked other questions."""
    allowed = tolerance or Tolerance()
    before, after = base.records, run.records
    require_same_questions(base, [record.question for record in after])
    changes = tuple(change for old, new in zip(before, after, strict=True) if (change := _change(old, new)) is not None)
    metrics = tuple(_metric_changes(before, after, allowed))
    return Diff(
        named=tuple(_named("", base.provenance, run.provenance)),
        changes=changes,
        metrics=metrics,
        failures=tuple(_failures(changes, metrics, allowed)),
    )


def require_same_questions(base: Run, questions: Sequence[Question]) -> None:
    """Raise QuestionSetError where other questions are asked than a baseline holds."""
    before = [record.question for record in base.records]
    if set_digest(before) == set_digest(questions):
        return
    old, new = ({question.id: question for question in some} for some in (before, questions))
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    parts = [
        f"{len(names)} {what} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"
        for names, what in ((gone, "gone"), (come, "new"), (changed, "changed"))
        if names
    ]
    raise QuestionSetError(
        f"The two runs ask different questions: {'; '.join(parts) or 'in another order'}. "
        "Run the set of the baseline, with the same --tags and --limit, or bless a new baseline."
    )


def _named(prefix: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two provenances; that is what is being tested, and no fault."""
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            lines += _named(f"{prefix}{name}.", old, new)
        elif old != new and name not in {"set", "set_sha256"}:
            lines.append(f"{prefix}{name}: {_short(old)} → {_short(new)}")
    return lines


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:24]}…"


def _change(old: EvaluationRecord, new: EvaluationRecord) -> Change | None:
    """Return what differs at a question, or None."""
    question = new.question
    was, now = old.answer["abstained"], new.answer["abstained"]
    said, says = _sentences(old), _sentences(new)
    cited, cites = _cited(old), _cited(new)
    names = [name for name in METRICS if name in old.scores and name in new.scores]
    parts: dict[str, Any] = {
        "verdict": _verdict(old.answer, new.answer),
        "removed": tuple(text for text in said if text not in says),
        "added": tuple(text for text in says if text not in said),
        "lost": tuple(span for words, span in cited.items() if words not in cites),
        "gained": tuple(span for words, span in cites.items() if words not in cited),
        "moves": _moves(old, new),
        "scores": tuple((n, old.scores[n], new.scores[n]) for n in names if old.scores[n] != new.scores[n]),
        "unmarked": max(0, _unmarked(new) - _unmarked(old)),
    }
    if not any(parts.values()):
        return None
    against = was != now and question.answerable is not None and question.answerable is now
    return Change(id=question.id, text=question.text, kind=question.kind, against_label=against, **parts)


def _verdict(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    was, now = (f"refused ({a['reason']})" if a["abstained"] else "answered" for a in (old, new))
    return "" if was == now else f"{was} → {now}"


def _sentences(record: EvaluationRecord) -> list[str]:
    """Return the sentences of an answer; one that has no mark says so, as another sentence."""
    return [s["text"] + ("" if s["citations"] else " (without a mark)") for s in record.answer["sentences"]]


def _cited(record: EvaluationRecord) -> dict[tuple[str, str], Span]:
    """Return the spans of an answer by document and words: the same words are the same span, wherever they stand now.

    A baseline leaves out a quote that is the sentence which cites it.
    """
    said = {number: s["text"] for s in record.answer["sentences"] for number in s["citations"]}
    return {
        (row["document_id"], row.get("quote") or said.get(row["number"], str(row["start"]))): span_of(row)
        for row in record.answer["citations"]
    }


def _unmarked(record: EvaluationRecord) -> int:
    """Count sentences that name no citation, or one that is not there: seen in the record, whatever its scores."""
    known = {citation["number"] for citation in record.answer["citations"]}
    return sum(not s["citations"] or not set(s["citations"]) <= known for s in record.answer["sentences"])


def _moves(old: EvaluationRecord, new: EvaluationRecord) -> tuple[tuple[str, int | None, int | None], ...]:
    """Return the ranks, before and after, of the documents that matter: the relevant, or else the first."""
    before, after = (ranked_documents(record.answer)[:DEEPEST] for record in (old, new))
    watched = new.question.relevant or tuple(dict.fromkeys([*before[:1], *after[:1]]))
    ranks = ((name, _rank(before, name), _rank(after, name)) for name in watched)
    return tuple(move for move in ranks if move[1] != move[2])


def _rank(ranked: Sequence[str], name: str) -> int | None:
    return ranked.index(name) + 1 if name in ranked else None


def _fell(name: str, before: float | None, after: float | None) -> bool:
    if before is None or after is None or not METRICS[name].gated:
        return False
    return after < before if METRICS[name].better == "higher" else after > before


def _metric_changes(
    before: Sequence[EvaluationRecord], after: Sequence[EvaluationRecord], tolerance: Tolerance
) -> list[MetricChange]:
    changes: list[MetricChange] = []
    for name, metric in METRICS.items():
        pairs = [
            (old.scores[name], new.scores[name])
            for old, new in zip(before, after, strict=True)
            if old.scores.get(name) is not None and new.scores.get(name) is not None
        ]
        both = [(old, new) for old, new in pairs if old is not None and new is not None]
        if not both:
            continue
        was, now = (sum(values) / len(both) for values in zip(*both, strict=True))
        worse = was - now if metric.better == "higher" else now - was
        differences = [new - old for old, new in both]
        changes.append(
            MetricChange(
                name=name,
                before=round(was, 6),
                after=round(now, 6),
                interval=interval(differences),
                p=paired_p(differences),
                questions=len(both),
                failed=metric.gated and worse > tolerance.of(name) + _NOTHING,
            )
        )
    return changes


def _failures(changes: Sequence[Change], metrics: Sequence[MetricChange], tolerance: Tolerance) -> list[str]:
    """Return in words each thing that makes this a regression, with the questions that it comes from."""
    flips = [change.id for change in changes if change.against_label]
    unmarked = [change.id for change in changes if change.unmarked]
    failures: list[str] = []
    if len(flips) > tolerance.flips:
        over = f", over the {tolerance.flips} let pass" if tolerance.flips else ""
        many = f"{len(flips)} refusals" if len(flips) > 1 else "1 refusal"
        failures.append(f"{many} flipped against the label{over}: {', '.join(flips)}")
    if unmarked:
        failures.append(f"sentences without their mark: {', '.join(unmarked)}")
    for metric in metrics:
        if metric.failed:
            fell = [c.id for c in changes if any(s[0] == metric.name and _fell(*s) for s in c.scores)]
            failures.append(f"{metric.name} {metric.before:.4f} → {metric.after:.4f}: {', '.join(fell)}")
    return failures
