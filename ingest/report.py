"""What an ingest did, for programs and for people."""

from dataclasses import dataclass, field
from typing import Any

_OUTCOMES = ("added", "updated", "unchanged", "removed", "warned", "refused")


@dataclass(slots=True)
class IngestReport:
    """What an ingest did, each thing by document id; a refusal or warning with its reason."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    warned: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    passages: int = 0
    generation: str = ""
    published: bool = False


def report_json(report: IngestReport) -> dict[str, Any]:
    """Return a report for programs."""
    return {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "warned": [{"document": name, "reason": reason} for name, reason in report.warned],
        "refused": [{"document": name, "reason": reason} for name, reason in report.refused],
        "counts": {name: len(getattr(report, name)) for name in _OUTCOMES},
        "passages": report.passages,
        "generation": report.generation,
        "published": report.published,
    }


def report_text(report: IngestReport, *, check: bool = False) -> str:
    """Return a report for people: the counts, then every warning and refusal with its reason."""
    counts = ", ".join(
        f"{len(getattr(report, name))} {name}" for name in ("added", "updated", "unchanged", "removed", "refused")
    )
    lines = [("Would be: " if check else "") + counts + f"; {report.passages} passages cut."]
    for title, pairs in (("Warning", report.warned), ("Refused", report.refused)):
        lines.extend(f"{title}: {name}: {reason}" for name, reason in pairs)
    if not check:
        state = "published" if report.published else "unchanged, nothing to publish"
        lines.append(f"Generation {report.generation} {state}.")
    return "\n".join(lines)
