"""Assistant.ask, from question to cited answer, and open_assistant, where the parts are put together."""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from assistant.answerer import MAX_SENTENCES, Span, choose, cite
from assistant.attribution import Bodies, Mention
from assistant.conversation import standalone
from assistant.embedder import Embedder, open_embedder
from assistant.errors import CasebookError
from assistant.evidence import PASSAGES, Candidate, EvidenceReader
from assistant.filters import passing
from assistant.index import Generation, current_folder
from assistant.question import Asked, content_words, understand
from assistant.refusal import rule_after_search, rule_before_search, unknown_names
from assistant.retriever import Retriever, place
from assistant.schema import REASONS, Answer, Document, Hit, Turn
from assistant.settings import Settings
from assistant.vocabulary import Vocabulary

MAX_QUESTION = 2000
_PARTS = re.compile(r",?\s+and\s+(?=(?:who|whom|whose|how|which|what|when|where|why)\b)", re.I)
_BACK = re.compile(r"\b(?:it|its|they|them|their|he|she|his|her|this|that|these|those)\b", re.I)
# Documents of these types are about no collaborative: a question across collaboratives passes them by.
_NO_BODY = frozenset({"national", "glossary"})
# A question across collaboratives looks at so many of them, so many passages each, and answers from the best.
_ACROSS, _ACROSS_PASSAGES, _ACROSS_SHOWN, _ACROSS_FLOOR = 14, 4, 6, 0.65
# Sentences for each part of a question, and for each body of a comparison.
_FEW = 5


@dataclass(frozen=True, slots=True)
class _Opened:
    """A generation and all that hangs on it."""

    generation: Generation
    retriever: Retriever
    bodies: Bodies
    vocabulary: Vocabulary
    reader: EvidenceReader


class Assistant:
    """Answers questions from the published generation, and moves to the next one by itself."""

    def __init__(self, root: Path, embedder: Embedder, *, retrieval: str = "hybrid") -> None:
        self._root, self._embedder, self._retrieval = root, embedder, retrieval
        self._lock = threading.Lock()
        self._opened = self._open(current_folder(root))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the generation's files."""
        self._opened.generation.close()

    def _open(self, folder: Path) -> _Opened:
        generation = Generation(folder)
        if self._retrieval != "keyword":
            generation.require(self._embedder.identity)
        embedder = None if self._retrieval == "keyword" else self._embedder
        bodies, vocabulary = Bodies(generation.documents), Vocabulary(generation.documents)
        reader = EvidenceReader(
            embedder,
            generation.terms,
            generation.term_frequency,
            generation.manifest.passages,
            bodies.without_names,
            vocabulary.long_forms,
        )
        retriever = Retriever(generation, self._embedder, self._retrieval)
        return _Opened(generation, retriever, bodies, vocabulary, reader)

    def _current(self) -> _Opened:
        """Return the published generation, opened; a newer one replaces it here and now."""
        with self._lock:
            folder = current_folder(self._root)
            if folder != self._opened.generation.folder:
                self._opened = self._open(folder)
            return self._opened

    @property
    def generation(self) -> str:
        """The digest that names what is being answered from."""
        return self._current().generation.manifest.generation

    def documents(self) -> tuple[Document, ...]:
        """Return all documents, by id."""
        return self._current().generation.documents

    def document(self, identifier: str) -> Document:
        """Return a document. Raises DocumentUnknown."""
        return self._current().generation.document(identifier)

    def warm(self) -> None:
        """Do beforehand what the first questions would wait for."""
        opened = self._current()
        if self._retrieval != "keyword":
            self._embedder.encode_query("warm")
        opened.reader.warm(opened.generation.documents)

    def search(
        self, question: str, *, limit: int = 10, only: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[Hit, ...]:
        """Return ranked passages without an answer."""
        opened = self._current()
        return opened.retriever.retrieve(
            _checked(question), documents=passing(opened.generation.documents, only or {}), distinct=limit
        )[:limit]

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
            text="",
            generation=opened.generation.manifest.generation,
        )
        allowed = passing(opened.generation.documents, only or {})
        reason = rule_before_search(asked)
        if reason == "empty_question":
            return self._refuse(base, reason, (), clock)
        mentions = opened.bodies.all_mentions(asked.text)
        with clock.stage("retrieve"):
            hits = self._retrieve(opened, asked, mentions, allowed, distinct)
        if reason is None and (strange := unknown_names(asked, opened.vocabulary)):
            return self._refuse(base, "not_in_corpus", hits, clock, f"They do not mention {strange[0]}.")
        if reason is not None:
            return self._refuse(base, reason, hits, clock)
        with clock.stage("evidence"):
            spans, reason, score = self._evidence(opened, asked, mentions, hits, allowed)
        base = replace(base, score=score)
        if reason is not None:
            return self._refuse(base, reason, hits, clock)
        sentences, citations = cite(spans)
        return replace(
            base,
            text=" ".join(sentence.text for sentence in sentences),
            sentences=sentences,
            citations=citations,
            hits=_with_cited(hits, spans),
            timings_ms=clock.stop(),
        )

    def _retrieve(
        self,
        opened: _Opened,
        asked: Asked,
        mentions: Sequence[Mention],
        allowed: frozenset[str] | None,
        distinct: int,
    ) -> tuple[Hit, ...]:
        """Rank passages, those of the bodies that the question names before all others."""
        named = frozenset(document for mention in mentions for document in mention.documents)
        boost = (lambda document: 1.0 if document in named else 0.0) if named else None
        return opened.retriever.retrieve(
            opened.vocabulary.expanded(asked.text), documents=allowed, distinct=distinct, boost=boost
        )

    def _evidence(
        self,
        opened: _Opened,
        asked: Asked,
        mentions: Sequence[Mention],
        hits: Sequence[Hit],
        allowed: frozenset[str] | None,
    ) -> tuple[list[Span], str | None, float]:
        """Choose the sentences of the answer; or return why there are none, with the best score seen."""
        groups = self._groups(opened, asked, mentions, hits)
        names = frozenset(stem for mention in mentions for stem in opened.generation.terms(mention.text))
        spans: list[Span] = []
        reasons: list[str] = []
        best = 0.0
        across = asked.is_cross and not mentions
        parts = _parts(asked)
        limit = 1 if across else _FEW if len(groups) > 1 or len(parts) > 1 else MAX_SENTENCES
        for part in parts:
            found = [self._candidates(opened, part, documents, allowed, names, across=across) for documents in groups]
            top = max((c.score for group in found for c in group if not c.is_gap), default=0.0)
            best = max(best, top)
            if across:
                found = sorted(found, key=lambda group: -group[0].score if group else 0.0)[:_ACROSS_SHOWN]
            for group in found:
                reason = rule_after_search(part, group, named=bool(mentions))
                if reason is not None:
                    reasons.append(reason)
                    continue
                floor = _ACROSS_FLOOR * top if across else 0.0
                _extend(spans, choose(part, group, opened.generation.terms, limit=limit, floor=floor))
        return spans, (None if spans else reasons[0]), best

    def _groups(
        self, opened: _Opened, asked: Asked, mentions: Sequence[Mention], hits: Sequence[Hit]
    ) -> list[frozenset[str] | None]:
        """Return the sets of documents that are asked one by one: each named body, or each that ranks high."""
        if mentions:
            return [frozenset(mention.documents) for mention in mentions]
        if asked.is_cross:
            ranked = dict.fromkeys(hit.passage.document_id for hit in hits)
            bodies = [name for name in ranked if opened.generation.document(name).metadata.type not in _NO_BODY]
            return [frozenset([document]) for document in bodies[:_ACROSS]]
        return [None]

    def _candidates(
        self,
        opened: _Opened,
        part: Asked,
        documents: frozenset[str] | None,
        allowed: frozenset[str] | None,
        names: frozenset[str],
        *,
        across: bool,
    ) -> list[Candidate]:
        within = documents if allowed is None else allowed if documents is None else documents & allowed
        hits = opened.retriever.retrieve(opened.vocabulary.expanded(part.text), documents=within, distinct=1)
        passages = _ACROSS_PASSAGES if across else PASSAGES
        found = opened.reader.score(part, hits, opened.generation.document, names, passages=passages)
        return [candidate for candidate in found if not (across and candidate.text.endswith(":"))]

    @staticmethod
    def _refuse(base: Answer, reason: str, hits: Sequence[Hit], clock: "_Clock", detail: str = "") -> Answer:
        text = f"{REASONS[reason]} {detail}".strip()
        return replace(base, text=text, reason=reason, hits=tuple(hits), timings_ms=clock.stop())


def _with_cited(hits: Sequence[Hit], spans: Sequence[Span]) -> tuple[Hit, ...]:
    """Return the ranking, and at its end the cited passages that only a part of the question found."""
    known = {hit.passage.id for hit in hits}
    more = {span.hit.passage.id: span.hit for span in spans if span.hit.passage.id not in known}
    last = hits[-1].score if hits else 1.0
    every = [*hits, *(replace(hit, score=min(hit.score, last)) for hit in more.values())]
    every.sort(key=lambda hit: (-hit.score, place(hit.passage.id)))
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(every, start=1))


def _extend(spans: list[Span], more: Sequence[Span]) -> None:
    """Add sentences that are not there yet; one list is enough, so a second introduction ends them."""
    places = {(span.document.id, span.start) for span in spans}
    introduced = any(span.text.endswith(":") for span in spans)
    for span in more:
        if introduced and span.text.endswith(":") and (span.document.id, span.start) not in places:
            break
        if (span.document.id, span.start) not in places:
            spans.append(span)


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


def _parts(asked: Asked) -> list[Asked]:
    """Return the questions that a question joins with "and": "When was it set up, and who chairs it?".

    A later one that points back and says little itself is given the first one's words.
    """
    first, *later = [piece for piece in _PARTS.split(asked.text) if piece.strip()] or [asked.text]
    if not later or asked.is_cross:
        return [asked]
    subject = ", ".join(content_words(first))
    return [understand(first), *(understand(f"{p} ({subject})" if _leans(p) else p) for p in later)]


def _leans(piece: str) -> bool:
    return bool(_BACK.search(piece)) and len(content_words(piece)) <= 2


def _checked(question: str) -> str:
    if len(question) > MAX_QUESTION:
        raise CasebookError(f"The question has {len(question)} characters; the longest is {MAX_QUESTION}. Shorten it.")
    return "".join(character for character in question if character.isprintable() or character in "\n\t")


def open_assistant(settings: Settings) -> Assistant:
    """Open the index and the model that the settings name. Raises CasebookError."""
    current_folder(settings.index)
    embedder = open_embedder(settings.embedding_model, settings.precision, settings.threads)
    return Assistant(settings.index, embedder, retrieval=settings.retrieval)
