"""The pieces of one block as they come (text, line breaks, source marks) → its lines, clean."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.readers.canonical import inline

BREAK = "\v"
"""A line break that the author made, as against one that only shapes the source."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A source mark between the pieces of a block's text."""

    key: str


def assemble(pieces: Sequence[str | Mark]) -> tuple[list[str], tuple[str, ...], bool]:
    """Return a block's lines without its marks, their keys, and whether one stood within a sentence.

    A line break stays one unless the text goes on in lower case after it: then it only shaped the page.
    """
    text = ""
    keys: list[str] = []
    first_mark: int | None = None
    after_mark = False
    for piece in pieces:
        if isinstance(piece, Mark):
            spaced = text != text.rstrip(" \t\n")
            text = text.rstrip(" \t\n") + (" " if spaced else "")
            keys.append(piece.key)
            first_mark = len(text.rstrip()) if first_mark is None else first_mark
            after_mark = True
        elif piece:
            if after_mark and piece.lstrip()[:1] in (*".,;:!?)", ""):
                text = text.rstrip(" ")
                if not text:  # "[^B1]: …", a footnote's own text
                    piece, first_mark = piece.lstrip(" :"), None
            text += piece
            after_mark = after_mark and not piece.strip()
    inside = first_mark is not None and any(character.isalnum() for character in text[first_mark:])
    lines: list[str] = []
    for line in filter(None, map(inline, text.split(BREAK))):
        if lines and line[0].islower():
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines, tuple(dict.fromkeys(keys)), inside
