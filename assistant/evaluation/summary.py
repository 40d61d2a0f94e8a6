"""The figures of a run: means with intervals, by kind and by half; verdicts; latency by stage."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.evaluation.abstention import area_under_risk, auroc, risk_coverage, verdicts
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.statistics import interval, percentile
from assistant.schema import EvaluationRecord

# A set may be cut in two: what is tuned on, and what is only scored.
HALVES = ("dev", "test")
# The columns of the tables by kind, where there is not room for all.
CHIEF = (
    "nDCG@10",
    "recall@5",
    "citation recall",
    "citation precision",
    "completeness",
    "F1 (sentence)",
    "false answer",
    "false refusal",
)


def summarise(records: Sequence[EvaluationRecord]) -> dict[str, Any]:
    """Return the mean of each metric over the questions that it applies to, by kind of question too."""
    kinds = sorted({record.question.kind for record in records if record.question.kind})
    halves = [tag for tag in HALVES if any(tag in record.question.tags for record in records)]
    seconds = [record.seconds for record in records]
    return {
        "questions": len(records),
        "scores": means(records),
        "intervals": {name: list(interval(values)) for name, values in columns(records).items()},
        "kinds": {kind: means([r for r in records if r.question.kind == kind]) for kind in kinds},
        "halves": {half: means([r for r in records if half in r.question.tags]) for half in halves},
        "abstention": abstention(records),
        "latency_ms": latency(records),
        "seconds": {"median": round(percentile(seconds, 0.5), 4), "total": round(sum(seconds), 2)},
    }


def columns(records: Sequence[EvaluationRecord]) -> dict[str, list[float]]:
    """Return the values of each metric over the questions that it applies to, if any."""
    names = [name for name in (records[0].scores if records else ()) if name in METRICS]
    found = {name: [v for record in records if (v := record.scores.get(name)) is not None] for name in names}
    return {name: values for name, values in found.items() if values}


def means(records: Sequence[EvaluationRecord]) -> dict[str, dict[str, float | int]]:
    """Return the mean of each metric, and over how many questions it is taken."""
    return {
        name: {"mean": round(sum(values) / len(values), 4), "questions": len(values)}
        for name, values in columns(records).items()
    }


def abstention(records: Sequence[EvaluationRecord]) -> dict[str, float | int | None]:
    """Return the figures on refusing."""
    counted = verdicts(records)
    return {
        "right answers": counted.right_answers,
        "false refusals": counted.false_refusals,
        "false answers": counted.false_answers,
        "right refusals": counted.right_refusals,
        "precision": counted.precision,
        "recall": counted.recall,
        "F1": counted.f1,
        "AUROC": auroc(records),
        "AURC": area_under_risk(risk_coverage(records)),
    }


def latency(records: Sequence[EvaluationRecord]) -> dict[str, dict[str, float]]:
    """Return the median and the 95th percentile of each stage, in milliseconds."""
    stages: dict[str, list[float]] = {}
    for record in records:
        for stage, milliseconds in record.answer.get("timings_ms", {}).items():
            stages.setdefault(stage, []).append(milliseconds)
    return {
        stage: {"median": round(percentile(values, 0.5), 1), "p95": round(percentile(values, 0.95), 1)}
        for stage, values in stages.items()
    }


def summary_text(summary: Mapping[str, Any]) -> str:
    """Return a summary for people: each metric with its interval, then the chief ones by half and by kind."""
    lines = [f"{summary['questions']} questions, {summary['seconds']['median'] * 1000:.0f} ms at the median", ""]
    for name, said in summary["scores"].items():
        low, high = summary["intervals"][name]
        lines.append(f"{name:<22}  {said['mean']:.3f}  [{low:.3f}, {high:.3f}]  over {said['questions']}")
    refusing = {name: value for name, value in summary["abstention"].items() if isinstance(value, float)}
    if refusing:
        lines += ["", "refusing: " + ", ".join(f"{name} {value:.3f}" for name, value in refusing.items())]
    groups = {**summary["halves"], **summary["kinds"]}
    if groups:
        lines += ["", *_table({"all": summary["scores"], **groups})]
    if summary["latency_ms"]:
        stages = (f"{stage} {of['median']:.0f} / {of['p95']:.0f}" for stage, of in summary["latency_ms"].items())
        lines += ["", f"milliseconds, median / 95th percentile: {', '.join(stages)}"]
    return "\n".join(lines)


def _table(groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    names = [name for name in CHIEF if name in groups["all"]]
    width = max(map(len, groups))
    lines = [" " * width + "".join(f"  {name}" for name in names)]
    for group, scores in groups.items():
        cells = (f"{scores[name]['mean']:.3f}" if name in scores else "–" for name in names)
        lines.append(group.ljust(width) + "".join(c.rjust(len(n) + 2) for c, n in zip(cells, names, strict=True)))
    return lines
