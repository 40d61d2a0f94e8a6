"""Lists in text that only looks like one: which lines begin an item, and what the item says."""

import re
from dataclasses import dataclass

# The private-use characters are how PDFs spell the bullets of Symbol and Wingdings.
_BULLETS = "•●○◦▪▫■□‣⁃∙·►▶➢➤✓✔\uf076\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc"
_BULLET = re.compile(rf"(?:[{_BULLETS}]|(?P<dash>[-–—*o])\s)\s*(?=\S)")
_NUMBER = re.compile(r"\(?(?P<number>\d{1,3})[.)]\s+(?=\S)")
_LETTER = re.compile(r"\(?[a-z]\)\s+(?=\S)")
_OPEN_ENDED = re.compile(r"[\w,(]$")


@dataclass(frozen=True, slots=True)
class Item:
    """The text of a list item without its bullet; number is None where the list is not numbered."""

    text: str
    number: int | None = None


def item_of(line: str, before: str, last: Item | None) -> Item | None:
    """Return the item that a line begins, or None where it does not begin one.

    A dash or a number may also stand first because a line was wrapped there. So a dash counts only within a
    list or where the line before does not run on, and a number only where it is 1 or follows the last one.
    """
    line = line.strip()
    runs_on = last is None and _OPEN_ENDED.search(before) is not None
    bullet = _BULLET.match(line)
    if bullet:
        return None if runs_on and bullet["dash"] else Item(line[bullet.end() :])
    number = _NUMBER.match(line)
    if number:
        value = int(number["number"])
        follows = value in (1, (last.number or 0) + 1 if last else 1)
        return Item(f"{value}. {line[number.end() :]}", value) if follows else None
    return Item(line) if _LETTER.match(line) and not runs_on else None
