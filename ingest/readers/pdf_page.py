"""One page of a PDF, as pdfium sees it → its lines with their places, in the order of the file."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.readers.canonical import CELL_BORDER, inline, join_cells
from ingest.readers.pdf_lines import Line

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

_HYPHEN = 2  # pdfium's sign for a hyphen that ends a line; the line break itself it leaves out
_ENDING_HYPHENS = (_HYPHEN, 0xAD)
_LINE_ENDS = (0x0A, 0x0D)
# Words on one base line that stand further apart than so many times the letters' size are cells of a table.
_CELL_GAP = 1.5
# The dots that lead to a page number, the line to write on.
_LEADERS = re.compile(r"(?:[.·…_] ?){4,}")
_LONGEST_LABEL = 3

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line stands on the page: its first letter's origin, the corners of its ends, size and turn."""

    origin: Point
    first: tuple[Point, Point]
    last: tuple[Point, Point]
    size: float
    turn: int


def lines_of(page: "PdfTextPage") -> list[Line]:
    """Return a page's lines, turned upright where most of the page is written in another direction."""
    from pypdfium2 import raw

    codes = [raw.FPDFText_GetUnicode(page, index) for index in range(page.count_chars())]
    found: list[tuple[str, _Place]] = []
    turns: Counter[int] = Counter()
    for start, end in _spans(codes):
        place = _place(page, codes, start, end)
        cells = [_text(codes[first:last]) for first, last in _cells(page, codes, (start, end), place)]
        text = join_cells([inline(part) for cell in cells for part in _LEADERS.split(cell)])
        if text.strip("| "):
            found.append((text, place))
            turns[place.turn] += len(text)
    turn = turns.most_common(1)[0][0] if turns else 0
    return _rows(_downwards([_upright(text, place, turn) for text, place in found]))


def _spans(codes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where lines begin and end, without the white space around them."""
    start = 0
    for index, code in enumerate((*codes, _LINE_ENDS[0])):
        if code not in _LINE_ENDS and code != _HYPHEN:
            continue
        end = index + (code == _HYPHEN)
        while start < end and chr(codes[start]).isspace():
            start += 1
        while start < end and chr(codes[end - 1]).isspace():
            end -= 1
        if start < end:
            yield start, end
        start = index + 1


def _cells(
    page: "PdfTextPage", codes: Sequence[int], span: tuple[int, int], place: _Place
) -> Iterator[tuple[int, int]]:
    """Yield the parts of a line that stand as far apart as the cells of a table do."""
    start, end = span
    for index in range(start + 1, end):
        if chr(codes[index]).isspace() or not chr(codes[index - 1]).isspace():
            continue
        before = index - 1
        while chr(codes[before]).isspace():
            before -= 1
        gap = _left(_box(page, index), place.turn) - _right(_box(page, before), place.turn)
        if gap > _CELL_GAP * place.size and before + 1 - start > _LONGEST_LABEL:
            yield start, before + 1
            start = index
    yield start, end


def _text(codes: Sequence[int]) -> str:
    text = "".join(map(chr, codes[:-1])) + ("-" if codes[-1] in _ENDING_HYPHENS else chr(codes[-1]))
    # Characters beyond the first plane may come as two halves.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _place(page: "PdfTextPage", codes: Sequence[int], start: int, end: int) -> _Place:
    from pypdfium2 import raw

    sizes: Counter[float] = Counter()
    for index in range(start, end, max(1, (end - start) // 5)):
        matrix = raw.FS_MATRIX()
        if not chr(codes[index]).isspace() and raw.FPDFText_GetMatrix(page, index, matrix):
            size = raw.FPDFText_GetFontSize(page, index) * math.hypot(matrix.c, matrix.d)
            sizes[round(size, 2)] += 1
    first, last = _box(page, start), _box(page, end - 1)
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    return _Place(
        origin=_origin(page, start),
        first=first,
        last=last,
        size=size or abs(first[1][1] - first[0][1]) or 1.0,
        turn=-round(raw.FPDFText_GetCharAngle(page, start) / (math.pi / 2)) % 4,  # the angle is clockwise
    )


def _origin(page: "PdfTextPage", index: int) -> Point:
    from ctypes import c_double

    from pypdfium2 import raw

    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(page, index, x, y)
    return x.value, y.value


def _box(page: "PdfTextPage", index: int) -> tuple[Point, Point]:
    from pypdfium2 import raw

    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(page, index, box)
    return (box.left, box.bottom), (box.right, box.top)


def _upright(text: str, place: _Place, turn: int) -> Line:
    """Return a line in coordinates in which text of that turn (in quarters) runs from left to right."""
    right = max(_right(place.first, turn), _right(place.last, turn))
    return Line(text, _left(place.first, turn), right, _turned(place.origin, turn)[1], place.size)


def _turned(point: Point, turn: int) -> Point:
    x, y = point
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turn]


def _left(box: tuple[Point, Point], turn: int) -> float:
    return min(_turned(corner, turn)[0] for corner in box)


def _right(box: tuple[Point, Point], turn: int) -> float:
    return max(_turned(corner, turn)[0] for corner in box)


def _downwards(lines: list[Line]) -> list[Line]:
    """Return lines from top to bottom: pdfium turns their order round on some sideways pages."""
    steps = [before.base - line.base for before, line in pairwise(lines)]
    near = [step for step, line in zip(steps, lines, strict=False) if 0 < abs(step) < 3 * line.size]
    return lines[::-1] if sum(1 if step > 0 else -1 for step in near) < 0 else lines


def _rows(lines: Iterable[Line]) -> list[Line]:
    """Make one line of what stands on one base line: a bullet and its text, cells, raised numbers."""
    rows: list[Line] = []
    for line in lines:
        before = rows[-1] if rows else None
        if before is None or not (_is_raised(before, line) or _is_beside(before, line)):
            rows.append(line)
            continue
        # A raised number stands by itself: "5,400" with the note 2 must not become 54,002.
        is_cell = line.left - before.right > _CELL_GAP * line.size and len(before.text) > _LONGEST_LABEL
        between = CELL_BORDER if is_cell else " "
        rows[-1] = Line(before.text + between + line.text, before.left, line.right, before.base, before.size)
    return rows


def _is_beside(before: Line, line: Line) -> bool:
    """Whether a line stands to the right of the one before, on its base line."""
    return abs(before.base - line.base) < 0.2 * line.size and line.left >= before.right - 0.5 * line.size


def _is_raised(before: Line, line: Line) -> bool:
    """Whether a line is the small raised (or lowered) end of the one before."""
    is_small = line.size < 0.85 * before.size and len(line.text) <= _LONGEST_LABEL
    is_close = abs(line.left - before.right) < 0.3 * before.size
    return is_small and is_close and 0 < abs(line.base - before.base) < 0.6 * before.size
