"""What a question shares in meaning with sentences and headings: cosines of stored vectors.

Sentences are encoded without the names of bodies, which every sentence on a body shares. Where a generation has no
vector of one, it is made here and kept while the process lives.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from assistant.embedder import Embedder
from assistant.index import SCORE_DIGITS
from assistant.readings import sentences_of
from assistant.schema import Document, Passage
from assistant.sentence_store import HEADINGS, Place, SentenceStore
from assistant.sentences import Span

KEPT_VECTORS = 20_000

Vectors = npt.NDArray[np.float32]


def places_of(document: Document, passage: Passage) -> list[tuple[Place, str]]:
    """Return what has a vector of its own in a passage, by its place: the headings above it, and each sentence."""
    title = section_of(passage)
    sentences = [(span, document.text[slice(*span)]) for span in sentences_of(document, passage)]
    return [(HEADINGS, title), *sentences] if title else [*sentences]


def section_of(passage: Passage) -> str:
    """Return the headings that a passage stands under, but for the document's own."""
    return ". ".join(passage.heading_path[1:])


def fitting(text: str, bare: Callable[[str], str], embedder: Embedder) -> str:
    """Return what is encoded of a sentence: no names of bodies, and of an endless one its beginning."""
    text = bare(text)
    while len(text) > embedder.max_tokens // 2:  # one of fewer characters has fewer tokens, a model's prompt included
        tokens = embedder.count_tokens([text])[0]
        if tokens <= embedder.max_tokens:
            break
        text = text[: max(1, len(text) * embedder.max_tokens // (tokens + 1))]
    return text


class SentenceVectors:
    """Compares questions with the sentences and headings of one generation."""

    def __init__(self, store: SentenceStore, embedder: Embedder, bare: Callable[[str], str]) -> None:
        self._store, self._embedder, self._bare = store, embedder, bare
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Vectors] = OrderedDict()

    def meanings(self, question: str, places: Sequence[tuple[Passage, Document, Span]]) -> Vectors:
        """Return the cosine of a question with each sentence."""
        rows = [self._store.rows(passage.id).get(span, -1) for passage, _, span in places]
        texts = [document.text[slice(*span)] for _, document, span in places]
        return self._cosines(question, rows, texts)

    def sections(self, question: str, passages: Sequence[Passage]) -> Vectors:
        """Return the cosine of a question with the headings above each passage; of none it is 0."""
        titles = [section_of(passage) for passage in passages]
        rows = [self._store.rows(passage.id).get(HEADINGS, -1) for passage in passages]
        found = self._cosines(question, rows, titles)
        return np.where([bool(title) for title in titles], found, np.float32(0.0))

    def best(self, question: str, passages: Iterable[str]) -> dict[str, float]:
        """Return the cosine of a question with the nearest sentence of each passage, by id, where any is stored."""
        spans = {key: span for key in passages for span in [self._store.sentence_rows(key)] if span[1] > span[0]}
        if not spans:
            return {}
        rows = np.concatenate([np.arange(begin, end) for begin, end in spans.values()])
        cosines = self._store.vectors[rows].astype(np.float32) @ self._embedder.encode_query(question)
        firsts = np.cumsum([0, *(end - begin for begin, end in spans.values())])[:-1]
        nearest = np.maximum.reduceat(cosines, firsts)
        return {key: round(float(value), SCORE_DIGITS) for key, value in zip(spans, nearest, strict=True)}

    def _cosines(self, question: str, rows: Sequence[int], texts: Sequence[str]) -> Vectors:
        """Return the cosine with each row, or with the text where the row is -1; nothing shares nothing: 0."""
        if not rows:
            return np.zeros(0, dtype=np.float32)
        vector = self._embedder.encode_query(self._bare(question))
        found = np.zeros((len(rows), len(vector)), dtype=np.float32)
        stored = np.array(rows) >= 0
        if stored.any():
            found[stored] = self._store.vectors[np.array(rows)[stored]]
        missing = [text for text, row in zip(texts, rows, strict=True) if row < 0]
        if any(missing):
            found[~stored] = self._make(missing)
        similarities: Vectors = np.round(found @ vector, SCORE_DIGITS)
        return similarities

    def _make(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, those not seen before made in one go; rounded as stored ones are."""
        with self._lock:  # several questions may be answered at once
            new = [text for text in dict.fromkeys(texts) if text not in self._made]
            if new:
                made = self._embedder.encode_passages([fitting(text, self._bare, self._embedder) for text in new])
                self._made.update(zip(new, made.astype(np.float16).astype(np.float32), strict=True))
            found = np.stack([self._made[text] for text in texts])
            while len(self._made) > KEPT_VECTORS:
                self._made.popitem(last=False)
        return found
