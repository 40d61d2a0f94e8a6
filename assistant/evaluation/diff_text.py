"""A diff of two runs as it is read in a terminal, and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from assistant.evaluation.diff import Change, Diff, MetricChange


def diff_json(diff: Diff) -> dict[str, Any]:
    """Return a diff as JSON has it."""
    return {"regression": bool(diff.failures), **asdict(diff)}


def diff_text(diff: Diff) -> str:
    """Return a diff for people: what was compared, each question that differs, the metrics, the verdict."""
    lines: list[str] = []
    if diff.named:
        lines += ["Compared across:", *(f"  {line}" for line in diff.named), ""]
    for change in sorted(diff.changes, key=lambda change: not change.worse):
        lines += [*change_lines(change), ""]
    changed = [metric for metric in diff.metrics if metric.change]
    if changed:
        width = max(len(metric.name) for metric in changed)
        lines += [*(metric_line(metric, width) for metric in changed), ""]
    if diff.failures:
        lines += [f"REGRESSION: {failure}" for failure in diff.failures]
    elif diff.changes:
        lines.append(f"Same or better; {len(diff.changes)} questions differ.")
    else:
        lines.append("The same.")
    return "\n".join(lines)


def metric_line(metric: MetricChange, width: int = 0) -> str:
    """Return the change of a mean in a line, with its interval and its p."""
    low, high = metric.interval
    mark = "  WORSE" if metric.failed else ""
    return (
        f"{metric.name.ljust(width)}  {metric.before:.4f} → {metric.after:.4f}  {metric.change:+.4f} "
        f"[{low:+.4f}, {high:+.4f}]  p = {metric.p:.3f}, over {metric.questions}{mark}"
    )


def change_lines(change: Change) -> Iterator[str]:
    """Yield what differs at a question."""
    yield f"{'!' if change.worse else ' '} {change.id}  {change.text}"
    if change.verdict:
        yield f"    {change.verdict}{', against its label' if change.against_label else ''}"
    yield from (f"    - {text}" for text in change.removed)
    yield from (f"    + {text}" for text in change.added)
    yield from (f"    lost span   {span.document} {span.start}–{span.end}" for span in change.lost)
    yield from (f"    gained span {span.document} {span.start}–{span.end}" for span in change.gained)
    for document, before, after in change.moves:
        yield f"    {document}: rank {before or 'beyond 10'} → {after or 'beyond 10'}"
    for name, old, new in change.scores:
        yield f"    {name}: {_score(old)} → {_score(new)}"


def _score(value: float | None) -> str:
    return "not applicable" if value is None else f"{value:.3f}"
