"""Which types of fact a text holds, the figures it gives, and the date of what it rests on."""

import re
from collections.abc import Collection

from assistant.schema import Document

NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty hundred thousand million half"
).split()
FACT = {
    "money": re.compile(r"[£$€]\s?\d[\d,.]*|\bno (?:extra |new )?(?:cost|money|funding)\b|\bfree of charge\b", re.I),
    "share": re.compile(r"\d[\d,.]*\s?(?:%|per ?cent\b)|\bper ?cent\b|\b(?:half|quarters?|thirds?)\b", re.I),
    # A year is no number of things, nor is the number of a quarter or a list.
    "number": re.compile(
        rf"(?<![\w.£-])(?!(?:19|20)\d\d\b(?![,.]\d))\d[\d,.]*(?!\w*[-/]\d)\b|\b(?:{'|'.join(NUMBER_WORDS)})\b", re.I
    ),
    "date": re.compile(
        r"\b(?:19|20)\d\d\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
        r"|\b\d{1,2}/\d{1,2}/\d{2,4}\b|\b\d{1,2}(?:st|nd|rd|th)\s+century\b"
    ),
    # How long, by when, how often; and the length of a thing.
    "time": re.compile(
        rf"\b(?:\d[\d,.]*|{'|'.join(NUMBER_WORDS)}|an?|one|each|every|per|last|next|same)[\s-](?:\w+\s)?"
        r"(?:second|minute|hour|day|night|week|fortnight|month|quarter|year|decade|m\b|km\b|metre|mile)"
        r"|\b(?:19|20)\d\d\b|\b(?:daily|weekly|fortnightly|monthly|quarterly|yearly|annual(?:ly)?|once|twice)\b"
        r"|\b\d+k?m\b",
        re.I,
    ),
    "person": re.compile(
        r"\b(?:Sir|Dr|Professor|Prof|Mr|Mrs|Ms|Dame|Lord|Baroness)\b|\b[A-Z][a-z]+(?:-[A-Z][a-z]+)?(?:\s[A-Z]\.?)?\s[A-Z][a-zA-Z'’-]+\b"
    ),
    "place": re.compile(r"(?<!^)(?<![.!?:]\s)\b[A-Z][a-z]{2,}"),
}
_SCALES = {"thousand": 1e3, "k": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
# Numbers of several words, and ranges: what they come to is not worked out.
_COMPOUND = re.compile(
    rf"\b(?:{'|'.join(NUMBER_WORDS)}|one|a)[\s-]+(?:{'|'.join(NUMBER_WORDS)}|one|billion)\b|\d\s?(?:[-–]|to|and)\s?[£$€]?\d",
    re.I,
)
_VALUES = dict(zip(NUMBER_WORDS, (*range(2, 21), 30, 40, 50), strict=False))
_AMOUNT = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s?(%|per ?cent|thousand|million|billion|[kmb]n?\b)?", re.I)
# So many words behind a number, and so many letters of a word, tell what it is a number of.
_CLOSE, _STEM = 4, 5
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def figures(text: str, want: str, counted: Collection[str] = ()) -> frozenset[str]:
    """Return the figures of a kind ("money", "share", "number" or "date") in a text, each in one spelling.

    Where things are ``counted``, a number counts only with one of these words close behind it. None are returned of a
    text with a number of several words or a range.
    """
    if want == "date":
        return frozenset(_YEAR.findall(text))
    if _COMPOUND.search(text):
        return frozenset()
    found = set()
    for match in FACT[want].finditer(text):
        behind = text[match.end() :].lower().split()[:_CLOSE]
        if want == "number" and counted and not any(word[:_STEM].lower() in " ".join(behind) for word in counted):
            continue
        amount = _AMOUNT.search(text, match.start())
        if match.group().lower() in _VALUES:
            found.add(f"{_VALUES[match.group().lower()]:g}")
        elif amount is not None and amount.start() <= match.end():
            scale = _SCALES.get((amount.group(2) or "").lower(), 1)
            found.add(f"{float(amount.group(1).replace(',', '')) * scale:.10g}")
    return frozenset(found)


def newest(document: Document, start: int, end: int) -> tuple[int, int]:
    """Return year and month of the newest source that a span rests on; zeros where it is undated."""
    dates = [source.date for source in document.sources_at(start, end)] or [document.metadata.date]
    return max((_day(match, date) for date in dates for match in _YEAR.finditer(date)), default=(0, 0))


def _day(year: re.Match[str], date: str) -> tuple[int, int]:
    if iso := re.match(r"-(\d\d)", date[year.end() :]):
        return int(year.group()), int(iso[1])
    before = re.search(r"([A-Z][a-z]{2})[a-z]*\.?\s+$", date[: year.start()])
    return int(year.group()), _MONTHS.index(before[1]) + 1 if before and before[1] in _MONTHS else 0
