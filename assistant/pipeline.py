"""Assistant.ask, from question to cited answer, and open_assistant, where the parts are put together."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

from assistant.attribution import Bodies
from assistant.citing import cite, table_of, with_cited
from assistant.comparison import compared, excluding
from assistant.conversation import standalone
from assistant.embedder import Embedder, open_embedder
from assistant.errors import CasebookError, IndexDamaged
from assistant.evidence import EvidenceScorer
from assistant.filters import passing
from assistant.generations import current_folder
from assistant.index import Generation
from assistant.inquiry import Inquiry
from assistant.opened import Opened
from assistant.question import Asked, understand
from assistant.reader import Reader, open_reader
from assistant.readings import Readings
from assistant.refusal import rule_before_search, unknown_body, unknown_names
from assistant.retriever import Retriever
from assistant.schema import REASONS, Answer, Document, Hit, Turn
from assistant.sentence_vectors import SentenceVectors
from assistant.settings import Settings
from assistant.vocabulary import Vocabulary

MAX_QUESTION = 2000


class Assistant:
    """Answers questions from the published generation, and moves to the next one by itself."""

    def __init__(
        self, root: Path, embedder: Embedder, *, retrieval: str = "hybrid", reader: Reader | None = None
    ) -> None:
        self._root, self._embedder, self._retrieval, self._reader = root, embedder, retrieval, reader
        self._lock = threading.Lock()
        self._opened = self._open_current()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the generation's files."""
        self._opened.generation.close()

    def _open_current(self) -> Opened:
        """Open the published generation; one that was followed and swept away in that instant is not damaged."""
        while True:
            folder = current_folder(self._root)
            try:
                return self._open(folder)
            except IndexDamaged:
                if current_folder(self._root) == folder:
                    raise

    def _open(self, folder: Path) -> Opened:
        generation = Generation(folder)
        if self._retrieval != "keyword":
            generation.require(self._embedder.identity)
        bodies, vocabulary = Bodies(generation.documents), Vocabulary(generation.documents, self._embedder.is_word)
        readings = None if self._reader is None else Readings(self._reader)
        by_words = self._retrieval == "keyword"
        vectors = None if by_words else SentenceVectors(generation.sentences, self._embedder, bodies.without_names)
        scorer = EvidenceScorer(
            vectors,
            generation.terms,
            generation.term_frequency,
            generation.manifest.passages,
            vocabulary.long_forms,
            readings,
        )
        retriever = Retriever(generation, self._embedder, self._retrieval, *([vectors.best] if vectors else []))
        return Opened(generation, retriever, bodies, vocabulary, scorer, readings)

    def _current(self) -> Opened:
        """Return the published generation, opened; a newer one replaces it here and now."""
        with self._lock:
            folder = current_folder(self._root)
            if folder != self._opened.generation.folder:
                self._opened = self._open_current()
            return self._opened

    @property
    def generation(self) -> str:
        """The digest that names what is being answered from."""
        return self._current().generation.manifest.generation

    def documents(self) -> tuple[Document, ...]:
        """Return all documents, by id."""
        return self._current().generation.documents

    def days(self) -> dict[str, tuple[str, str]]:
        """Return the days, in ISO form, on which each document came in and last changed, by id."""
        return self._current().generation.days

    def document(self, identifier: str) -> Document:
        """Return a document. Raises DocumentUnknown."""
        return self._current().generation.document(identifier)

    def warm(self) -> None:
        """Do beforehand what the first questions would wait for."""
        self._current()
        if self._retrieval != "keyword":
            self._embedder.encode_query("warm")

    def search(
        self, question: str, *, limit: int = 10, only: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[Hit, ...]:
        """Return ranked passages without an answer."""
        opened = self._current()
        asked = understand(opened.vocabulary.corrected(_checked(question).strip()))
        return _inquiry(opened, asked, only).retrieve(limit)[:limit]

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        only: Mapping[str, Sequence[str]] | None = None,
        *,
        distinct: int = 10,
    ) -> Answer:
        """Answer a question, or refuse with a reason.

        At least ``distinct`` documents stand in the hits, where there are that many.

        Raises CasebookError for a question over 2,000 characters and for a filter that names nothing.
        """
        clock = _Clock()
        opened = self._current()
        searched = standalone(_checked(question), history, opened.bodies)
        asked = understand(opened.vocabulary.corrected(searched.text))
        base = Answer(
            question=question,
            searched_for=asked.text,
            carried=searched.carried,
            text="",
            generation=opened.generation.manifest.generation,
        )
        reason = rule_before_search(asked)
        if reason == "empty_question":
            return self._refuse(base, reason, (), clock)
        inquiry = _inquiry(opened, asked, only, searched.context)
        with clock.stage("retrieve"):
            hits = inquiry.retrieve(distinct)
        strange = (*unknown_names(asked, opened.vocabulary), unknown_body(asked, opened.bodies))
        if reason is None and (unknown := next(filter(None, strange), None)):
            return self._refuse(base, "not_in_corpus", hits, clock, f"They do not mention {unknown}.")
        if reason is not None:
            return self._refuse(base, reason, hits, clock)
        with clock.stage("evidence"):
            findings = inquiry.answer(hits)
        base = replace(base, score=findings.score)
        if findings.reason is not None:
            return self._refuse(replace(base, notes=findings.notes), findings.reason, hits, clock)
        sentences, citations = cite(findings.spans)
        return replace(
            base,
            text=" ".join(sentence.text for sentence in sentences),
            sentences=sentences,
            citations=citations,
            hits=with_cited(hits, findings.spans),
            notes=findings.notes,
            table=None if findings.without is None else table_of(citations, findings.without),
            timings_ms=clock.stop(),
        )

    @staticmethod
    def _refuse(base: Answer, reason: str, hits: Sequence[Hit], clock: "_Clock", detail: str = "") -> Answer:
        text = f"{REASONS[reason]} {detail}".strip()
        return replace(base, text=text, reason=reason, hits=tuple(hits), timings_ms=clock.stop())


def _inquiry(opened: Opened, whole: Asked, only: Mapping[str, Sequence[str]] | None, context: str = "") -> Inquiry:
    """Return a question as it is put, and the documents that the filters and the question itself leave."""
    asked, out = excluding(whole, opened.bodies)
    allowed = passing(opened.generation.documents, only or {})
    if out:
        every = frozenset(document.id for document in opened.generation.documents)
        allowed = (every if allowed is None else allowed) - out
    mentions = compared(asked, opened.bodies)
    return Inquiry(opened=opened, asked=asked, mentions=mentions, allowed=allowed, context=context)


class _Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._stages[name] = round((time.perf_counter() - begun) * 1000, 1)

    def stop(self) -> dict[str, float]:
        return {**self._stages, "total": round((time.perf_counter() - self._begun) * 1000, 1)}


def _checked(question: str) -> str:
    if len(question) > MAX_QUESTION:
        raise CasebookError(f"The question has {len(question)} characters; the longest is {MAX_QUESTION}. Shorten it.")
    return "".join(character for character in question if character.isprintable() or character in "\n\t")


def open_assistant(settings: Settings) -> Assistant:
    """Open the index and the model that the settings name. Raises CasebookError."""
    current_folder(settings.index)
    embedder = open_embedder(settings.embedding_model, settings.precision, settings.threads)
    reads = settings.reader == "on"
    reader = open_reader(bf16=embedder.precision == "bf16", threads=settings.threads) if reads else None
    return Assistant(settings.index, embedder, retrieval=settings.retrieval, reader=reader)
