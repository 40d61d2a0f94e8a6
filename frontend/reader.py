"""A document's canonical text as HTML, one span highlighted; every character stays, in order."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath

from assistant.schema import Document
from frontend.markup import Html, element, escape, join

WHOLE = 60_000
REACH = 20_000
# In these formats lines that follow each other without a blank line are list items or table rows.
STRUCTURED = frozenset({".md", ".markdown", ".html", ".htm", ".docx"})
CELLS = " | "


def window(text: str, start: int, end: int) -> tuple[int, int]:
    """Return what part of a text to show around a span: all of it, or whole lines around it."""
    if len(text) <= WHOLE:
        return 0, len(text)
    low = text.rfind("\n", 0, max(0, start - REACH)) + 1
    high = text.find("\n", min(len(text), end + REACH))
    return low, len(text) if high < 0 else high + 1


def body(
    document: Document,
    low: int,
    high: int,
    span: tuple[int, int],
    highlight: str,
    *,
    anchor: str | None = None,
    contents: str | None = None,
    first: int = 4,
) -> Html:
    """Return a part of a document; the span stands in elements named by ``highlight``.

    ``anchor`` becomes the id of the first of them, ``contents`` the beginning of the ids of the headings;
    ``first`` is the level at which the document's own headings begin, below those of the page around it.

    The text of all those elements together is exactly the span, and the text of the whole is exactly
    ``document.text[low:high]``.
    """
    levels = {heading.start: heading.level for heading in document.headings}
    structured = PurePosixPath(document.id.lower()).suffix in STRUCTURED
    parts = []
    for group in groups(document.text, low, high, levels):
        inner = [marked(document.text, line, span, highlight, anchor) for line in group]
        if group[0][0] in levels:
            name = f"{contents}{group[0][0]}" if contents else None
            parts.append(
                element(f"h{min(levels[group[0][0]] + first - 1, 6)}", *inner, id=name, tabindex="-1" if name else None)
            )
        elif len(group) == 1 or not structured:
            parts += [element("p", line, class_="cb-line" if len(group) > 1 else None) for line in inner]
        elif all(CELLS in document.text[start:end] for start, end in group):
            parts.append(element("div", *(element("p", line) for line in inner), class_="cb-rows"))
        else:
            numbered = all(re.match(r"\d+[.)] ", document.text[start:end]) for start, end in group)
            items = [element("li", line) for line in inner]
            parts.append(element("ul", *items, class_="cb-numbered" if numbered else None))
    return element("div", *parts, class_="cb-document", dir="auto")


def groups(text: str, low: int, high: int, levels: dict[int, int]) -> Iterator[list[tuple[int, int]]]:
    """Yield the lines (with the line ends after them) in groups: a heading, a paragraph, a list, a table."""
    lines = [match.span() for match in re.compile(r"[^\n]+\n*|\n+").finditer(text, low, high)]
    group: list[tuple[int, int]] = []
    for line, following in pairwise([*lines, (high, high)]):
        group.append(line)
        apart = text[line[0] : line[1]].endswith("\n\n")
        if apart or line[0] in levels or following[0] in levels or following[0] == high:
            yield group
            group = []


def marked(text: str, line: tuple[int, int], span: tuple[int, int], highlight: str, anchor: str | None = None) -> Html:
    """Return a line with its part of the span highlighted."""
    start, end = max(line[0], span[0]), min(line[1], span[1])
    if start >= end:
        return escape(text[line[0] : line[1]])
    inside = element(highlight, text[start:end], class_="cb-target", id=anchor if start == span[0] else None)
    return join([text[line[0] : start], inside, text[end : line[1]]])
