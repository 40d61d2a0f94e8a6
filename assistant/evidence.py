"""(question, hits) → candidate sentences with scores: the evidence that an answer is made of.

A sentence's score sums what it shares with the question in meaning (cosine, bodies' names left out, which every
sentence on a body shares) and in rare words (IDF-weighted coverage by stems, headings counting for part), the score
of its passage, and whether it holds the type of fact that is asked for.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.figures import FACT
from assistant.question import Asked
from assistant.readings import Readings, chance_of, logit_of, sentences_of
from assistant.schema import Document, Hit
from assistant.sentence_vectors import SentenceVectors

PASSAGES = 12
# What the reader's logits, of a sentence and of its passage, add to a sentence's score.
SENTENCE_LOGIT, PASSAGE_LOGIT = 0.04, 0.01
# A sentence's chance to answer: the logistic of (weight of its base score, weight of the reader's logits, constant),
# fitted to the half ``dev`` of tests/questions with an earlier reader; without it the base score alone.
READ, UNREAD = (3.7, 0.36, -3.0), (10.6, 0.0, -7.3)
# What the reader is taken to say of a passage that it did not read, and of its sentences; the least score of one.
_NOT_READ, _LEAST = -4.0, 0.001
MEANING, WORDS, SECTION, PASSAGE, FITS = 0.42, 0.23, 0.2, 0.07, 0.08
# What a sentence gains that stands in a section where an earlier part of the question found its answer.
BESIDE = 0.15
# A cosine, and a word of the reader, from which a sentence may count things in other words than the question's.
_SURE, _TOLD = 0.6, 0.4
_HEADING_SHARE = 0.6
_NEIGHBOUR_SHARE = 0.35
_GAPS = re.compile(
    r"\bwhat .*(?:\bnot\b|n['’]t\b).*(?:say|state|cover|tell|hold)|\bnot (?:found|stated|covered)\b"
    r"|\b(?:gaps?|unknowns?|missing)\b",
    re.I,
)


# A document, and where a sentence of it starts.
Place = tuple[Document, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence that may answer: its span in the document, its score and the parts of it.

    ``chance`` is how likely it answers at all, ``base`` the score without the reader; ``reads`` and ``answers`` are
    the reader's word on the sentence and on its passage, None where it did not read.
    """

    document: Document
    hit: Hit
    start: int
    end: int
    score: float
    meaning: float
    words: float
    fits: bool
    is_gap: bool
    base: float = 0.0
    chance: float = 1.0
    reads: float | None = None
    answers: float | None = None

    @property
    def text(self) -> str:
        """The sentence, a verbatim slice."""
        return self.document.text[self.start : self.end]


def is_gap_heading(path: Sequence[str]) -> bool:
    """Whether a heading path says that what stands under it is what the sources do not say."""
    return any(_GAPS.search(title) for title in path)


class EvidenceScorer:
    """Scores the sentences of retrieved passages."""

    def __init__(
        self,
        vectors: SentenceVectors | None,
        stems: Callable[[str], tuple[str, ...]],
        frequency: Callable[[str], int],
        passages: int,
        expand: Callable[[str], tuple[str, ...]],
        readings: Readings | None = None,
    ) -> None:
        self._vectors, self._stems, self._frequency = vectors, stems, frequency
        self._readings = readings
        self._passages = max(passages, 1)
        self._expand = expand

    def rarity(self, stem: str) -> float:
        """Return the inverse document frequency of a stem (BM25's form; never below zero)."""
        count = self._frequency(stem)
        return math.log(1 + (self._passages - count + 0.5) / (count + 0.5))

    def score(
        self,
        asked: Asked,
        hits: Sequence[Hit],
        document_of: Callable[[str], Document],
        ignore: frozenset[str],
        shown: Sequence[Place] = (),
        *,
        thorough: bool = False,
    ) -> list[Candidate]:
        """Return the sentences of the best passages, best first.

        ``ignore`` holds the stems of bodies' names, which every sentence on them shares; ``shown`` are the sentences
        that answer an earlier part of the question, for what answers the next often stands in their section;
        ``thorough`` has passages read also where one of the first answers.
        """
        wanted = self._wanted(asked, ignore)
        counted = frozenset(stem for word in asked.counted for stem in self._stems(word))
        places = [
            (hit, document, span)
            for hit in hits[:PASSAGES]
            for document in [document_of(hit.passage.document_id)]
            for span in sentences_of(document, hit.passage)
        ]
        meanings = sections = np.zeros(len(places), dtype=np.float32)
        if self._vectors is not None:
            placed = [(hit.passage, document, span) for hit, document, span in places]
            meanings = self._vectors.meanings(asked.text, placed)
            sections = self._vectors.sections(asked.text, [passage for passage, _, _ in placed])
        beside = {(document.id, document.heading_path(start)) for document, start in shown}
        again = {(document.id, start) for document, start in shown}
        told = (
            {}
            if self._readings is None
            else self._readings.told(asked.text, hits[:PASSAGES], document_of, thorough=thorough)
        )
        candidates: list[Candidate] = []
        near: tuple[str, frozenset[str]] = ("", frozenset())
        for (hit, document, (start, end)), raw, section in zip(places, meanings, sections, strict=True):
            reads, answers = told.get((hit.passage.id, start), (None, None))
            own = frozenset(self._stems(document.text[start:end]))
            headings = frozenset(stem for title in hit.passage.heading_path[1:] for stem in self._stems(title))
            before = near[1] if near[0] == hit.passage.id else frozenset()
            near = (hit.passage.id, own)
            coverage = _coverage(wanted, own, headings, before)
            fits = any(FACT[want].search(document.text[start:end]) for want in asked.wants)
            if "number" in asked.wants and counted and not counted & own and raw < _SURE and (reads or 0) < _TOLD:
                fits = False
            meaning = _scaled(float(raw))
            total = MEANING * meaning + SECTION * _scaled(float(section)) + WORDS * coverage
            total += PASSAGE * min(hit.score, 1.0)
            total += FITS if fits or not asked.wants else 0.0
            if beside and (document.id, document.heading_path(start)) in beside and (document.id, start) not in again:
                total += BESIDE
            if self._readings is None:
                own_logit = its_logit = 0.0
            elif reads is None or answers is None:
                own_logit = its_logit = _NOT_READ
            else:
                own_logit, its_logit = logit_of(reads), logit_of(answers)
            raised = SENTENCE_LOGIT * own_logit + PASSAGE_LOGIT * its_logit
            candidates.append(
                Candidate(
                    document=document,
                    hit=hit,
                    start=start,
                    end=end,
                    score=round(max(total + raised, _LEAST), 6),
                    chance=_answering(total, own_logit + its_logit, READ if self._readings else UNREAD),
                    base=round(total, 6),
                    meaning=round(float(raw), 6),
                    words=round(coverage, 6),
                    fits=fits,
                    is_gap=is_gap_heading(hit.passage.heading_path),
                    reads=reads,
                    answers=answers,
                )
            )
        candidates.sort(key=lambda c: (-c.score, c.document.id, c.start))
        return candidates

    def _wanted(self, asked: Asked, ignore: frozenset[str]) -> list[tuple[float, tuple[frozenset[str], ...]]]:
        """Return the weight of each word of a question, and the sets of stems of which any one stands for it."""
        wanted = []
        for word in asked.words:
            own = frozenset(self._stems(word))
            if not own or own <= ignore:
                continue
            ways = (own, *(frozenset(self._stems(long)) for long in self._expand(word)))
            wanted.append((max(self.rarity(stem) for stem in own), ways))
        return wanted


def _answering(base: float, said: float, weights: tuple[float, float, float]) -> float:
    """Return the chance that a sentence answers, from its words and meaning and from the reader's logits."""
    return chance_of(weights[0] * base + weights[1] * said + weights[2])


def _scaled(cosine: float) -> float:
    """Return a cosine from 0 to 1: one under .1 says nothing, one over .8 nothing more."""
    return min(max((cosine - 0.1) / 0.7, 0.0), 1.0)


def _coverage(
    wanted: Sequence[tuple[float, tuple[frozenset[str], ...]]],
    own: frozenset[str],
    headings: frozenset[str],
    near: frozenset[str],
) -> float:
    """Return the share of the question's rare words that a sentence, its headings and its forerunner hold."""
    total = sum(weight for weight, _ in wanted)
    if not total:
        return 0.0
    held = 0.0
    for weight, ways in wanted:
        for stems, share in ((own, 1.0), (headings, _HEADING_SHARE), (near, _NEIGHBOUR_SHARE)):
            if any(way <= stems for way in ways):
                held += weight * share
                break
    return held / total
