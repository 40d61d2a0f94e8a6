"""A run: every question asked, in order, scored against the documents, and written as it comes."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from assistant.errors import CasebookError
from assistant.evaluation.case import case_of
from assistant.evaluation.metrics import score
from assistant.evaluation.provenance import corpus_digest
from assistant.evaluation.records import SCHEMA, Lines
from assistant.evaluation.spans import TextOf
from assistant.pipeline import Assistant
from assistant.schema import EvaluationRecord, Question

DISTINCT = 100
# The assistant's own score of how well a question can be answered; a measure of no answer's quality.
ANSWERABILITY = "answerability"

Progress = Callable[[int, int], None]
"""Is told how many questions are done, of how many."""


def run(
    assistant: Assistant,
    questions: Sequence[Question],
    out: Path | None,
    *,
    provenance: Mapping[str, Any],
    jobs: int = 1,
    progress: Progress = lambda done, of: None,
) -> list[EvaluationRecord]:
    """Ask every question and score its answer; write a line each to ``out``, provenance first.

    ``out`` appears when all is asked; until then what was there stays, and ``out.part`` grows beside it, to be
    gone on with by a later run of the same provenance. Raises CasebookError.
    """
    documents = {document.id: document.text for document in assistant.documents()}
    with Lines(out, first_line(assistant, questions, provenance)) as lines:
        records = lines.earlier(questions)
        progress(len(records), len(questions))
        for record in _asked(assistant, questions[len(records) :], documents.get, jobs):
            lines.write(record)
            records.append(record)
            progress(len(records), len(questions))
    return records


def first_line(assistant: Assistant, questions: Sequence[Question], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole provenance of a run: what is given, and what the assistant says of itself."""
    return {
        "schema": SCHEMA,
        "generation": assistant.generation,
        "corpus_sha256": corpus_digest(assistant.documents()),
        "questions": len(questions),
        **provenance,
    }


def _asked(
    assistant: Assistant, questions: Sequence[Question], text_of: TextOf, jobs: int
) -> Iterator[EvaluationRecord]:
    """Yield the records in the order of the questions, several asked at once where there are several jobs."""

    def ask(question: Question) -> EvaluationRecord:
        return _record(assistant, question, text_of)

    if jobs == 1:
        yield from map(ask, questions)
        return
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(ask, questions)
    finally:
        pool.shutdown(cancel_futures=True)


def _record(assistant: Assistant, question: Question, text_of: TextOf) -> EvaluationRecord:
    begun = time.perf_counter()
    try:
        answer = assistant.ask(question.text, question.history, distinct=DISTINCT)
    except CasebookError as error:
        raise type(error)(f"question {question.id!r}: {error}") from error
    seconds = round(time.perf_counter() - begun, 4)
    said = json.loads(json.dumps(answer.to_json()))  # as it will come back from the file
    scores = score(case_of(question, said, text_of))
    # A refusal by a rule has no score: nothing was looked at, and so nothing speaks for an answer.
    scores[ANSWERABILITY] = 0.0 if answer.score is None else round(answer.score, 6)
    return EvaluationRecord(question=question, answer=said, scores=scores, seconds=seconds)
