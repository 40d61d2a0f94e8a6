"""Candidates → the sentences of an answer: which, how many, in what order, each bound to its span.

Nothing is written here: every sentence is a verbatim slice of a document.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from assistant.agreement import NEAR, adds_no_figure, newest_first, rivals
from assistant.evidence import Candidate
from assistant.further import LIMIT, MAX_SENTENCES, SHARE, is_inside, taken
from assistant.listings import Listing, block_at, listing_at, sentence_behind
from assistant.question import Asked
from assistant.schema import Document, Hit
from assistant.sentences import split_sentences

MAX_LIST_ITEMS = 12
# A list of which this share of the items is chosen is shown whole, where on the average they are so likely to answer,
# measured by the sentences chosen beside them.
_MOST, _AS_LIKELY = 0.5, 0.5
# A sentence that gives the number of things and does not name them: what follows does.
_ANNOUNCES = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2}) (?:[a-z-]+ ){0,2}?"
    r"(?:priorities|aims|goals|lessons|messages|changes|reasons|things|problems|difficulties|challenges|principles"
    r"|objectives|strands|themes|areas|parts|steps|factors|benefits|proposals|recommendations|options|questions)\b",
    re.I,
)
# A sentence that begins so says of something that the one before it names.
_LEANS = re.compile(
    r"(?:It|Its|They|Their|He|His|She|Her|This|These|Those|Both|Each|Such)\b"
    r"|(?:(?:Besides|Apart from|As well as|After|Before|During) [^,.]{1,60}, t|T)he "
    r"(?:trust|hub|network|scheme|centre|committee|project|service|survey|review|summit|conference|workshop|pilot)"
    r"(?:['’]s)?\b"
    r"(?! (?:of|in|at|for|that|which|on|to)\b)"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence to be shown: where it stands, and the hit it was found in.

    ``differs`` means that it gives another figure than one that answers as surely; ``also`` are the places that say
    the same, which are cited and not shown.
    """

    document: Document
    hit: Hit
    start: int
    end: int
    differs: bool = False
    also: tuple["Span", ...] = ()

    @property
    def text(self) -> str:
        """The verbatim slice."""
        return self.document.text[self.start : self.end]


def manner(asked: Asked) -> str:
    """Return which kind of answer a question wants: fact, list, how or plain."""
    if asked.is_list:
        return "list"
    if asked.wants and not asked.is_how_or_why:
        return "fact"
    return "how" if asked.is_how_or_why else "plain"


def choose(
    asked: Asked,
    candidates: Sequence[Candidate],
    stems: Callable[[str], Iterable[str]],
    *,
    limit: int = MAX_SENTENCES,
) -> list[Span]:
    """Return the sentences that answer one question from one body of evidence, in reading order.

    ``candidates`` come best first and hold at least one that is no gap; at most ``limit`` are taken (an
    introduced list counts as one).
    """
    stated = [candidate for candidate in candidates if not candidate.is_gap]
    kind = manner(asked)
    if kind == "fact":  # of nearly equal sentences, one that holds the type of fact comes first
        near = NEAR * stated[0].score
        stated = sorted(stated, key=lambda c: (not (c.fits and c.score >= near), -c.score, c.document.id, c.start))
    best = stated[0]
    if kind == "list" and (listed := _whole_list(stated)):
        return listed
    chosen, told_too = taken(stated, kind, limit, stems)
    if kind == "list" and (listed := _nearly_whole_list(chosen)):
        return listed
    other = rivals(chosen, asked) if kind == "fact" else []
    if kind == "fact" and not other:
        first, twins = chosen[0], [too for _, too in told_too]
        others = [c for c in stated if c is not first and c not in twins and c.score >= SHARE[kind] * first.score]
        told_too += [(first, c) for c in others if adds_no_figure(c, first, asked)]
        chosen = [c for c in chosen if not any(c is too for _, too in told_too)]
    lead = newest_first(other) or [best for best in chosen[:1] if _may_lead(best, kind)]
    section = best.hit.passage.heading_path

    def reading_order(candidate: Candidate) -> tuple[bool, str, bool, int]:
        """Return what puts the best sentence's document and section first, then all as they stand."""
        elsewhere = candidate.hit.passage.heading_path != section
        return candidate.document.id != best.document.id, candidate.document.id, elsewhere, candidate.start

    rest = sorted((c for c in chosen if c not in lead), key=reading_order)
    spans = [_span(c, [too for one, too in told_too if one is c], differs=c in other) for c in [*lead, *rest]]
    few = kind == "fact" or limit < LIMIT["plain"]  # a fact, or a sentence or two, leave no room for what is announced
    return _with_lists(_with_subjects(spans if few else _with_announced(spans)))


def _may_lead(best: Candidate, kind: str) -> bool:
    """Whether the best sentence comes before what stands above it: how and why are told in the document's order."""
    if kind in ("fact", "how"):
        return kind == "fact"
    return listing_at(best.document, best.start) is None and not _LEANS.match(best.text)


def _span(candidate: Candidate, told_too: Sequence[Candidate], *, differs: bool) -> Span:
    """Return the span of a sentence, with those of its document that say the same."""
    also = [c for c in told_too if c.document.id == candidate.document.id]
    places = tuple(Span(c.document, c.hit, c.start, c.end) for c in also)
    return Span(candidate.document, candidate.hit, candidate.start, candidate.end, differs, places)


def _with_subjects(spans: Sequence[Span]) -> list[Span]:
    """Put in front of a sentence that begins with "It" or "They" the one before it, which says who that is."""
    shown: list[Span] = []
    places = {(span.document.id, span.start) for span in spans}
    for span in spans:
        text = span.document.text
        before = [
            s for s in split_sentences(text, block_at(text, span.start)[0], span.start) if text[slice(*s)].strip()
        ]
        leans = _LEANS.match(span.text) and not span.text.endswith(":")
        if leans and before and (span.document.id, before[-1][0]) not in places:
            places.add((span.document.id, before[-1][0]))
            shown.append(Span(span.document, span.hit, *before[-1]))
        shown.append(span)
    return shown


def _with_announced(spans: Sequence[Span]) -> list[Span]:
    """Put behind a sentence that gives the number of things, and names none, the one that follows it."""
    shown: list[Span] = []
    places = {(span.document.id, span.start) for span in spans}
    for span in spans:
        shown.append(span)
        found = _ANNOUNCES.search(span.text)
        names_none = found and span.text[found.end() :].count(",") < 2 and not span.text.endswith(":")
        behind = sentence_behind(span.document, span.end) if names_none else None
        if behind and (span.document.id, behind[0]) not in places:
            places.add((span.document.id, behind[0]))
            shown.append(Span(span.document, span.hit, *behind))
    return shown


def _whole_list(stated: Sequence[Candidate]) -> list[Span]:
    """Return the list that the best evidence stands in or introduces, whole; none where it only looks like it."""
    best = stated[0]
    for candidate in stated[:3]:
        listing = listing_at(candidate.document, candidate.start)
        if (
            listing is None
            or candidate.document.metadata.type == "glossary"
            or candidate.score < 0.85 * best.score
            or candidate.words < 0.6 * best.words
        ):
            continue
        inside = [c for c in stated[:10] if is_inside(c, candidate.document, listing)]
        introduced = listing.intro is not None and listing.intro[0] == candidate.start
        if introduced or len(inside) >= 2:
            return _list_spans(candidate, listing)
    return []


def _nearly_whole_list(chosen: Sequence[Candidate]) -> list[Span]:
    """Return the list, whole, of which most items were chosen, unless what else was chosen answers far better."""
    for candidate in chosen:
        listing = listing_at(candidate.document, candidate.start)
        if listing is None or candidate.document.metadata.type == "glossary":
            continue
        inside = [c for c in chosen if is_inside(c, candidate.document, listing)]
        others = [c.chance for c in chosen if c not in inside]
        if len(inside) < 2 or len(inside) < _MOST * len(listing.items):
            continue
        if not others or fmean(c.chance for c in inside) >= _AS_LIKELY * fmean(others):
            return _list_spans(candidate, listing)
    return []


def _list_spans(candidate: Candidate, listing: Listing) -> list[Span]:
    spans = [] if listing.intro is None else [Span(candidate.document, candidate.hit, *listing.intro)]
    for start, end in listing.items[:MAX_LIST_ITEMS]:
        spans.extend(
            Span(candidate.document, candidate.hit, s, e)
            for s, e in split_sentences(candidate.document.text, start, end)
        )
    return spans


def _with_lists(spans: Sequence[Span]) -> list[Span]:
    """Never show an introduction without its list."""
    shown: list[Span] = []
    for span in spans:
        if any(span.document.id == s.document.id and (span.start, span.end) == (s.start, s.end) for s in shown):
            continue
        shown.append(span)
        listing = listing_at(span.document, span.start) if span.text.endswith(":") else None
        if listing is not None and listing.intro == (span.start, span.end):
            shown.extend(Span(span.document, span.hit, *item) for item in listing.items[:MAX_LIST_ITEMS])
    return shown
