"""Lines on a page, with their places → paragraphs: what a PDF does not say and a reader sees at once.

A line goes on from the one before where both are of one size and spacing and the width says so: the next
line's first word would not have fitted. Runs of lines in which that holds for less than half of the line ends
(verse, addresses, rows of a table) stay lines. A hyphen at a line's end is dropped between two lower-case
letters, unless the document writes the word with it elsewhere; before anything else it stays.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.readers.canonical import CELL_BORDER, Block, inline
from ingest.readers.lists import Item, item_of

_HYPHENATED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_HYPHEN_AT_END = re.compile(r"(?P<word>[^\W_]+(?:-[^\W_]+)*)[-\u2010]$")
_FIRST_WORD = re.compile(r"[^\W_]+")
_NUMBERING = re.compile(r"^(?:chapter |section |part |appendix )?(?:\d+(?:\.\d+)*|[ivx]+|[a-z])[.:)]? +")
_RANGE_AT_END = re.compile(r"\d[-–]$")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
# A run of lines narrower than so many times its letters' size is too narrow to tell wrapped lines from short.
_NARROWEST = 10
_USUAL_SPACING = 1.3
_WIDER = 1.3


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands on the page: its text, left and right end, base line (upwards) and letter size."""

    text: str
    left: float
    right: float
    base: float
    size: float


@dataclass(slots=True)
class _Piece:
    """Lines that are one block; pieces of one run of unwrapped lines are tied."""

    lines: list[Line]
    run: int
    item: Item | None = None
    level: int = 0


def hyphenated_words(texts: Iterable[str]) -> set[str]:
    """Return the words that a document writes with a hyphen within a line, in lower case."""
    return {word.lower() for text in texts for word in _HYPHENATED.findall(text)}


def usual_spacing(lines: Sequence[Line]) -> float | None:
    """Return the commonest distance of lines in letter sizes, or None where there are too few to tell."""
    distances = Counter(
        round((before.base - line.base) / line.size, 1)
        for before, line in pairwise(lines)
        if _same_size(before, line) and 0 < before.base - line.base < 3 * line.size
    )
    commonest = distances.most_common(1)
    return commonest[0][0] if commonest and commonest[0][1] >= 4 else None


def page_blocks(
    lines: Sequence[Line],
    page: int,
    titles: Sequence[tuple[str, int]] = (),
    spacing: float | None = None,
    hyphenated: Collection[str] = (),
) -> list[Block]:
    """Return one page's blocks; ``titles`` are the outline's (title, level) that point to this page."""
    blocks: list[Block] = []
    group = 0
    before: _Piece | None = None
    for piece in _pieces(lines, _headings(lines, titles), spacing or _USUAL_SPACING):
        text = _joined(piece.lines, hyphenated)
        tied = before is not None and not piece.level and not before.level
        if not (tied and before and (piece.item is None) == (before.item is None) and piece.run == before.run):
            group += 1
        if inline(text):
            blocks.append(Block(inline(text), level=piece.level, group=0 if piece.level else group, page=page))
            before = piece
    return blocks


def _pieces(lines: Sequence[Line], headings: dict[int, tuple[int, int]], spacing: float) -> list[_Piece]:
    """Cut a page's lines into headings, list items, paragraphs and single lines."""
    pieces: list[_Piece] = []
    place = 0
    while place < len(lines):
        if place in headings:
            count, level = headings[place]
            pieces.append(_Piece(list(lines[place : place + count]), run=-place - 1, level=level))
            place += count
            continue
        end = place + 1
        while end < len(lines) and end not in headings and _is_near(lines[end - 1], lines[end], spacing):
            end += 1
        _add_run(pieces, lines[place:end], place)
        place = end
    return pieces


def _add_run(pieces: list[_Piece], run: Sequence[Line], name: int) -> None:
    """Add the pieces of lines that stand close together."""
    right = max(line.right for line in run)
    wrapped = _is_wrapped(run, right)
    for place, line in enumerate(run):
        last = pieces[-1] if pieces else None
        before = last.lines[-1] if last and not last.level else None
        item = item_of(line.text, before.text if before and place else "", last.item if last else None)
        if item:
            # All items of a list are tied, however far apart they stand.
            pieces.append(_Piece([replace(line, text=item.text)], run=-1, item=item))
        elif last and before and (place or line.base > before.base) and _goes_on(before, line, right, wrapped):
            last.lines.append(line)
        else:
            # Paragraphs of wrapped text stand apart, lines that are not wrapped stay together.
            pieces.append(_Piece([line], run=name + place if wrapped else name))


def _is_near(before: Line, line: Line, spacing: float) -> bool:
    distance = before.base - line.base
    return _same_size(before, line) and 0 <= distance <= _WIDER * spacing * line.size


def _same_size(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= 0.1 * max(one.size, other.size)


def _is_wrapped(run: Sequence[Line], right: float) -> bool:
    """Whether at least half of the line ends of a run are there because the next word did not fit."""
    if right - min(line.left for line in run) < _NARROWEST * run[0].size:
        return False
    if 2 * sum(CELL_BORDER in line.text for line in run) > len(run):
        return False
    full = sum(_is_full(before, line, right) for before, line in pairwise(run))
    return 2 * full >= len(run) - 1


def _is_full(before: Line, line: Line, right: float) -> bool:
    """Whether the first word of a line would not have fitted onto the line before."""
    letter = (line.right - line.left) / max(len(line.text), 1)
    return before.right + (1 + len(line.text.split(maxsplit=1)[0])) * letter > right


def _goes_on(before: Line, line: Line, right: float, wrapped: bool) -> bool:
    """Whether a line continues the one before, which may end another column above which this one begins."""
    ends_sentence = _SENTENCE_END.search(before.text) is not None
    is_row = CELL_BORDER in before.text or CELL_BORDER in line.text
    if _same_size(before, line) and not ends_sentence and not is_row:
        if line.text[0].islower():
            return True
        if _HYPHEN_AT_END.search(before.text) and line.text[0].isalnum():
            return True
        if _RANGE_AT_END.search(before.text) and line.text[0].isdigit():
            return True
    is_indented = 0.8 * line.size < line.left - before.left < 4 * line.size
    is_below = before.base >= line.base
    return wrapped and is_below and _is_full(before, line, right) and not (ends_sentence and is_indented)


def _joined(lines: Sequence[Line], hyphenated: Collection[str]) -> str:
    """Return the text of lines as one, with the words that were cut at their ends made whole."""
    text = lines[0].text
    for line in lines[1:]:
        cut = _HYPHEN_AT_END.search(text)
        rest = _FIRST_WORD.match(line.text)
        if cut and rest:
            whole = f"{cut['word']}-{rest.group()}".lower()
            drops = text[-2].islower() and line.text[0].islower() and whole not in hyphenated
            text = (text[:-1] if drops else text) + line.text
        elif _RANGE_AT_END.search(text) and line.text[0].isdigit():
            text += line.text
        else:
            text = f"{text} {line.text}"
    return text


def _headings(lines: Sequence[Line], titles: Sequence[tuple[str, int]]) -> dict[int, tuple[int, int]]:
    """Return where the outline's titles stand: first line → (number of lines, level).

    Where a title stands more than once (it may be the running head too), the largest letters have it.
    """
    places: dict[int, tuple[int, int]] = {}
    for title, level in titles:
        wanted = _plain_title(title)
        found = [
            (-lines[place].size, place, count)
            for place in range(len(lines))
            for count in (1, 2, 3)
            if wanted and place not in places and _plain_title(_joined(lines[place : place + count], ())) == wanted
        ]
        if found:
            _, place, count = min(found)
            places[place] = (min(count, len(lines) - place), level)
    return places


def _plain_title(title: str) -> str:
    """Return a title for comparison: in lower case and without its number."""
    plain = inline(title).casefold()
    return _NUMBERING.sub("", plain) or plain
