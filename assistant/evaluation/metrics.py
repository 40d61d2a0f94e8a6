"""Metrics, each a pure function of a question and its answer; None where one does not apply, never zero."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.schema import Question

Answered = Mapping[str, Any]
Metric = Callable[[Question, Answered], float | None]
METRICS: dict[str, Metric] = {}


def _metric(name: str) -> Callable[[Metric], Metric]:
    def keep(function: Metric) -> Metric:
        METRICS[name] = function
        return function

    return keep


def ranked_documents(answer: Answered) -> list[str]:
    """Return the documents of an answer's hits, each at the rank of its best passage."""
    return list(dict.fromkeys(hit["document_id"] for hit in answer["hits"]))


def ndcg(ranked: Sequence[str], relevant: Sequence[str], k: int) -> float | None:
    """Return nDCG@k with binary gains (Järvelin and Kekäläinen 2002)."""
    if not relevant:
        return None
    gains = [1.0 / math.log2(rank + 2) for rank, document in enumerate(ranked[:k]) if document in set(relevant)]
    ideal = [1.0 / math.log2(rank + 2) for rank in range(min(k, len(set(relevant))))]
    return sum(gains) / sum(ideal)


def recall(ranked: Sequence[str], relevant: Sequence[str], k: int) -> float | None:
    """Return the share of the relevant documents among the first k."""
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant)) if relevant else None


@_metric("nDCG@10")
def ndcg_at_10(question: Question, answer: Answered) -> float | None:
    """NDCG of the first ten documents."""
    return ndcg(ranked_documents(answer), question.relevant, 10)


@_metric("recall@2")
def recall_at_2(question: Question, answer: Answered) -> float | None:
    """Share of the relevant documents among the first two."""
    return recall(ranked_documents(answer), question.relevant, 2)


@_metric("recall@5")
def recall_at_5(question: Question, answer: Answered) -> float | None:
    """Share of the relevant documents among the first five."""
    return recall(ranked_documents(answer), question.relevant, 5)


@_metric("citation recall")
def citation_recall(question: Question, answer: Answered) -> float | None:
    """Share of the quotes that must be cited which a citation overlaps."""
    if not question.must_cite or question.answerable is False:
        return None
    met = sum(
        any(
            citation["document_id"] == evidence.document
            and (evidence.quote in citation["quote"] or citation["quote"] in evidence.quote)
            for citation in answer["citations"]
        )
        for evidence in question.must_cite
    )
    return met / len(question.must_cite)


@_metric("right document")
def right_document(question: Question, answer: Answered) -> float | None:
    """Share of the citations that come from a relevant document."""
    if not question.relevant or not answer["citations"] or question.answerable is False:
        return None
    return sum(c["document_id"] in question.relevant for c in answer["citations"]) / len(answer["citations"])


def states(text: str, wanted: str) -> bool:
    """Whether a text holds what must be stated: words in any case, or a /pattern/."""
    if len(wanted) > 2 and wanted[0] == wanted[-1] == "/":
        return re.search(wanted[1:-1], text, re.IGNORECASE) is not None
    return " ".join(wanted.casefold().split()) in " ".join(text.casefold().split())


@_metric("completeness")
def completeness(question: Question, answer: Answered) -> float | None:
    """Share of what must be stated that the answer states; a refusal states nothing."""
    if not question.must_state or question.answerable is False:
        return None
    text = "" if answer["abstained"] else answer["answer"]
    return sum(states(text, wanted) for wanted in question.must_state) / len(question.must_state)


@_metric("false answer")
def false_answer(question: Question, answer: Answered) -> float | None:
    """1 where an unanswerable question was answered."""
    return None if question.answerable is not False else float(not answer["abstained"])


@_metric("false refusal")
def false_refusal(question: Question, answer: Answered) -> float | None:
    """1 where an answerable question was refused."""
    return None if question.answerable is not True else float(answer["abstained"])


@_metric("sentences")
def sentence_count(question: Question, answer: Answered) -> float | None:
    """How many sentences the answer has."""
    return None if answer["abstained"] else float(len(answer["sentences"]))


def score(question: Question, answer: Answered) -> dict[str, float | None]:
    """Return every metric of one answer."""
    values = {name: metric(question, answer) for name, metric in METRICS.items()}
    return {name: None if value is None else round(value, 6) for name, value in values.items()}
