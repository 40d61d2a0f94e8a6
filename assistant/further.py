"""Which sentences stand in an answer beside the best one: how many, how good, and none that says the same again."""

from collections.abc import Callable, Iterable, Sequence

from assistant.agreement import alike, bears_out
from assistant.evidence import Candidate
from assistant.listings import Listing, listing_at
from assistant.readings import logit_of
from assistant.schema import Document
from assistant.sentences import split_sentences

MAX_SENTENCES = 6
LIMIT = {"fact": 3, "how": MAX_SENTENCES, "list": MAX_SENTENCES, "plain": 3}
# A further sentence is taken while its score is this share of the best one's.
SHARE = {"fact": 0.68, "how": 0.48, "list": 0.6, "plain": 0.78}
# Of another document than the best sentence's, which may be about another body, only what scores nearly as much.
_ELSEWHERE = 0.95
# Of another section, beside a fact or a how and why, only what scores so near: of the rest one in twenty belonged.
_OTHER_SECTION = {"fact": 0.85, "how": 0.93, "list": 0.0, "plain": 0.0}
# The least chance to answer of a second sentence and any further one.
_SURE_ENOUGH = {"fact": 0.05, "how": 0.1, "list": 0.02, "plain": 0.015}
# The logit that a further sentence belongs: of the reader's logit of it, that of the best one, whether both stand in
# one passage, its share of the best one's score, a constant. Fitted to 302 questions of which every passage that was
# likely was judged, ``dev`` and ``fresh``; how little is enough was chosen on the last two
# (tests/bench/results/answer-quality.md).
_OWN, _BEST, _TOGETHER, _SHARED, _CONSTANT = 0.55, -0.25, 2.3, 1.5, -3.2
_BELONGS = {"how": -2.5, "list": -1.5}
# Beside a fact, the least share of the best one's chance; beside a how or why that the reader takes for an answer
# (_TOLD), what it must say of a further sentence: of those under it one in seven belonged.
_AS_LIKELY = 0.4
_HARDLY, _TOLD = 0.15, 0.7
# A share of the best one's score at which the two are as good, whatever the reader says.
_AS_GOOD = 0.93
# A list is long: its items must, on the average, score this share of the best sentence.
_ITEMS_SHARE = 0.4


def taken(
    stated: Sequence[Candidate], kind: str, most: int, stems: Callable[[str], Iterable[str]]
) -> tuple[list[Candidate], list[tuple[Candidate, Candidate]]]:
    """Return at most so many sentences, best first, and those that were left out for saying the same as one of them.

    ``stated`` come best first and are no gaps.
    """
    most = min(most, LIMIT[kind])
    best = stated[0]
    chosen: list[Candidate] = []
    told_too: list[tuple[Candidate, Candidate]] = []
    covered: set[tuple[str, int]] = set()
    for candidate in stated:
        if len(chosen) >= most or candidate.score < SHARE[kind] * best.score:
            break
        if twin := next((other for other in chosen if alike(candidate.text, other.text, stems)), None):
            told_too += [(twin, candidate)] if bears_out(candidate, twin, stems) else []
            continue
        if candidate.document.id != best.document.id and candidate.score < _ELSEWHERE * best.score:
            continue  # what another document says may well be about another body
        if candidate.score < _OTHER_SECTION[kind] * best.score and _section(candidate) != _section(best):
            continue
        if chosen and not (candidate.chance >= _SURE_ENOUGH[kind] and _belongs(candidate, best, kind)):
            continue  # it shares words with the question, and that is all
        listing = listing_at(candidate.document, candidate.start)
        if (candidate.document.id, candidate.start) in covered:
            continue
        if candidate.text.endswith(":") and not _worth_listing(candidate, listing, stated, best.score):
            continue
        if candidate.text.endswith(":") and any(c.text.endswith(":") for c in chosen):
            continue
        chosen.append(candidate)
        if listing is not None and candidate.text.endswith(":"):
            inner = [s for item in listing.items for s, _ in split_sentences(candidate.document.text, *item)]
            covered.update((candidate.document.id, start) for start in inner)
            chosen = [c for c in chosen if (c.document.id, c.start) not in covered]
    return chosen or [best], told_too


def _section(candidate: Candidate) -> tuple[str, ...]:
    return candidate.document.heading_path(candidate.start)


def _belongs(candidate: Candidate, best: Candidate, kind: str) -> bool:
    """Whether a sentence says more of what is asked, for the reader or by its place, and not of the matter only."""
    share = candidate.score / best.score
    if kind == "fact" and candidate.chance < _AS_LIKELY * best.chance:
        return False
    if kind == "how" and best.reads is not None and best.reads >= _TOLD and (candidate.reads or 0.0) < _HARDLY:
        return False
    if kind not in _BELONGS or best.reads is None or share >= _AS_GOOD:
        return True
    if candidate.reads is None:
        return False
    said = _OWN * logit_of(candidate.reads) + _BEST * logit_of(best.reads)
    near = _TOGETHER * (candidate.hit.passage.id == best.hit.passage.id)
    return said + near + _SHARED * share + _CONSTANT >= _BELONGS[kind]


def _worth_listing(intro: Candidate, listing: Listing | None, stated: Sequence[Candidate], best: float) -> bool:
    """Whether the items that a sentence introduces are about what is asked, and not the introduction only."""
    if listing is None or not listing.items:
        return False
    inside = [candidate.score for candidate in stated if is_inside(candidate, intro.document, listing)]
    return sum(inside) / len(listing.items) >= _ITEMS_SHARE * best


def is_inside(candidate: Candidate, document: Document, listing: Listing) -> bool:
    """Whether a sentence stands in an item of a list."""
    return candidate.document.id == document.id and any(s <= candidate.start < e for s, e in listing.items)
