"""Metrics, each a pure function of a case; None where one does not apply, never zero.

A new metric is one function here: its docstring is what the reports say of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from assistant.errors import QuestionSetError
from assistant.evaluation import squad
from assistant.evaluation.case import Case
from assistant.evaluation.questions import BenchmarkQuestion
from assistant.evaluation.ranking import ndcg, precision, recall, reciprocal_rank
from assistant.evaluation.spans import characters, found_in_order, meets

Better = Literal["higher", "lower", ""]
PATTERN_SECONDS = 2.0
# Passages whose characters are compared with the evidence.
FIRST = 5

Function = Callable[[Case], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric, which way it is better, and whether the gate looks at it."""

    name: str
    function: Function
    better: Better
    gated: bool

    @property
    def meaning(self) -> str:
        """What it measures, in a sentence."""
        return (self.function.__doc__ or "").strip()


METRICS: dict[str, Metric] = {}


def _metric(name: str, better: Better = "higher", *, gated: bool = False) -> Callable[[Function], Function]:
    def keep(function: Function) -> Function:
        METRICS[name] = Metric(name=name, function=function, better=better, gated=gated)
        return function

    return keep


def score(case: Case) -> dict[str, float | None]:
    """Return every metric of one case."""
    values = {name: metric.function(case) for name, metric in METRICS.items()}
    return {name: None if value is None else round(value, 6) for name, value in values.items()}


def states(text: str, wanted: str) -> bool:
    """Whether a text holds what must be stated: words in any case, or a /pattern/."""
    if len(wanted) > 2 and wanted[0] == wanted[-1] == "/":
        return _matches(wanted[1:-1], text)
    return " ".join(wanted.casefold().split()) in " ".join(text.casefold().split())


def _matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found; one that backtracks without end is given up. Raises QuestionSetError."""
    import regex

    try:
        return regex.search(pattern, text, regex.IGNORECASE, timeout=PATTERN_SECONDS) is not None
    except TimeoutError as error:
        raise QuestionSetError(
            f"The pattern /{pattern}/ takes over {PATTERN_SECONDS:.0f} seconds over one answer. "
            "Write it without a repetition inside a repetition."
        ) from error


# --- Retrieval: documents, and the quotes that passages hold ---


def _documents(name: str, function: Callable[..., float | None], *, gated: bool = False) -> None:
    kind, _, k = name.partition("@")
    cut = (int(k),) if k else ()

    def metric(case: Case) -> float | None:
        return function(case.documents, case.question.relevant, *cut)

    metric.__doc__ = f"{kind} of the documents, each at the rank of its best passage{f', first {k}' if k else ''}."
    _metric(name, gated=gated)(metric)


def _quotes(name: str, function: Callable[..., float | None], *, gated: bool = False) -> None:
    kind, _, k = name.partition("@")
    cut = (int(k),) if k else ()

    def metric(case: Case) -> float | None:
        return function(found_in_order(case.hits, case.found), [str(number) for number in range(len(case.found))], *cut)

    metric.__doc__ = f"{kind.removeprefix('span ')} of the labelled quotes in the ranked passages."
    _metric(name, gated=gated)(metric)


_documents("nDCG@10", ndcg, gated=True)
_documents("RR", reciprocal_rank)
_documents("recall@2", recall)
_documents("recall@5", recall, gated=True)
_documents("recall@10", recall)
_documents("precision@5", precision)
_quotes("span nDCG@10", ndcg)
_quotes("span RR", reciprocal_rank)
_quotes("span recall@10", recall, gated=True)
_quotes("span precision@5", precision)


def _covered(case: Case) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Return the characters of the first passages, and of the quotes (each where the passages come nearest)."""
    passages = characters(case.hits[:FIRST])
    nearest = (max(places, key=lambda place: len(characters([place]) & passages)) for places in case.found)
    return passages, characters(nearest)


@_metric("span recall")
def span_recall(case: Case) -> float | None:
    """Share of the quotes' characters that the first five passages hold."""
    passages, quotes = _covered(case)
    return len(passages & quotes) / len(quotes) if quotes else None


@_metric("span precision")
def span_precision(case: Case) -> float | None:
    """Share of the first five passages' characters that belong to a quote."""
    passages, quotes = _covered(case)
    return len(passages & quotes) / len(passages) if quotes and passages else None


@_metric("span IoU")
def span_iou(case: Case) -> float | None:
    """Characters that quotes and first five passages share, of those in either."""
    passages, quotes = _covered(case)
    return len(passages & quotes) / len(passages | quotes) if quotes else None


@_metric("carry-over")
def carry_over(case: Case) -> float | None:
    """1 where a follow-up, read with its history, finds a relevant document first."""
    if not case.question.history or not case.question.relevant:
        return None
    return float(any(one in case.question.relevant for one in case.documents[:1]))


# --- Citations ---


@_metric("citation recall", gated=True)
def citation_recall(case: Case) -> float | None:
    """Share of the quotes that must be cited which a citation overlaps."""
    if not case.found or case.question.answerable is False:
        return None
    return sum(any(meets(span, places) for span in case.cited) for places in case.found) / len(case.found)


@_metric("citation precision", gated=True)
def citation_precision(case: Case) -> float | None:
    """Share of the citations that overlap a quote that must be cited."""
    if not case.found or not case.cited or case.question.answerable is False:
        return None
    return sum(any(meets(span, places) for places in case.found) for span in case.cited) / len(case.cited)


@_metric("right document")
def right_document(case: Case) -> float | None:
    """Share of the citations that come from a relevant document."""
    if not case.question.relevant or not case.cited or case.question.answerable is False:
        return None
    return sum(span.document in case.question.relevant for span in case.cited) / len(case.cited)


@_metric("attribution errors", "lower")
def attribution_errors(case: Case) -> float | None:
    """How many citations come from a document about something else."""
    share = right_document(case)
    return None if share is None else float(round((1 - share) * len(case.cited)))


@_metric("forbidden citations", "lower", gated=True)
def forbidden_citations(case: Case) -> float | None:
    """How many of the quotes that must not be cited a citation overlaps."""
    found = [places for places in case.unwanted if places]
    return float(sum(any(meets(s, places) for s in case.cited) for places in found)) if found else None


@_metric("citation faults", "lower", gated=True)
def citation_faults(case: Case) -> float | None:
    """How many sentences lack their mark, and citations their words: what `verify` finds."""
    return float(case.faults)


@_metric("labels lost", "lower", gated=True)
def labels_lost(case: Case) -> float | None:
    """How many labelled quotes no longer stand in their documents."""
    labels = (*case.wanted, *case.unwanted)
    return float(sum(not places for places in labels)) if labels else None


# --- What is said ---


@_metric("completeness", gated=True)
def completeness(case: Case) -> float | None:
    """Share of what must be stated that the answer states; a refusal states nothing."""
    if not case.question.must_state or case.question.answerable is False:
        return None
    return sum(states(case.said, one) for one in case.question.must_state) / len(case.question.must_state)


@_metric("forbidden statements", "lower", gated=True)
def forbidden_statements(case: Case) -> float | None:
    """How many of the things that must not be stated the answer states."""
    if not case.question.must_not_state:
        return None
    return float(sum(states(case.said, one) for one in case.question.must_not_state))


def _short(case: Case, function: Callable[[str, Iterable[str]], float], *, whole: bool) -> float | None:
    """Return how an answer compares with the short answers of a public set, over what can be answered."""
    answers = case.question.answers if isinstance(case.question, BenchmarkQuestion) else ()
    if not answers or case.question.answerable is False:
        return None
    texts = [case.said] if whole else [sentence["text"] for sentence in case.answer["sentences"]]
    return max((function(text, answers) for text in texts), default=0.0)


@_metric("exact match (sentence)")
def exact_match_of_a_sentence(case: Case) -> float | None:
    """1 where a sentence is a short answer, by SQuAD's normalisation."""
    return _short(case, squad.exact_match, whole=False)


@_metric("F1 (sentence)")
def f1_of_a_sentence(case: Case) -> float | None:
    """Token F1 of the best sentence with the best short answer, by SQuAD's normalisation."""
    return _short(case, squad.f1, whole=False)


@_metric("exact match")
def exact_match(case: Case) -> float | None:
    """1 where the answer is a short answer, by SQuAD's normalisation."""
    return _short(case, squad.exact_match, whole=True)


@_metric("F1")
def f1(case: Case) -> float | None:
    """Token F1 of the answer with the best short answer, by SQuAD's normalisation."""
    return _short(case, squad.f1, whole=True)


# --- Refusals ---


@_metric("false answer", "lower")
def false_answer(case: Case) -> float | None:
    """1 where an unanswerable question was answered."""
    return None if case.question.answerable is not False else float(not case.answer["abstained"])


@_metric("false refusal", "lower")
def false_refusal(case: Case) -> float | None:
    """1 where an answerable question was refused."""
    return None if case.question.answerable is not True else float(case.answer["abstained"])


@_metric("right reason")
def right_reason(case: Case) -> float | None:
    """1 where a refusal gives the reason of the label."""
    if case.question.reason is None or not case.answer["abstained"]:
        return None
    return float(case.answer["reason"] == case.question.reason)


@_metric("sentences", "")
def sentence_count(case: Case) -> float | None:
    """How many sentences the answer has."""
    return None if case.answer["abstained"] else float(len(case.answer["sentences"]))
