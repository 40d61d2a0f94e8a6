"""What Word's styles and numbering say of a paragraph: heading, list item with its number, hidden text."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"heading ([1-9])")
_LIST_NAME = re.compile(r"list (?:bullet|number|continue)(?: \d)?")
_NO_NUMBER = frozenset(("bullet", "none"))
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_ONES = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_COUNT = re.compile(r"[0-9]{1,6}")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list counts."""

    format: str = "bullet"
    start: int = 1


class Styles:
    """The styles of one document."""

    def __init__(self, root: "Element") -> None:
        self._styles = {style.get(f"{W}styleId", ""): style for style in root.iterchildren(f"{W}style")}
        defaults = (style for style in self._styles.values() if is_on(style.get(f"{W}default", "0")))
        self._default = next((s.get(f"{W}styleId", "") for s in defaults if s.get(f"{W}type") == "paragraph"), "")

    def heading_level(self, paragraph: "Element") -> int:
        """Return a paragraph's level as a heading, 0 where it is none."""
        outline = value(paragraph, f"{W}pPr/{W}outlineLvl")
        for style in self._chain(self.style_of(paragraph)):
            name = (value(style, f"{W}name") or "").lower()
            if name == "title":
                return 1
            if heading := _HEADING.fullmatch(name):
                return int(heading[1])
            outline = outline or value(style, f"{W}pPr/{W}outlineLvl")
        return int(outline) + 1 if outline and re.fullmatch(r"[0-8]", outline) else 0

    def is_title(self, paragraph: "Element") -> bool:
        """Whether a paragraph is the document's title by its style."""
        chain = self._chain(self.style_of(paragraph))
        return any((value(style, f"{W}name") or "").lower() == "title" for style in chain)

    def list_place(self, paragraph: "Element") -> tuple[str, int] | None:
        """Return the list that a paragraph is an item of and the item's depth, None where it is none."""
        named = False
        for holder in (paragraph, *self._chain(self.style_of(paragraph))):
            identifier = value(holder, f"{W}pPr/{W}numPr/{W}numId")
            if identifier is not None:
                depth = _depth(value(holder, f"{W}pPr/{W}numPr/{W}ilvl"))
                return None if identifier == "0" else (identifier, depth)
            named = named or bool(_LIST_NAME.fullmatch((value(holder, f"{W}name") or "").lower()))
        return ("", 0) if named else None

    def hides(self, style_id: str | None) -> bool:
        """Whether a style makes text hidden."""
        for style in self._chain(style_id):
            vanish = style.find(f"{W}rPr/{W}vanish")
            if vanish is not None:
                return is_on(vanish.get(f"{W}val", "1"))
        return False

    def style_of(self, paragraph: "Element") -> str:
        """Return the id of a paragraph's style."""
        return value(paragraph, f"{W}pPr/{W}pStyle") or self._default

    def _chain(self, style_id: str | None) -> "Iterator[Element]":
        """Yield a style and those that it is based on, each once: they may go round in a circle."""
        seen: set[str] = set()
        while style_id and style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = value(self._styles[style_id], f"{W}basedOn")


class Numbering:
    """The lists of one document, counting their items as they come."""

    def __init__(self, root: "Element | None") -> None:
        self._levels: dict[str, dict[int, Level]] = {}
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        if root is None:
            return
        abstract = {a.get(f"{W}abstractNumId", ""): _levels(a) for a in root.iterchildren(f"{W}abstractNum")}
        for number in root.iterchildren(f"{W}num"):
            levels = dict(abstract.get(value(number, f"{W}abstractNumId") or "", {}))
            for override in number.iterchildren(f"{W}lvlOverride"):
                levels.update(_levels(override))
                start = value(override, f"{W}startOverride")
                depth = _depth(override.get(f"{W}ilvl"))
                if start and _COUNT.fullmatch(start):
                    levels[depth] = Level(levels.get(depth, Level()).format, int(start))
            self._levels[number.get(f"{W}numId", "")] = levels

    def next_label(self, place: tuple[str, int]) -> str:
        """Count an item and return what stands before its text: "2. ", or nothing where it has a bullet."""
        identifier, depth = place
        level = self._levels.get(identifier, {}).get(depth, Level())
        counts = self._counts[identifier]
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in range(depth + 1, _DEEPEST + 1):
            counts.pop(deeper, None)
        return "" if level.format in _NO_NUMBER else f"{_written(counts[depth], level.format)}. "


def value(element: "Element", path: str) -> str | None:
    """Return the value of an element's descendant on a path, None where there is none."""
    found = element.find(path)
    return None if found is None else found.get(f"{W}val")


def is_on(setting: str) -> bool:
    """Whether one of Word's on-off values is on."""
    return setting not in ("0", "false", "off")


def _levels(holder: "Element") -> dict[int, Level]:
    levels: dict[int, Level] = {}
    for level in holder.iterchildren(f"{W}lvl"):
        start = value(level, f"{W}start") or "1"
        number = int(start) if _COUNT.fullmatch(start) else 1
        levels[_depth(level.get(f"{W}ilvl"))] = Level(value(level, f"{W}numFmt") or "decimal", number)
    return levels


def _depth(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-8]", text) else 0


def _written(number: int, format_: str) -> str:
    if number > 0 and format_ in ("lowerLetter", "upperLetter"):
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if format_ == "lowerLetter" else letters.upper()
    if 0 < number < 4000 and format_ in ("lowerRoman", "upperRoman"):
        roman = ""
        for worth, letters in _ROMAN + _ROMAN_ONES:
            roman += letters * (number // worth)
            number %= worth
        return roman if format_ == "lowerRoman" else roman.upper()
    return str(number)
