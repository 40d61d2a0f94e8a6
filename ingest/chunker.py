"""Document → passages: verbatim slices along headings, paragraphs, lists and sentences.

A passage never crosses a heading. Within a section, paragraphs, then lines, then sentences, then words are
packed greedily while the text that is embedded (title, heading path, passage) fits the model's own tokenizer:
nothing is ever cut silently. Passages do not overlap and together hold every visible character.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from assistant.catalogue import passage_id
from assistant.schema import Document, Passage
from assistant.sentences import Span, split_sentences

TARGET_TOKENS = 200
_PREFIX_SHARE = 0.4

CountTokens = Callable[[Sequence[str]], list[int]]


def embedded_text(title: str, heading_path: Sequence[str], text: str) -> str:
    """Return what is embedded and searched for a passage: title and heading path in front."""
    path = [title, *(heading for heading in heading_path if heading != title)]
    prefix = ". ".join(part.rstrip(".") for part in path if part)
    return f"{prefix}. {text}" if prefix else text


def _trim(text: str, span: Span) -> Span:
    slice_ = text[span[0] : span[1]]
    return span[0] + len(slice_) - len(slice_.lstrip()), span[0] + len(slice_.rstrip())


def _pieces(text: str, span: Span, separator: str) -> list[Span]:
    """Cut a span behind each separator; no piece is empty."""
    bounds = [span[0], *(m.end() for m in re.finditer(separator, text[span[0] : span[1]])), span[1]]
    cuts = [bounds[0], *(span[0] + bound for bound in bounds[1:-1]), bounds[-1]]
    trimmed = (_trim(text, pair) for pair in pairwise(cuts))
    return [piece for piece in trimmed if piece[0] < piece[1]]


def _words(text: str, span: Span, fits: Callable[[Span], bool]) -> Iterator[Span]:
    """Cut a span that is one endless sentence: by words, and a word too long for itself by characters."""
    start, end = span
    while start < end:
        low, high = start + 1, end
        while low < high:  # the longest prefix that fits
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits((start, middle)) else (low, middle - 1)
        spaces = [m.start() for m in re.finditer(r"\s", text[start + 1 : low])] if low < end else []
        cut = start + 1 + spaces[-1] if spaces else low
        piece = _trim(text, (start, cut))
        if piece[0] < piece[1]:
            yield piece
        start = cut


def _sections(document: Document) -> list[Span]:
    """Return the spans between headings; a heading stands at the beginning of its own section."""
    # A heading with nothing under it but the next heading goes with that one.
    bare = {
        below.start
        for above, below in pairwise(document.headings)
        if not document.text[above.end : below.start].strip()
    }
    starts = sorted({0, *document.page_starts, *({heading.start for heading in document.headings} - bare)})
    ends = [*starts[1:], len(document.text)]
    return [s for s in (_trim(document.text, pair) for pair in zip(starts, ends, strict=True)) if s[0] < s[1]]


class _Packer:
    """Packs the pieces of one section into as few spans as fit."""

    def __init__(self, text: str, count: CountTokens, room: int) -> None:
        self._text, self._count, self._room = text, count, room
        self._target = min(TARGET_TOKENS, room)

    def _size(self, span: Span) -> int:
        return self._count([self._text[span[0] : span[1]]])[0]

    def pack(self, span: Span, level: int = 0) -> list[Span]:
        """Return spans that fit: a whole section or paragraph if it does, else pieces up to the target."""
        if self._size(span) <= (self._room if level else self._target):
            return [span]
        pieces = self._split(span, level)
        if level < 3:
            pieces = [part for piece in pieces for part in self.pack(piece, level + 1)]
        packed: list[Span] = []
        for piece in pieces:
            if packed and self._size((packed[-1][0], piece[1])) <= self._target:
                packed[-1] = (packed[-1][0], piece[1])
            else:
                packed.append(piece)
        return packed

    def _split(self, span: Span, level: int) -> list[Span]:
        if level == 0:
            return _pieces(self._text, span, r"\n\n+")
        if level == 1:
            return _pieces(self._text, span, r"\n")
        if level == 2:
            return list(split_sentences(self._text, *span))
        return list(_words(self._text, span, lambda part: self._size(part) <= self._room))


def chunk(document: Document, count_tokens: CountTokens, max_tokens: int) -> tuple[tuple[Passage, str], ...]:
    """Return a document's passages in order, each with the text that is embedded for it.

    ``count_tokens`` gives lengths with special tokens; no embedded text is longer than ``max_tokens``.
    """
    chunks: list[tuple[Passage, str]] = []
    for section in _sections(document):
        path = document.heading_path(section[1] - 1)
        prefix = _prefix(document.title, path, count_tokens, max_tokens)
        # Two tokens of grace: a slice may tokenise otherwise beside its prefix than alone.
        room = max_tokens - count_tokens([embedded_text(*prefix, "")])[0] - 2
        for start, end in _Packer(document.text, count_tokens, room).pack(section):
            passage = Passage(
                id=passage_id(document.id, start, end),
                document_id=document.id,
                start=start,
                end=end,
                heading_path=path,
                page=document.page_at(start),
                text=document.text[start:end],
            )
            chunks.append((passage, embedded_text(*prefix, passage.text)))
    return tuple(chunks)


def _prefix(
    title: str, heading_path: Sequence[str], count_tokens: CountTokens, max_tokens: int
) -> tuple[str, tuple[str, ...]]:
    """Return title and heading path as they are embedded: a long one loses its beginning, then words."""
    allowed = int(max_tokens * _PREFIX_SHARE)

    def fits(title: str, path: Sequence[str]) -> bool:
        return count_tokens([embedded_text(title, path, "")])[0] <= allowed

    path = tuple(heading_path)
    while path and not fits(title, path):
        path = path[1:]
    while title and not fits(title, path):
        title = " ".join(title.split()[: len(title.split()) // 2])
    return title, path
