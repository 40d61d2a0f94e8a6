"""Canonical text: what a reader sees, in one spelling, with offsets that a citation can rest on.

A reader gives blocks; ``compose`` joins them. Within the result a newline is always a block boundary and
nothing else: one between the lines of a group (a list, a table, a piece of code), two between all others.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.errors import DocumentRefused
from assistant.schema import Document, Heading, Metadata, SourceMark, sha256_of

# Everything that a page does not show: controls, surrogates, non-characters and Unicode's
# Default_Ignorable_Code_Point (zero width, bidi controls, variation selectors, fillers, tags). Text hidden
# in them would be searched and quoted, and yet be seen by nobody.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]+"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_LETTERS_OF = dict(enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"), 0xFB00))
CELL_BORDER = " | "
_SPACES = re.compile(r"[^\S\n]")


@dataclass(frozen=True, slots=True)
class Block:
    """One line of canonical text; a level makes it a heading, an equal group ties it to its neighbours."""

    text: str
    level: int = 0
    group: int = 0
    page: int = 0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """A canonical text and what stands where in it."""

    text: str
    page_starts: tuple[int, ...]
    headings: tuple[Heading, ...]
    marks: tuple[SourceMark, ...]


def visible(text: str) -> str:
    """Return a text as it is, tabs included, but in NFC, with LF line ends and nothing invisible."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text)))


def inline(text: str) -> str:
    """Return a text as one line: every run of white space a space, ligatures as letters, none at the ends."""
    text = _INVISIBLE.sub("", text)
    text = _LIGATURES.sub(lambda ligature: _LETTERS_OF[ord(ligature.group())], text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def code_lines(text: str) -> list[str]:
    """Return the lines of preformatted text that hold anything, with their indentation."""
    lines = (_SPACES.sub(" ", line.expandtabs(4)).rstrip() for line in visible(text).split("\n"))
    return [line for line in lines if line]


def compose(blocks: Iterable[Block], pages: int = 0) -> Composition:
    """Join blocks into canonical text, noting where pages, headings and marked blocks stand."""
    pieces: list[str] = []
    headings: list[Heading] = []
    marks: list[SourceMark] = []
    starts: list[int] = []
    length = 0
    before: Block | None = None
    for block in blocks:
        if before is not None:
            tied = block.group and block.group == before.group and block.page == before.page
            pieces.append("\n" if tied else "\n\n")
            length += len(pieces[-1])
        # A page without text starts where the next one does, so that the last of equal starts is the page.
        starts += [length] * (block.page - len(starts))
        end = length + len(block.text)
        if block.level:
            headings.append(Heading(start=length, end=end, level=block.level, title=block.text))
        if block.keys:
            marks.append(SourceMark(start=length, end=end, keys=block.keys))
        pieces.append(block.text)
        length, before = end, block
    starts += [length] * (pages - len(starts))
    return Composition("".join(pieces), tuple(starts), tuple(headings), tuple(marks))


def make_document(document_id: str, title: str, composition: Composition, metadata: Metadata | None = None) -> Document:
    """Return the document of a composition, or refuse one in which there is nothing to see."""
    if not composition.text:
        raise DocumentRefused("has no text")
    return Document(
        id=document_id,
        sha256=sha256_of(composition.text),
        title=inline(title),
        text=composition.text,
        page_starts=composition.page_starts,
        headings=composition.headings,
        marks=composition.marks,
        metadata=metadata or Metadata(),
    )


def join_cells(cells: Sequence[str]) -> str:
    """Return a table row as a line; cells that are empty at its end are left out."""
    last = max((number for number, cell in enumerate(cells, 1) if cell), default=0)
    return " ".join(CELL_BORDER.join(cells[:last]).split())


def join_parts(parts: Iterable[str]) -> str:
    """Return the paragraphs or list items of one table cell as one line."""
    line = ""
    for part in filter(None, parts):
        # A list of names must not run into one name: "Dudley; Walsall", but "First. Second."
        line += ("" if not line else " " if line[-1] in ".,;:!?" else "; ") + part
    return line
