"""Lists in a document's text: which list an offset stands in, and the sentence that introduces it."""

import re
from dataclasses import dataclass

from assistant.schema import Document
from assistant.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of a document: the sentence that introduces it (it ends with a colon) and its items."""

    intro: tuple[int, int] | None
    items: tuple[tuple[int, int], ...]


def listing_at(document: Document, start: int) -> Listing | None:
    """Return the list that an offset stands in or introduces, or None."""
    text = document.text
    block = block_at(text, start)
    if "\n" in text[slice(*block)]:
        before = block_at(text, block[0] - 3) if block[0] >= 3 else None
        return Listing(_intro(text, before), _lines(text, block))
    intro = _intro(text, block)
    if intro is None or not intro[0] <= start < intro[1] or block[1] + 2 >= len(text):
        return None
    behind = block_at(text, block[1] + 2)
    if any(heading.start == behind[0] for heading in document.headings):
        return None
    return Listing(intro, _lines(text, behind))


def block_at(text: str, offset: int) -> tuple[int, int]:
    """Return the run of lines around an offset that no empty line interrupts."""
    start = text.rfind("\n\n", 0, offset + 1)
    end = text.find("\n\n", offset)
    return (0 if start < 0 else start + 2), (len(text) if end < 0 else end)


def _lines(text: str, block: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((block[0] + m.start(), block[0] + m.end()) for m in re.finditer(r"[^\n]+", text[slice(*block)]))


def _intro(text: str, block: tuple[int, int] | None) -> tuple[int, int] | None:
    if block is None or not text[slice(*block)].rstrip().endswith(":"):
        return None
    sentences = split_sentences(text, *block)
    return sentences[-1] if sentences else None


def sentence_behind(document: Document, end: int) -> tuple[int, int] | None:
    """Return the sentence that follows an offset under the same heading, or None."""
    text = document.text
    block = block_at(text, end - 1)
    own = [span for span in split_sentences(text, *block) if span[0] >= end]
    if own or block[1] + 2 >= len(text):
        return own[0] if own else None
    behind = block_at(text, block[1] + 2)
    if any(heading.start == behind[0] for heading in document.headings):
        return None
    return next(iter(split_sentences(text, *behind)), None)
