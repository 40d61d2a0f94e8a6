"""Whether the case studies say what their fact sheets say, no less and no more: ``python -m tests.corpus_check``.

A sheet lives in ``../shared/facts`` under the slug of its page. Three things are compared, all of them exact: the
numbers, the dates and the names (words with a capital). What a page holds must stand in its sheet; what a fact
holds must stand together in one paragraph of its page.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.schema import Document
from assistant.sentences import split_sentences
from ingest.readers import Reading, read

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "corpus"
FACTS = ROOT.parent / "shared" / "facts"
COVERED = 0.95
LONGEST_SENTENCE = 40

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_FACT = re.compile(r"^- (F\d+)\. (.*?) \[([A-Z]+\d+), section: .*\]$", re.M)
_SOURCE = re.compile(r"^- \*\*([A-Z]+\d+)\*\* (?:<([^>]+)>)?", re.M)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_DATE = re.compile(rf"\b(?:\d{{1,2}} )?(?:{_MONTHS})(?: (?:19|20)\d\d)?\b")
_CAPITALS = re.compile(r"[^\W\d_][\w’'&]*(?:-[^\W\d_][\w’']*)*")
_WORD = re.compile(r"[^\W_]+")
_SPELLED = {
    word: str(number)
    for number, word in enumerate("zero - two three four five six seven eight nine ten eleven twelve".split())
} | {"thirteen": "13", "fourteen": "14", "fifteen": "15", "first": "1", "second": "2", "third": "3", "fourth": "4"}

# Words of ours that begin a heading or a sentence and stand in no sheet.
OURS = frozenset({"Glossary", "Pace", "Profile", "Smaller", "Validating", "Workers"})
# What the glossary, which has no sheet, explains beyond the sheets.
GLOSSARY_ONLY = frozenset({"DNA", "MDT", "RTT", "Q1"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a sheet and the key of the source that it rests on."""

    id: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or list of a page, what else is in view there (headings, introduction), and its source marks."""

    text: str
    view: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a fact is held by its page: what is missing from the paragraph that holds most of it."""

    fact: Fact
    missing: tuple[str, ...]
    paragraph: Paragraph

    @property
    def met(self) -> bool:
        """Whether all of it stands together."""
        return not self.missing


def plain(text: str) -> str:
    """Return a text for comparing: one space, straight quotes, hyphens for dashes, no thousands commas."""
    text = text.replace("’", "'").replace("‘", "'").replace("–", "-").replace("—", "-").replace("\u00a0", " ")
    return " ".join(re.sub(r"(?<=\d),(?=\d{3})", "", text).split())


@cache
def numbers(text: str) -> frozenset[str]:
    """Return the figures of a text, those in words up to fifteen included."""
    text = plain(text)
    found = {match.group().replace(",", "").rstrip(".") for match in _NUMBER.finditer(text)}
    return frozenset(found) | {_SPELLED[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _SPELLED}


@cache
def dates(text: str) -> frozenset[str]:
    """Return the dates of a text that have a month, as written; "May" alone is a verb too."""
    return frozenset(match.group() for match in _DATE.finditer(plain(text))) - {"May", "March"}


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[start:end] for start, end in split_sentences(text)]


@cache
def names(text: str) -> frozenset[str]:
    """Return the words of a text that have a capital, but for one that only begins a sentence."""
    found: set[str] = set()
    for sentence in sentences_of(text):
        words = list(_CAPITALS.finditer(plain(sentence)))
        for place, match in enumerate(words):
            word = match.group().removesuffix("'s").removesuffix("'")
            begins = place == 0 or plain(sentence)[: match.start()].rstrip()[-1:] in ":;"
            if not word[0].isupper() or (begins and (len(word) == 1 or word.lower() in _plain_words())):
                continue
            found.add(word)
    return frozenset(found)


@cache
def words(text: str) -> frozenset[str]:
    """Return the words of a text in small letters."""
    return frozenset(word.lower() for word in _WORD.findall(plain(text)))


def sheet(slug: str) -> str:
    """Return the fact sheet of a page."""
    return (FACTS / f"{slug}.md").read_text(encoding="utf-8")


def support(slug: str) -> str:
    """Return what a page may say: its sheet; for the glossary all of them."""
    if slug != "glossary":
        return sheet(slug)
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(FACTS.glob("*.md")))


def facts(text: str) -> tuple[Fact, ...]:
    """Return the facts of a sheet."""
    return tuple(Fact(match[1], match[2], match[3]) for match in _FACT.finditer(text))


@cache
def page(slug: str) -> Reading:
    """Return a page as ingest reads it."""
    return read((CORPUS / f"{slug}.md").read_bytes(), f"{slug}.md")


@cache
def _long_forms() -> Mapping[str, str]:
    """Return the glossary: abbreviation → what it is short for, in small letters."""
    lines = re.findall(r"^- ([^:]+): ([^.\n]+)", (CORPUS / "glossary.md").read_text(encoding="utf-8"), re.M)
    return {short.lower(): plain(long).lower() for short, long in lines}


@cache
def spelled_out(text: str) -> str:
    """Return a text with the other form behind each abbreviation and each long form that it holds."""
    small = plain(text).lower()
    held = set(_WORD.findall(small))
    return " ".join(
        [plain(text), *(long for short, long in _long_forms().items() if short in held)]
        + [short for short, long in _long_forms().items() if long in small]
    )


@cache
def _plain_words() -> frozenset[str]:
    """Return the words that the pages and their sheets write in small letters."""
    small = re.compile(r"(?<![\w/.-])[a-z][a-z'-]*\b(?![/.]\w)")  # and no part of an address
    texts = [page(slug).documents[0].text for slug in slugs()]
    texts += [path.read_text(encoding="utf-8") for path in FACTS.glob("*.md")]
    return frozenset({"he", "she"}).union(*(small.findall(plain(text)) for text in texts))


def paragraphs(document: Document) -> Iterator[Paragraph]:
    """Yield each paragraph and each list of a page."""
    before = ""
    start = 0
    headings = {heading.start for heading in document.headings}
    for text in document.text.split("\n\n"):
        end = start + len(text)
        if start not in headings:
            view = " ".join(document.heading_path(start))
            marks = [mark for mark in document.marks if mark.start < end and start < mark.end]
            keys = frozenset(key for mark in marks for key in mark.keys)
            yield Paragraph(text, f"{before} {view}" if before.endswith(":") else view, keys)
        before = text
        start = end + 2


def missing(fact: Fact, document: Document, paragraph: Paragraph) -> tuple[str, ...]:
    """Return the numbers, dates and names of a fact that a paragraph does not hold."""
    in_view = f"{paragraph.text} {paragraph.view}"
    held = spelled_out(in_view)
    whose = spelled_out(" ".join((document.title, document.metadata.collaborative, *document.metadata.aliases)))
    lacks = sorted(numbers(fact.text) - numbers(held))
    lacks += sorted(date for date in dates(fact.text) if date not in plain(in_view))
    known = words(held) | words(whose)
    lacks += sorted(name for name in names(fact.text) if not words(spelled_out(name)) & known)
    return tuple(lacks)


@cache
def coverage(slug: str) -> tuple[Coverage, ...]:
    """Return how each fact of a sheet is held by its page: by the paragraph that lacks least, of its source first."""
    document = page(slug).documents[0]
    held = list(paragraphs(document))
    found = []
    for fact in facts(sheet(slug)):
        content = words(fact.text)
        rows = [Coverage(fact, missing(fact, document, paragraph), paragraph) for paragraph in held]
        found.append(
            min(
                rows,
                key=lambda row: (
                    len(row.missing),
                    fact.source not in row.paragraph.keys,
                    -len(content & words(row.paragraph.text)),
                ),
            )
        )
    return tuple(found)


def unsupported(slug: str) -> list[str]:
    """Return the numbers, dates and names of a page, front matter included, that its sheet does not hold."""
    own = OURS | (GLOSSARY_ONLY if slug == "glossary" else frozenset())
    front = (CORPUS / f"{slug}.md").read_text(encoding="utf-8").split("\n---\n", 1)[0]
    front = re.sub(r"(?m)^reviewed: .*$", "", front)  # our own doing, which no sheet can hold
    return not_held(page(slug).documents[0].text, front, support(slug), own)


def not_held(text: str, front: str, says: str, own: frozenset[str] = OURS) -> list[str]:
    """Return the numbers and dates of a text and its front matter, and the text's names, that a sheet does not hold."""
    held = spelled_out(says)
    lacks = sorted((numbers(text) | numbers(front)) - numbers(held))
    lacks += sorted(date for date in dates(text) | dates(front) if date not in held)
    known = words(held) | {word.removesuffix("s") for word in words(held)}
    lacks += sorted(name for name in names(text) - own if not {w.removesuffix("s") for w in words(name)} <= known)
    run = " ".join(_WORD.findall(held.replace("NHS FT", "NHS Foundation Trust").lower()))
    return lacks + sorted(name for name in set(_name_runs(text)) if not _is_held(name, f" {run} "))


def _name_runs(text: str) -> Iterator[str]:
    """Yield the names of several words: "Sir David Nicholson"."""
    for sentence in map(plain, sentences_of(text)):
        for match in re.finditer(r"[A-Z][\w&-]*(?: [A-Z][\w&-]*)+", sentence):
            parts = match.group().split()
            begins = sentence[: match.start()].rstrip()[-1:] in ("", ":", ";")
            if begins and (parts[0].lower() in _plain_words() or parts[0] in OURS):
                parts = parts[1:]
            if len(parts) > 1:
                yield " ".join(parts)


def _is_held(name: str, run: str) -> bool:
    """Whether a name stands in a sheet as one run, or as two of which one is an abbreviation or has two words."""
    parts = name.split()

    def stands(piece: list[str]) -> bool:
        return f" {' '.join(_WORD.findall(' '.join(piece).lower()))} " in run

    return stands(parts) or any(
        stands(parts[:at]) and stands(_singular(parts[at:]))
        for at in range(1, len(parts))
        if at > 1 or len(parts) - at > 1 or any(re.fullmatch(r"[A-Z]{2,}s?", part) for part in parts)
    )


def _singular(parts: list[str]) -> list[str]:
    """Return a name without its plural: "ICBs", "Project Support Workers"."""
    return [*parts[:-1], parts[-1].removesuffix("s")]


def sheet_sources(slug: str) -> dict[str, str]:
    """Return the sources of a sheet: key → address, empty where it is not known."""
    return {match[1]: match[2] or "" for match in _SOURCE.finditer(sheet(slug))}


def long_sentences(slug: str) -> list[str]:
    """Return the sentences of a page that are longer than they may be; a list item is a sentence."""
    return [s for s in sentences_of(page(slug).documents[0].text) if len(s.split()) > LONGEST_SENTENCE]


def slugs() -> list[str]:
    """Return the pages of the corpus, without ending."""
    return sorted(path.stem for path in CORPUS.glob("*.md"))


def main() -> int:
    """Print the coverage by page, and every fact that is not covered."""
    below = 0
    for slug in slugs():
        if slug == "glossary":
            continue
        rows = coverage(slug)
        met = sum(row.met for row in rows)
        below += met < COVERED * len(rows)
        sys.stdout.write(f"{slug}: {met} of {len(rows)} facts ({met / len(rows):.0%})\n")
        for row in rows:
            if not row.met:
                sys.stdout.write(f"  {row.fact.id} lacks {', '.join(row.missing)}: {row.fact.text}\n")
            elif row.fact.source not in row.paragraph.keys:
                sys.stdout.write(f"  {row.fact.id} is not marked {row.fact.source}: {row.paragraph.text}\n")
        sys.stdout.writelines(f"  not in the sheet: {name}\n" for name in unsupported(slug))
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
