"""The values that flow between the stages: frozen, plain, and the standard library only.

Offsets are counted in characters (Python code points) of a document's canonical text, the end exclusive.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

SCHEMA_VERSION = 1

REASONS: Mapping[str, str] = {
    "nothing_retrieved": "Nothing in the case studies matches this question.",
    "weak_evidence": "The case studies touch on this, but no passage answers it well enough to quote.",
    "not_in_corpus": "The case studies do not say.",
    "ambiguous": "The question could mean more than one collaborative.",
    "out_of_scope": "This is not a question about provider collaboratives.",
    "clinical_advice": "Casebook does not give clinical advice about a patient.",
    "personal_data": "Casebook does not give out personal details.",
    "empty_question": "There is no question to answer.",
}


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a document's facts come from; an empty date means undated."""

    key: str
    title: str = ""
    publisher: str = ""
    url: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading line of a document: ``text[start:end] == title``; level 1 is the highest."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMark:
    """A block of text and the keys of the sources that it rests on."""

    start: int
    end: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a document says of itself in its front matter; everything may be empty.

    ``reviewed`` is the day on which somebody last held the document against its sources.
    """

    collaborative: str = ""
    aliases: tuple[str, ...] = ()
    region: str = ""
    type: str = ""
    population: str = ""
    trusts: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    source_url: str = ""
    date: str = ""
    reviewed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document in its canonical text: what a reader sees, NFC, LF line ends, no marks or tags."""

    id: str
    sha256: str
    title: str
    text: str
    page_starts: tuple[int, ...] = ()
    headings: tuple[Heading, ...] = ()
    marks: tuple[SourceMark, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)

    def heading_path(self, offset: int) -> tuple[str, ...]:
        """Return the titles of the headings that an offset stands under, the highest first."""
        path: list[Heading] = []
        for heading in self.headings:
            if heading.start > offset:
                break
            path = [above for above in path if above.level < heading.level] + [heading]
        return tuple(heading.title for heading in path)

    def page_at(self, offset: int) -> int | None:
        """Return the page number (from 1) of an offset, or None where there are no pages."""
        return bisect_right(self.page_starts, offset) if self.page_starts else None

    def sources_at(self, start: int, end: int) -> tuple[Source, ...]:
        """Return the sources marked on the blocks that a span touches, in front-matter order.

        A document without any mark rests on all of its sources.
        """
        if not self.marks:
            return self.metadata.sources
        keys = {key for mark in self.marks if mark.start < end and start < mark.end for key in mark.keys}
        return tuple(source for source in self.metadata.sources if source.key in keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A verbatim slice of a document: ``text == document.text[start:end]``."""

    id: str
    document_id: str
    start: int
    end: int
    heading_path: tuple[str, ...]
    page: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage as ranked for one question; ``why`` holds the parts of the score, and the cosine as it was."""

    passage: Passage
    score: float
    rank: int
    why: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A span that a sentence of an answer rests on, with all that is needed to check it."""

    number: int
    document_id: str
    sha256: str
    title: str
    collaborative: str
    sources: tuple[Source, ...]
    source_url: str
    heading: tuple[str, ...]
    page: int | None
    start: int
    end: int
    quote: str

    @property
    def whose(self) -> str:
        """Whom it is about: its collaborative, else its document."""
        return self.collaborative or self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of an answer and the numbers of its citations (never none)."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the conversation so far; role is ``user`` or ``assistant``."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A cited answer, or a refusal with its reason: no citations if and only if abstained.

    ``carried`` are the names and words that a follow-up was given from earlier turns; ``notes`` are Casebook's own
    words on the evidence, such as which part of the question nothing answers; ``table``, of a question on several
    bodies, has a row for each that is shown, with the numbers of its citations, or was asked of in vain.
    """

    question: str
    searched_for: str
    text: str
    carried: tuple[str, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    notes: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    reason: str | None = None
    score: float | None = None
    table: Mapping[str, Any] | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    generation: str = ""

    @property
    def abstained(self) -> bool:
        """Whether this is a refusal."""
        return self.reason is not None

    @property
    def groups(self) -> tuple[tuple[str, tuple[Sentence, ...]], ...]:
        """The sentences in their order, each run under the name of whom it is about; where all are of one, no name."""
        whose = {citation.number: citation.whose for citation in self.citations}
        if len(set(whose.values())) < 2:
            return (("", self.sentences),) if self.sentences else ()

        def label(sentence: Sentence) -> str:
            return "; ".join(dict.fromkeys(whose[number] for number in sentence.citations))

        return tuple((name, tuple(run)) for name, run in groupby(self.sentences, label))

    def to_json(self) -> dict[str, Any]:
        """Return the answer in the published contract (see README), ready for ``json.dumps``."""
        return {
            "schema": SCHEMA_VERSION,
            "question": self.question,
            "searched_for": self.searched_for,
            "carried": list(self.carried),
            "answer": self.text,
            "abstained": self.abstained,
            "reason": self.reason,
            "sentences": [asdict(sentence) for sentence in self.sentences],
            "citations": [asdict(citation) for citation in self.citations],
            "notes": list(self.notes),
            "hits": [
                {
                    "document_id": hit.passage.document_id,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "score": hit.score,
                    "rank": hit.rank,
                }
                for hit in self.hits
            ],
            "table": self.table,
            "timings_ms": dict(self.timings_ms),
            "generation": self.generation,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A labelled quote of a document, re-located at run time so that labels outlive re-chunking."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a set, with what a right answer must hold."""

    id: str
    text: str
    kind: str = ""
    tags: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()
    answerable: bool | None = None
    reason: str | None = None
    must_cite: tuple[Evidence, ...] = ()
    must_not_cite: tuple[Evidence, ...] = ()
    must_state: tuple[str, ...] = ()
    must_not_state: tuple[str, ...] = ()
    relevant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecord:
    """A question, what was answered (the JSON contract) and its scores; None means not applicable."""

    question: Question
    answer: Mapping[str, Any]
    scores: Mapping[str, float | None]
    seconds: float
