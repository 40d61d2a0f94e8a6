"""A parsed page → blocks, in one pass from start tag to end tag without recursion, however deep it is."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.readers.canonical import Block, code_lines, join_cells, join_parts
from ingest.readers.pieces import BREAK, Mark, assemble

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MARK_TAG = "casebook-mark"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form header hgroup hr html legend li main nav ol p pre search section summary table "
    "tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())


@dataclass(slots=True)
class _Table:
    group: int
    first_block: int
    cells: list[str] | None = None
    parts: list[str] | None = None
    keys: list[str] = field(default_factory=list)


class Walk:
    """The state of one walk: blocks so far, and the inline text, lists and table that are still open."""

    def __init__(self, is_left_out: "Callable[[Element], bool]") -> None:
        self._is_left_out = is_left_out
        self.blocks: list[Block] = []
        self.inside: list[str] = []
        """The beginnings of blocks with a source mark within a sentence."""
        self._pieces: list[str | Mark] = []
        self._lists: list[int | None] = []  # the next number of each open list; None where it has bullets
        self._tables: list[_Table | None] = []  # None for a table that only lays out the page
        self._prefix = ""
        self._level = 0
        self._preformatted = 0
        self._groups = 0
        self._list_group = 0

    def walk(self, root: "Element") -> list[Block]:
        """Return the blocks of everything within a root element that is not left out."""
        from lxml import etree

        events = etree.iterwalk(root, events=("start", "end"))
        skipped = None
        for event, element in events:
            tag = element.tag.lower() if isinstance(element.tag, str) else ""
            if event == "start":
                if element is not root and self._is_left_out(element):
                    skipped = element
                    events.skip_subtree()
                    if tag in _BLOCKS:
                        self._flush()
                    continue
                self._start(tag, element)
                self._pieces.append(element.text or "")
                continue
            if element is not skipped:
                self._end(tag)
            if element is not root:
                self._pieces.append(element.tail or "")
        self._flush()
        return self.blocks

    def _start(self, tag: str, element: "Element") -> None:
        if tag == "br":
            self._pieces.append("\n" if self._preformatted else BREAK)
        elif tag == MARK_TAG:
            self._pieces.append(Mark(element.get("key", "")))
        if tag not in _BLOCKS:
            return
        self._flush()
        if tag in ("ul", "ol"):
            if not self._lists:
                self._list_group = self._new_group()
            self._lists.append(_number(element.get("start"), 1) if tag == "ol" else None)
        elif tag == "li" and self._lists and self._lists[-1] is not None:
            number = _number(element.get("value"), self._lists[-1])
            self._lists[-1] = number + 1
            self._prefix = f"{number}. "
        elif tag in HEADINGS:
            self._level = int(tag[1])
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "table":
            data = not _lays_out(element)
            self._tables.append(_Table(self._new_group(), len(self.blocks)) if data else None)
        elif self._tables and (table := self._tables[-1]):
            if tag == "tr":
                self._end_row(table)
            elif tag in ("td", "th"):
                self._end_cell(table)
                table.parts = []

    def _end(self, tag: str) -> None:
        if tag not in _BLOCKS:
            return
        self._flush()
        if tag in ("ul", "ol"):
            self._lists.pop()
        elif tag == "li":
            self._prefix = ""
        elif tag in HEADINGS:
            self._level = 0
        elif tag == "pre":
            self._preformatted -= 1
        elif tag == "table":
            table = self._tables.pop()
            if table:
                self._end_row(table)
                self._share_last_mark(table)
        elif self._tables and (table := self._tables[-1]):
            if tag == "tr":
                self._end_row(table)
            elif tag in ("td", "th"):
                self._end_cell(table)

    def _flush(self) -> None:
        """Make blocks of the inline text gathered so far."""
        pieces, self._pieces = self._pieces, []
        if self._preformatted:
            text = "".join(piece for piece in pieces if isinstance(piece, str))
            group = self._list_group if self._lists else self._new_group()
            self.blocks += [Block(line, group=group) for line in code_lines(text)]
            return
        lines, keys, inside = assemble(pieces)
        if inside:
            self.inside.append(lines[0][:60])
        table = self._tables[-1] if self._tables else None
        if table and table.parts is not None:
            table.parts.append(" ".join(lines))
            table.keys += keys
        elif not lines:
            if keys:
                self._mark_last_group(keys)
        elif self._level:
            self.blocks.append(Block(self._prefix + " ".join(lines), level=self._level, keys=keys))
            self._prefix = ""
        else:
            group = self._list_group if self._lists else self._new_group() if len(lines) > 1 else 0
            lines[0] = self._prefix + lines[0]
            self._prefix = ""
            self.blocks += [Block(line, group=group, keys=keys) for line in lines]

    def _end_cell(self, table: _Table) -> None:
        if table.parts is not None:
            table.cells = [*(table.cells or []), join_parts(table.parts)]
            table.parts = None

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        row, table.cells = join_cells(table.cells or []), None
        keys, table.keys = tuple(dict.fromkeys(table.keys)), []
        if row:
            self.blocks.append(Block(row, group=table.group, keys=keys))
        elif keys:
            self._mark_last_group(keys)

    def _share_last_mark(self, table: _Table) -> None:
        """Give a mark that only the last of the rows carries to them all: it stands at the table's end."""
        rows = self.blocks[table.first_block :]
        if len(rows) > 1 and rows[-1].keys and not any(row.keys for row in rows[:-1]):
            self._mark_last_group(rows[-1].keys)

    def _mark_last_group(self, keys: tuple[str, ...]) -> None:
        """Give marks that stand alone to the block before them, with all of its list or table."""
        last = self.blocks[-1] if self.blocks else None
        for place in range(len(self.blocks) - 1, -1, -1):
            block = self.blocks[place]
            if block is not last and not (last and last.group and block.group == last.group):
                break
            merged = tuple(dict.fromkeys((*block.keys, *keys)))
            self.blocks[place] = Block(block.text, level=block.level, group=block.group, keys=merged)

    def _new_group(self) -> int:
        self._groups += 1
        return self._groups


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"-?[0-9]{1,6}", value.strip()) else default


def _lays_out(table: "Element") -> bool:
    """Whether a table shapes the page: it holds headings or tables, or has one plain cell a row."""
    if table.get("role") in ("presentation", "none"):
        return True
    if next(table.iterdescendants("table", *HEADINGS), None) is not None:
        return True
    if next(table.iterdescendants("th"), None) is not None:
        return False
    rows = table.iterdescendants("tr")
    return all(sum(1 for cell in row if cell.tag in ("td", "th")) < 2 for row in rows)
