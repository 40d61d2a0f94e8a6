"""The sources behind answers as reference lists: Vancouver for people, RIS for reference managers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.schema import Citation
from frontend.dates import MONTHS, plain_date

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Reference:
    """One source, as it is referred to; an empty date means undated."""

    title: str
    publisher: str
    url: str
    date: str


def references(citations: Iterable[Citation]) -> tuple[Reference, ...]:
    """Return the sources that citations rest on, each once, in the order of the first citation."""
    found: dict[Reference, None] = {}
    for citation in citations:
        rows = [Reference(s.title or citation.title, s.publisher, s.url, s.date) for s in citation.sources]
        for row in rows or [Reference(citation.title, "", citation.source_url, "")]:
            found[row] = None
    return tuple(found)


def vancouver(reference: Reference, seen_on: date) -> str:
    """Return a reference in the Vancouver style for a page on the internet."""
    publisher = f"{_ended(reference.publisher)} " if reference.publisher else ""
    when = plain_date(reference.date) if reference.date else "date unknown"
    read = f"{seen_on.year} {MONTHS[seen_on.month - 1][:3]} {seen_on.day}"
    if not reference.url:
        return f"{publisher}{_ended(reference.title)} {_ended(when)}"
    return (
        f"{publisher}{reference.title.rstrip('. ')} [Internet]. {when} [cited {read}]. Available from: {reference.url}"
    )


def _ended(words: str) -> str:
    return words if words.endswith((".", "?", "!")) else f"{words}."


def ris(rows: Sequence[Reference], seen_on: date) -> str:
    """Return references in RIS, the format that EndNote, Zotero and Mendeley read."""
    lines: list[str] = []
    for row in rows:
        year = _YEAR.search(row.date)
        fields = [
            ("TY", "ELEC"),
            ("TI", row.title),
            ("PB", row.publisher),
            ("PY", year[0] if year else ""),
            ("DA", row.date),
            ("UR", row.url),
            ("Y2", seen_on.strftime("%Y/%m/%d")),
        ]
        lines += [f"{name}  - {_one_line(value)}" for name, value in fields if value]
        lines += ["ER  - ", ""]
    return "\r\n".join(lines)


def _one_line(value: str) -> str:
    return " ".join(value.split())
