"""Made-up documents, questions, answers and records for the tests of the evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.evaluation.case import Answered, Case, case_of
from assistant.evaluation.metrics import score
from assistant.evaluation.records import Run
from assistant.schema import EvaluationRecord, Evidence, Question, sha256_of

TEXTS: Mapping[str, str] = {
    "a.md": "20 beds opened in May. The hub is in Rowley. It cost £2m.",
    "b.md": "Other words. The chair is Ann Other. Nothing more.",
    "c.md": "A third page, about something else.",
}
BASE = Question(id="q", text="How?")


def evidence(document: str, quote: str) -> Evidence:
    """Return a labelled quote."""
    return Evidence(document=document, quote=quote)


def answered(
    *quotes: tuple[str, str], documents: Sequence[str] = ("a.md", "b.md", "c.md"), reason: str = "not_in_corpus"
) -> dict[str, Any]:
    """Return an answer that cites quotes (document, words), or a refusal; whole documents are the passages."""
    citations = []
    for number, (document, quote) in enumerate(quotes, start=1):
        start = TEXTS[document].index(quote)
        citations.append(
            {
                "number": number,
                "document_id": document,
                "sha256": sha256_of(TEXTS[document]),
                "start": start,
                "end": start + len(quote),
                "quote": quote,
            }
        )
    sentences = [{"text": quote, "citations": [number]} for number, (_, quote) in enumerate(quotes, start=1)]
    return {
        "schema": 1,
        "question": "How?",
        "searched_for": "How?",
        "answer": " ".join(quote for _, quote in quotes) or "They do not say.",
        "abstained": not quotes,
        "reason": None if quotes else reason,
        "sentences": sentences,
        "citations": citations,
        "hits": [
            {"document_id": name, "start": 0, "end": len(TEXTS[name]), "score": 1.0, "rank": rank}
            for rank, name in enumerate(documents, start=1)
        ],
        "timings_ms": {"retrieve": 1.0, "total": 2.0},
    }


def case(question: Question, answer: Answered, texts: Mapping[str, str] = TEXTS) -> Case:
    """Return a case over the documents."""
    return case_of(question, answer, texts.get)


def record(
    question: Question,
    answer: Answered,
    *,
    texts: Mapping[str, str] = TEXTS,
    seconds: float = 0.5,
    answerability: float = 0.5,
) -> EvaluationRecord:
    """Return a record, scored as a run scores it."""
    scores = {**score(case(question, answer, texts)), "answerability": answerability}
    return EvaluationRecord(question=question, answer=answer, scores=scores, seconds=seconds)


def run_of(*records: EvaluationRecord, **provenance: Any) -> Run:
    """Return a run of records."""
    first = {"schema": 1, "set": "set.jsonl", "questions": len(records), **provenance}
    return Run(provenance=first, records=records)


BEDS = replace(
    BASE,
    id="beds",
    text="How many beds?",
    kind="fact",
    answerable=True,
    must_cite=(evidence("a.md", "20 beds opened in May."),),
    must_state=("20 beds",),
    relevant=("a.md",),
)
CHAIR = replace(
    BASE,
    id="chair",
    text="Who chairs <it> & why?",
    kind="fact",
    tags=("dev",),
    answerable=True,
    must_cite=(evidence("b.md", "The chair is Ann Other."),),
    must_state=("Ann Other",),
    must_not_state=("Rowley",),
    relevant=("b.md",),
)
CAKE = replace(BASE, id="cake", text="How do I bake a cake?", kind="unanswerable", answerable=False)


def good_run(**provenance: Any) -> Run:
    """Return a run in which everything is as its labels say."""
    return run_of(
        record(BEDS, answered(("a.md", "20 beds opened in May.")), answerability=0.9),
        record(CHAIR, answered(("b.md", "The chair is Ann Other."), documents=("b.md", "a.md")), answerability=0.8),
        record(CAKE, answered(), answerability=0.1),
        **provenance,
    )
