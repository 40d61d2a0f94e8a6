"""Text → sentence spans: a small splitter that knows the abbreviations of NHS prose.

A newline is always a boundary (canonical text keeps one only between blocks), except where a text that
was taken as it is was wrapped by hand in mid-sentence. Spans never overlap, hold no outer white space,
and together hold every visible character.
"""

import re

Span = tuple[int, int]

_ABBREVIATIONS = frozenset("mr mrs ms dr prof sir st rev hon gen col jr sr vs etc eg ie cf al ed eds dept c ca".split())
# These end a sentence as plain words or at its end do ("the answer was no. The board …"), unless a figure follows.
_BEFORE_FIGURES = frozenset(
    "no nos vol p pp fig figs approx est min max v jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_MAY_END = frozenset("etc inc ltd co corp al am pm".split())
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|\n+")
_OPENING = re.compile(r"[\"'“‘(\[]*[A-Z0-9£$€•\-–—À-Þ]")
_WRAPPED_WIDTH = 60


def _is_boundary(text: str, match: re.Match[str], line_start: int) -> bool:
    mark = match.group()
    after = text[match.end() :].lstrip() if len(text) < 400 else text[match.end() : match.end() + 40].lstrip()
    if mark[0] == "\n":
        if len(mark) > 1:
            return True
        return not (after[:1].islower() and match.start() - line_start >= _WRAPPED_WIDTH)
    if not _OPENING.match(after):
        return False
    if mark[0] != ".":
        return True
    word = re.search(r"(\S*)$", text[max(0, match.start() - 40) : match.start()])
    before = word.group(1).lstrip("\"'“‘([") if word else ""
    bare = before.lower().replace(".", "")
    if bare in _MAY_END:  # "Ltd. The" ends where "Ltd. (2023)" does not
        return after[:1].isupper()
    if bare in _ABBREVIATIONS:
        return False
    initial = len(before) == 1 and before.isalpha() and before.isupper()
    if bare in _BEFORE_FIGURES and not initial:
        return not after[:1].isdigit()
    return not initial and not re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", before)


def split_sentences(text: str, start: int = 0, end: int | None = None) -> tuple[Span, ...]:
    """Return the sentence spans of ``text[start:end]``, as offsets into ``text``."""
    end = len(text) if end is None else end
    spans: list[Span] = []
    begin = line_start = start
    for match in _END.finditer(text, start, end):
        if _is_boundary(text, match, line_start):
            spans.append((begin, match.end()))
            begin = match.end()
        if match.group()[0] == "\n":
            line_start = match.end()
    spans.append((begin, end))
    trimmed = ((s + len(text[s:e]) - len(text[s:e].lstrip()), s + len(text[s:e].rstrip())) for s, e in spans)
    return tuple((s, e) for s, e in trimmed if s < e)
