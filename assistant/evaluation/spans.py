"""Where labelled quotes stand in the documents of today, and how far spans of text overlap."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from assistant.schema import Evidence

TextOf = Callable[[str], str | None]
"""Gives the canonical text of a document id, or None where there is none."""


class Span(NamedTuple):
    """A stretch of a document's canonical text, the end exclusive."""

    document: str
    start: int
    end: int


Places = tuple[Span, ...]
"""All the places where one quote stands; none where the label is lost."""


def locate(evidence: Evidence, text_of: TextOf) -> Places:
    """Return every place of a quote in its document; white space may differ from the label's.

    An empty result means that the label is lost: the document is gone, or its words have changed.
    """
    text = text_of(evidence.document)
    if text is None or not evidence.quote.strip():
        return ()
    pattern = r"\s+".join(map(re.escape, evidence.quote.split()))
    return tuple(Span(evidence.document, *match.span()) for match in re.finditer(pattern, text))


def span_of(row: Mapping[str, Any]) -> Span:
    """Return the span of a citation or a hit in the JSON of an answer."""
    return Span(row["document_id"], row["start"], row["end"])


def shared(one: Span, other: Span) -> int:
    """Return how many characters two spans have in common."""
    if one.document != other.document:
        return 0
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def meets(one: Span, places: Iterable[Span]) -> bool:
    """Whether a span shares with one of the places at least half of the shorter of the two."""
    return any(2 * shared(one, place) >= max(1, min(one.end - one.start, place.end - place.start)) for place in places)


def characters(spans: Iterable[Span]) -> set[tuple[str, int]]:
    """Return the characters that spans cover, each once."""
    return {(span.document, place) for span in spans for place in range(span.start, span.end)}


def found_in_order(hits: Sequence[Span], wanted: Sequence[Places]) -> list[str]:
    """Return a ranking of quotes, so that ranking metrics apply to spans.

    Each hit stands for the quotes (by number) that it is the first to hold, or for itself where it holds none.
    """
    ranked: list[str] = []
    for number, hit in enumerate(hits):
        held = [str(quote) for quote, places in enumerate(wanted) if meets(hit, places)]
        ranked.extend([quote for quote in held if quote not in ranked] or [f"hit {number}"])
    return ranked
