"""Document → passages: verbatim slices along headings, paragraphs, lists and sentences.

A passage never crosses a heading. Within a section, paragraphs, then lines, then sentences, then words are
packed greedily while the text that is embedded (title, heading path, passage) fits the model's own tokenizer:
nothing is ever cut silently. Passages do not overlap and together hold every visible character.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from assistant.catalogue import passage_id
from assistant.schema import Document, Passage
from assistant.sentences import Span, split_sentences

TARGET_TOKENS = 200
_PREFIX_SHARE = 0.4
# An endless word is one unknown token to a word-piece model: length counts as well, far above that of prose.
_CHARACTERS_A_TOKEN = 16
# How near to the limit an embedded text is counted as a whole, where its size is the sum of its parts' sizes.
_NEAR = 0.8

CountTokens = Callable[[Sequence[str]], list[int]]
Sized = tuple[Span, int]


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


def _words(text: str, span: Span, most: int, fits: Callable[[Span], bool]) -> list[Span]:
    """Cut a span that is one endless sentence: by words, and a word too long for itself by characters."""
    pieces: list[Span] = []
    start, end = span
    while start < end:
        low, high = start + 1, min(end, start + most)
        while low < high:  # the longest prefix that fits
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits((start, middle)) else (low, middle - 1)
        spaces = [m.start() for m in re.finditer(r"\s", text[start + 1 : low])] if low < end else []
        cut = start + 1 + spaces[-1] if spaces else low
        pieces.append(_trim(text, (start, cut)))
        start = cut
    return [piece for piece in pieces if piece[0] < piece[1]]


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
    """Packs the pieces of sections under one prefix into as few spans as fit.

    Sizes are in tokens without the special ones. Pieces stand apart by white space, so that the size of a run
    of them is taken for the sum of theirs; what comes near the limit is counted whole.
    """

    def __init__(self, document: Document, path: tuple[str, ...], count: CountTokens, max_tokens: int) -> None:
        self._text, self._count, self._max = document.text, count, max_tokens
        self._special = count([""])[0]
        self._prefix, self._taken = _prefix(document.title, path, count, max_tokens)
        # Two tokens of grace: a slice may tokenise otherwise beside its prefix than alone.
        self._room = max(1, max_tokens - self._taken - self._special - 2)
        self._target = max(1, min(TARGET_TOKENS - self._special, self._room))

    def embedded(self, span: Span) -> str:
        """Return what is embedded for a span."""
        return embedded_text(*self._prefix, self._text[span[0] : span[1]])

    def cut(self, section: Span) -> list[Span]:
        """Return the spans of a section: no embedded text of theirs is over the limit."""
        packed = self._pack((section, self._sizes([section])[0]))
        near = [span for span, size in packed if self._taken + size > self._max * _NEAR]
        counted = self._count([self.embedded(span) for span in near])
        over = {span for span, tokens in zip(near, counted, strict=True) if tokens > self._max}
        return [part for span, _ in packed for part in (self._by_words(span) if span in over else [span])]

    def _sizes(self, spans: Sequence[Span]) -> list[int]:
        tokens = self._count([self._text[start:end] for start, end in spans])
        least = (-(-(end - start) // _CHARACTERS_A_TOKEN) for start, end in spans)
        return [max(number - self._special, low) for number, low in zip(tokens, least, strict=True)]

    def _pack(self, sized: Sized, level: int = 0) -> list[Sized]:
        """Return spans that fit: a whole section or paragraph if it does, else pieces up to the target."""
        span, size = sized
        if size <= (self._room if level else self._target):
            return [sized]
        pieces = self._split(span, level)
        parts = list(zip(pieces, self._sizes(pieces), strict=True))
        if level < 3:
            parts = [smaller for part in parts for smaller in self._pack(part, level + 1)]
        packed: list[Sized] = []
        for (start, end), size in parts:
            if packed and packed[-1][1] + size <= self._target:
                packed[-1] = ((packed[-1][0][0], end), packed[-1][1] + size)
            else:
                packed.append(((start, end), size))
        return packed

    def _split(self, span: Span, level: int) -> list[Span]:
        if level == 0:
            return _pieces(self._text, span, r"\n\n+")
        if level == 1:
            return _pieces(self._text, span, r"\n")
        if level == 2:
            return list(split_sentences(self._text, *span))
        return self._by_words(span)

    def _by_words(self, span: Span) -> list[Span]:
        longest = self._room * _CHARACTERS_A_TOKEN
        return _words(self._text, span, longest, lambda part: self._count([self.embedded(part)])[0] <= self._max)


def chunk(document: Document, count_tokens: CountTokens, max_tokens: int) -> tuple[tuple[Passage, str], ...]:
    """Return a document's passages in order, each with the text that is embedded for it.

    ``count_tokens`` gives lengths with special tokens; no embedded text is longer than ``max_tokens``.
    """
    chunks: list[tuple[Passage, str]] = []
    for section in _sections(document):
        path = document.heading_path(section[1] - 1)
        packer = _Packer(document, path, count_tokens, max_tokens)
        for span in packer.cut(section):
            passage = Passage(
                id=passage_id(document.id, *span),
                document_id=document.id,
                start=span[0],
                end=span[1],
                heading_path=path,
                page=document.page_at(span[0]),
                text=document.text[span[0] : span[1]],
            )
            chunks.append((passage, packer.embedded(span)))
    return tuple(chunks)


def _prefix(
    title: str, heading_path: Sequence[str], count_tokens: CountTokens, max_tokens: int
) -> tuple[tuple[str, tuple[str, ...]], int]:
    """Return title and heading path as they are embedded, and their tokens: a long one loses its beginning."""
    allowed = int(max_tokens * _PREFIX_SHARE)
    path = tuple(heading_path)
    while True:
        taken = count_tokens([embedded_text(title, path, "")])[0]
        if taken <= allowed or not (path or title):
            return (title, path), taken
        if path:
            path = path[1:]
        else:
            words = title.split()
            title = " ".join(words[: len(words) // 2])
