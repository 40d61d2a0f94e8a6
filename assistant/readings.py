"""What the evidence reader says of a question's passages: kept for a while, and turned into a new order of them."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.index import SCORE_DIGITS
from assistant.reader import Reader, Reading, prefix
from assistant.retriever import place
from assistant.schema import Document, Hit, Passage
from assistant.sentences import Span, split_sentences

# So many passages are read of a question. Each costs its time, and what comes later rarely answers and sometimes seems
# to: with ten a little more is found, and more answered that has no answer (``tests/bench/results/answer-quality.md``).
READ_PASSAGES = 7
# So many first; the others only where none of them is so likely to answer. It spares a third of the reading, and what
# was not read beside an answer does not come between.
FIRST_READ, _LIKELY = 3, 0.7
# What a step of the reader's logit of a passage, counted from the least there is, adds to its score in the ranking.
RANKS = 0.03
KEPT_READINGS = 2_000

DocumentOf = Callable[[str], Document]


def chance_of(logit: float) -> float:
    """Return the chance of a logit."""
    return round(1 / (1 + math.exp(-logit)), 6)


def logit_of(chance: float) -> float:
    """Return the logit of a chance, neither end endless."""
    kept = min(max(chance, 0.001), 0.999)
    return math.log(kept / (1 - kept))


def sentences_of(document: Document, passage: Passage) -> list[Span]:
    """Return the sentence spans of a passage, headings left out."""
    headings = {(heading.start, heading.end) for heading in document.headings}
    spans = split_sentences(document.text, passage.start, passage.end)
    return [span for span in spans if span not in headings]


def _before_reading(hit: Hit) -> float:
    """Return a hit's score without what the reader added to it."""
    return round(hit.score - _raise(hit.why["reader"]), SCORE_DIGITS) if "reader" in hit.why else hit.score


def _raise(chance: float) -> float:
    """Return what the chance that a passage answers adds to its score."""
    return RANKS * (logit_of(chance) - logit_of(0.0))


class Readings:
    """Has passages read; what was read for a question is remembered, for ranking and choosing both ask."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], Reading] = OrderedDict()

    def told(
        self, question: str, hits: Sequence[Hit], document_of: DocumentOf, *, thorough: bool = False
    ) -> dict[tuple[str, int], tuple[float, float]]:
        """Return, by passage id and start of a sentence, the chances that it and its passage answer, where read.

        ``thorough`` reads on where an answer is found: what answers one part of a question may hide another's.
        """
        return {
            (hit.passage.id, start): (chance_of(logit), chance_of(reading.answers))
            for hit, reading in self._best_read(question, hits, document_of, thorough=thorough)
            for (start, _), logit in zip(
                sentences_of(document_of(hit.passage.document_id), hit.passage), reading.sentences, strict=True
            )
        }

    def ranked(self, question: str, hits: Sequence[Hit], document_of: DocumentOf) -> tuple[Hit, ...]:
        """Return hits in a new order: the first ones raised by how much the reader takes each for an answer."""
        chances = {
            hit.passage.id: chance_of(reading.answers) for hit, reading in self._best_read(question, hits, document_of)
        }
        raised = [
            replace(hit, score=round(hit.score + _raise(chance), SCORE_DIGITS), why={**hit.why, "reader": chance})
            if (chance := chances.get(hit.passage.id)) is not None
            else hit
            for hit in hits
        ]
        every = sorted(raised, key=lambda hit: (-hit.score, place(hit.passage.id)))
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(every, start=1))

    def _best_read(
        self, question: str, hits: Sequence[Hit], document_of: DocumentOf, *, thorough: bool = False
    ) -> list[tuple[Hit, Reading]]:
        """Read the hits that were best before any was read, until one likely answers."""
        best = sorted(hits, key=lambda hit: (-_before_reading(hit), place(hit.passage.id)))[:READ_PASSAGES]
        done: list[Reading] = []
        for few in (best[:FIRST_READ], best[FIRST_READ:]):
            if thorough or not any(chance_of(one.answers) >= _LIKELY for one in done):
                done += self.read([(question, hit) for hit in few], document_of)
        return list(zip(best, done, strict=False))

    def read(self, asked: Sequence[tuple[str, Hit]], document_of: DocumentOf) -> list[Reading]:
        """Return what is read of each hit for its question: of all at once, so that every processor is busy."""
        keys = [(question, hit.passage.id) for question, hit in asked]
        with self._lock:  # several questions may be answered at once
            known = {key: self._kept[key] for key in keys if key in self._kept}
        missing = {key: hit for key, (_, hit) in zip(keys, asked, strict=True) if key not in known}
        texts = []
        for (question, _), hit in missing.items():
            document, start = document_of(hit.passage.document_id), hit.passage.start
            spans = [(begin - start, end - start) for begin, end in sentences_of(document, hit.passage)]
            texts.append((question, prefix(document.title, hit.passage.heading_path), hit.passage.text, spans))
        made = dict(zip(missing, self._reader.read(texts), strict=True))
        with self._lock:
            self._kept.update(made)
            while len(self._kept) > KEPT_READINGS:
                self._kept.popitem(last=False)
        return [known.get(key) or made[key] for key in keys]
