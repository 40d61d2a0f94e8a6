"""A case: a question, its answer, and where its labelled quotes stand today; all that a metric may look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.evaluation.spans import Places, Span, TextOf, locate, span_of
from assistant.schema import Question
from assistant.verification import verify

Answered = Mapping[str, Any]
"""An answer in the JSON contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question, its answer, the places of the quotes, and how many faults the answer's citations have."""

    question: Question
    answer: Answered
    wanted: tuple[Places, ...] = ()
    unwanted: tuple[Places, ...] = ()
    faults: int = 0

    @property
    def found(self) -> tuple[Places, ...]:
        """The quotes to be cited that are not lost."""
        return tuple(places for places in self.wanted if places)

    @property
    def cited(self) -> tuple[Span, ...]:
        """The spans that the answer cites."""
        return tuple(span_of(citation) for citation in self.answer["citations"])

    @property
    def hits(self) -> tuple[Span, ...]:
        """The ranked passages."""
        return tuple(span_of(hit) for hit in self.answer["hits"])

    @property
    def documents(self) -> list[str]:
        """The ranked documents."""
        return ranked_documents(self.answer)

    @property
    def said(self) -> str:
        """The words of the answer; a refusal states nothing."""
        return "" if self.answer["abstained"] else str(self.answer["answer"])


def case_of(question: Question, answer: Answered, text_of: TextOf) -> Case:
    """Return a case, its quotes located in the documents and its citations checked against them."""
    return Case(
        question=question,
        answer=answer,
        wanted=tuple(locate(evidence, text_of) for evidence in question.must_cite),
        unwanted=tuple(locate(evidence, text_of) for evidence in question.must_not_cite),
        faults=len(verify(answer, text_of)),
    )


def ranked_documents(answer: Answered) -> list[str]:
    """Return the documents of an answer's hits, each at the rank of its best passage."""
    return list(dict.fromkeys(hit["document_id"] for hit in answer["hits"]))
