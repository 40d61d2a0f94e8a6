"""Addresses of the page that bring it back: a conversation with its filters, or a place in a document."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from frontend.markup import sendable
from frontend.narrow import FIELDS

MOST_QUESTIONS = 10
LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an address of the page asks for; everything may be empty."""

    questions: tuple[str, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    document: str = ""
    start: int = 0


def question_link(questions: Sequence[str], only: Mapping[str, Sequence[str]]) -> str:
    """Return the address that asks questions again, one after the other, under the same filters."""
    pairs = [("q", question) for question in questions[-MOST_QUESTIONS:]]
    pairs += [(name, value) for name in FIELDS for value in only.get(name, ())]
    return "/?" + urlencode(pairs, errors="replace")


def document_link(document_id: str, start: int = 0) -> str:
    """Return the address that opens a document in the library, at a place."""
    at = [("at", str(start))] if start else []
    return "/?" + urlencode([("view", "library"), ("doc", document_id), *at], errors="replace")


def read_link(pairs: Iterable[tuple[str, str]]) -> Link:
    """Return what an address asks for; whatever is odd in it is passed over."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        text = sendable(value).strip()
        if text and len(text) <= LONGEST:
            given.setdefault(name, []).append(text)
    at = given.get("at", ["0"])[0]
    return Link(
        questions=tuple(given.get("q", ())[:MOST_QUESTIONS]),
        only={name: tuple(given[name]) for name in FIELDS if name in given},
        document=given.get("doc", [""])[0],
        start=int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0,
    )
