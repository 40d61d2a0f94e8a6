"""Plain text: paragraphs between blank lines, with the lines of wrapped paragraphs joined.

A line break is taken for a wrap where the next line's first word would not have fitted (the width is what
nine in ten of the file's continued lines keep within, and between 40 and 130 characters), or where the next
line goes on in lower case after a word or a comma. Every other line break is meant, and stays one.
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from assistant.errors import DocumentRefused
from ingest.readers.canonical import Block, compose, inline, make_document, visible
from ingest.readers.lists import Item, item_of
from ingest.readers.registry import Reading, reader
from ingest.readers.titles import file_stem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_RULE = re.compile(r"\s*([-=_*~#+])(?:\s*\1){2,}\s*")
_NARROWEST, _WIDEST = 40, 130


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the text of some bytes by their mark, a declared encoding, UTF-8 or Windows-1252, in that order.

    No guessing beyond that: a detector was seen to read a Windows-1252 pound sign as a Polish letter.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _text_only(_decoded(data[len(mark) :], encoding))
    for encoding in filter(None, (declared, "utf-8")):
        try:
            return _text_only(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return _text_only(_decoded(data, "cp1252"))


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        byte = data[error.start]
        advice = "save it as UTF-8"
        if encoding == "cp1252":
            reason = f"is neither UTF-8 nor Windows-1252 text (byte {error.start} is {byte:#04x}): {advice}"
        else:
            reason = f"begins as {encoding.upper()} text and does not go on so (byte {error.start}): {advice}"
        raise DocumentRefused(reason) from error


def _text_only(text: str) -> str:
    controls = sum(1 for _ in _CONTROLS.finditer(text))
    if controls > 3 and controls * 50 > len(text):
        raise DocumentRefused(
            "is not text but binary data, or else UTF-16 without its byte order mark: save it as UTF-8"
        )
    return text


@reader(".txt")
def read_text(data: bytes, document_id: str) -> Reading:
    """Read a plain text file; its title is the file's name."""
    blocks = paragraphs(decode(data))
    return Reading((make_document(document_id, file_stem(document_id), compose(blocks)),))


def paragraphs(text: str, page: int = 0, first_group: int = 1) -> list[Block]:
    """Return the paragraphs and lists of a text as blocks; groups are numbered from ``first_group``."""
    rows = visible(text).expandtabs(4).split("\n")
    lines = ["" if _RULE.fullmatch(line) else line.rstrip() for line in rows]
    width = _width(lines)
    blocks: list[Block] = []
    group = first_group
    last: Item | None = None
    for paragraph in _split_at_blanks(lines):
        for place, line in enumerate(paragraph):
            before = paragraph[place - 1] if place else ""
            item = item_of(line, before, last)
            if item is None and place and _wraps(before, line, width):
                blocks[-1] = Block(f"{blocks[-1].text} {inline(line)}", group=blocks[-1].group, page=page)
                continue
            # A list goes on over blank lines; other lines are tied within their paragraph only.
            if (item is None) != (last is None) or (item is None and not place):
                group += 1
            last = item
            blocks.append(Block(inline(item.text if item else line), group=group, page=page))
    return [block for block in blocks if block.text]


def _split_at_blanks(lines: Iterable[str]) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def _width(lines: Sequence[str]) -> int | None:
    """Return the width that a text is wrapped at, or None where it is not wrapped by width."""
    lengths = sorted(len(line) for line, after in pairwise(lines) if line.strip() and after.strip())
    width = lengths[len(lengths) * 9 // 10] if lengths else 0
    return width if _NARROWEST <= width <= _WIDEST else None


def _wraps(line: str, after: str, width: int | None) -> bool:
    first_word = after.split(maxsplit=1)[0]
    if first_word[0].islower() and re.search(r"[\w,;)’'\"”-]$", line):
        return True
    return width is not None and len(line) + 1 + len(first_word) > width
