"""What the corpus calls things: long forms of abbreviations, spellings, and the words nearest to a typing slip.

Abbreviations are read from the documents themselves: "long form (LF)" in the text, and "LF: long form." in a
glossary. A question's words are then given the corpus' own words as alternatives.
"""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache

from assistant.schema import Document

_BRACKETED = re.compile(r"((?:[\w'’/-]+\s+){1,8})\(([A-Z][A-Za-z&/]{1,8}?)s?\)")
_GLOSSED = re.compile(r"^([A-Z][A-Za-z&/-]{1,9}): ([^.\n]+)\.", re.M)
_SMALL = frozenset("and of the for in on to a an with at by".split())
_AMERICAN = (
    (re.compile(r"(?<=[a-z]{2})([iy])z(?=(?:e[ds]?|ing|ations?|ers?)$)"), r"\1s"),
    (re.compile(r"^(theat|cent)er(?=s?$)"), r"\1re"),
    (re.compile(r"^program(?=s?$)"), "programme"),
    (re.compile(r"^(orthop|p)ed(?=iatr|ic)"), r"\1aed"),
    (re.compile(r"^gynec"), "gynaec"),
    (re.compile(r"^anesth"), "anaesth"),
    (re.compile(r"^(col|behavi|fav|lab|hon|harb)or"), r"\1our"),
)
# How counties, and a city, are shortened in writing.
_COUNTIES = {
    "lancs": "lancashire", "northants": "northamptonshire", "notts": "nottinghamshire", "staffs": "staffordshire",
    "yorks": "yorkshire", "glos": "gloucestershire", "worcs": "worcestershire", "warks": "warwickshire",
    "lincs": "lincolnshire", "leics": "leicestershire", "hants": "hampshire", "berks": "berkshire",
    "bucks": "buckinghamshire", "cambs": "cambridgeshire", "herts": "hertfordshire", "wilts": "wiltshire",
    "oxon": "oxfordshire", "brum": "birmingham",
}  # fmt: skip
# A word of so many letters may have two slips.
_LONG = 10
_LETTERS = re.compile(r"[^\W_]+")
# A part of London whose second word stands with the next part only: "South West and South East London".
_PARTS_OF_LONDON = r"(?:north|south)\s+(?:west|east|central)"
_AND = r"\s*(?:,|&|\band\b|\bor\b|\bvs\b)\s*(?:and\s+)?"
# "NW London", "NE and SE London".
_COMPASS = re.compile(rf"\b([NS])([EW])\b(?=(?:{_AND}[NS][EW]\b)*\s+london\b)", re.I)
_WINDS = {"n": "North", "s": "South", "e": "East", "w": "West"}
_PART_OF_LONDON = re.compile(rf"\b{_PARTS_OF_LONDON}(?=(?:{_AND}{_PARTS_OF_LONDON})+\s+london\b)", re.I)

# Trust that people have in each other, where every other page speaks of trusts that run hospitals.
_TRUST_BETWEEN_PEOPLE = re.compile(
    r"\b(?<!the )(?<!newly )((?:(?:re)?(?:build(?:s|ing)?|built|establish(?:ed|ing)?)|gain(?:s|ed|ing)?"
    r"|earn(?:s|ed|ing)?|wins?|winning|won|los(?:e|es|t|ing)|restor(?:e|ed|ing)|foster(?:s|ed|ing)?"
    r"|creat(?:e|es|ed|ing)|develop(?:s|ed|ing)?|grow(?:s|ing)?"
    r"|(?:lessons?|advice|says?|said|learn\w*|lack|levels?|roles?|importance|matters?|questions?) (?:of|about|on)"
    r"|(?:openness|respect|culture|confidence|honesty|goodwill|understanding) and)(?: up| more| enough| mutual| real)?)"
    r" trust(?=[?.,;:!)]|$|\s+(?:between|among|amongst|in (?:each|one)|with|before|first|and|or|so|when|while|as"
    r"|early|over|after)\b)",
    re.I,
)
_TRUSTING = re.compile(r"\btrust(ed)? (each other|one another)\b", re.I)


def _run(text: str) -> str:
    """Return the words of a text in small letters, one space around each."""
    return f" {' '.join(_LETTERS.findall(text.lower()))} "


def british(word: str) -> str:
    """Return the British spelling of a word in American spelling; any other as it is."""
    lower = word.lower()
    for pattern, replacement in _AMERICAN:
        lower = pattern.sub(replacement, lower)
    return word if lower == word.lower() else lower


class Vocabulary:
    """The words and abbreviations of a set of documents."""

    def __init__(self, documents: Iterable[Document], is_word: Callable[[str], bool] = lambda _: False) -> None:
        """Take the documents, and what tells words of the language, which are no slips where no document has them."""
        self._documents, self._is_word = tuple(documents), is_word

    @cached_property
    def abbreviations(self) -> Mapping[str, str]:
        """The long form of each abbreviation, in small letters: the one written most often."""
        seen: Counter[tuple[str, str]] = Counter()
        for document in self._documents:
            for match in _BRACKETED.finditer(document.text):
                if long_form := _long_form(match.group(1).split(), match.group(2)):
                    seen[match.group(2).lower(), long_form] += 1
            if document.metadata.type == "glossary":
                for short, long in _GLOSSED.findall(document.text):
                    seen[short.lower(), re.sub(r"\s*\(.*?\)", "", long).lower()] += 1
        forms: dict[str, str] = {}
        for (short, long), _ in sorted(seen.items(), key=lambda item: (-item[1], item[0])):
            forms.setdefault(short, long)
        return forms

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the corpus, and of its bodies' regions, in small letters."""
        texts = (text.lower() for document in self._documents for text in (document.text, document.metadata.region))
        return frozenset(word for text in texts for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text))

    @lru_cache(maxsize=4096)  # noqa: B019 - one vocabulary lives as long as its generation
    def nearest(self, word: str) -> str | None:
        """Return the corpus' word for a slip of typing, or None where none is near enough."""
        lower = word.lower()
        if len(lower) < 5 or lower in self.words or not lower.isalpha() or self._is_word(lower):
            return None
        same_start = [known for known in self.words if known[0] == lower[0] and abs(len(known) - len(lower)) <= 2]
        near = [
            known
            for known in difflib.get_close_matches(lower, sorted(same_start), n=5, cutoff=0.8)
            if _slips(lower, known) <= (2 if len(lower) >= _LONG else 1)
        ]
        found = near[0] if near else None
        # Another form of a known word is no slip: stems meet by themselves.
        return None if found and (found.startswith(lower) or lower.startswith(found)) else found

    def corrected(self, text: str) -> str:
        """Return a question with American spellings, slips and short names of counties as the corpus writes them."""

        def correct(match: re.Match[str]) -> str:
            word = match.group()
            if word.isupper() or word.lower() in self.words:
                return word
            spelled = _COUNTIES.get(word.lower()) or british(word)
            better = spelled if spelled.lower() in self.words else self.nearest(word)
            if better is None:
                return word
            return better.capitalize() if word[0].isupper() else better

        if "relationship" not in text.lower():
            text = _TRUST_BETWEEN_PEOPLE.sub(r"\1 trusting relationships", text)
            text = _TRUSTING.sub(lambda m: f"{'had' if m[1] else 'have'} trusting relationships with {m[2]}", text)
        parts = _COMPASS.sub(lambda found: " ".join(_WINDS[wind.lower()] for wind in found.groups()), text)
        return re.sub(r"[^\W\d_]{4,}", correct, _PART_OF_LONDON.sub(r"\g<0> London", parts))

    def expanded(self, text: str, is_rare: Callable[[str], bool] = lambda _: True) -> str:
        """Return a question with the long forms of its rare abbreviations, and the short forms of what it writes out.

        An abbreviation that many passages have finds them by itself: its long form would only draw others.
        """
        words = [word for word in _LETTERS.findall(text) if is_rare(word)]
        more = [long for word in words for long in self.long_forms(word) if _run(long) not in _run(text)]
        more += [short.upper() for short in self.shortened(text) if _run(short) not in _run(text)]
        return f"{text} ({'; '.join(dict.fromkeys(more))})" if more else text

    def long_forms(self, word: str) -> tuple[str, ...]:
        """Return what an abbreviation stands for; a word that is also a plain one counts in capitals only."""
        plain = word.lower()
        if not word[:-1].isupper() and plain in self.words:
            return ()
        long = self.abbreviations.get(plain) or self.abbreviations.get(plain.removesuffix("s"))
        return (long,) if long else ()

    def shortened(self, text: str) -> tuple[str, ...]:
        """Return the abbreviations of the long forms that a text writes out."""
        folded = _run(text)
        return tuple(short for short, long in self.abbreviations.items() if _run(long) in folded)

    def is_strange(self, word: str) -> bool:
        """Whether a capitalised word of a name is neither in the corpus nor near to, nor short for, a word there."""
        lower = word.lower()
        if len(lower) < 4 or word.isupper() or not lower.isalpha() or lower in self.words:
            return False
        return self.corrected(word) == word and not any(known.startswith(lower) for known in self.words)


def _slips(one: str, other: str) -> int:
    """Return the number of letters left out, put in, mistaken or swapped with their neighbour between two words."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, known in enumerate(other, start=1):
            slips = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != known))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == known:
                slips = min(slips, before[j - 2] + 1)
            row.append(slips)
        before, last = last, row
    return last[-1]


def _long_form(words: list[str], short: str) -> str:
    """Return the last words whose initials spell an abbreviation, small words counting if they must, or ""."""
    letters = [letter for letter in short.lower() if letter.isalpha()]
    for skip in (_SMALL, frozenset[str]()):
        at = len(letters) - 1
        for start in range(len(words) - 1, -1, -1):
            parts = [part for part in re.split(r"[-/]", words[start].lower()) if part]
            for part in reversed(parts):
                if part in skip:
                    continue
                if at < 0 or part[0] != letters[at]:
                    at = -2
                    break
                at -= 1
            if at == -2:
                break
            if at == -1:
                return " ".join(words[start:]).lower()
    return ""
