"""A run: every question asked, in order, scored against the documents, and written as it comes."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
Asked = Callable[[Sequence[Question]], Iterator[EvaluationRecord]]
"""Asks questions and yields their records, in their order."""


def run(
    assistant: Assistant,
    questions: Sequence[Question],
    out: Path | None,
    *,
    provenance: Mapping[str, Any],
    progress: Progress = lambda done, of: None,
    asked: Asked | None = None,
) -> list[EvaluationRecord]:
    """Ask every question and score its answer; write a line each to ``out``, provenance first.

    ``out`` appears when all is asked; until then what was there stays, and ``out.part`` grows beside it, to be
    gone on with by a later run of the same provenance. Questions are asked one by one, unless ``asked`` does it
    in another way. Raises CasebookError.
    """

    def one_by_one(some: Sequence[Question]) -> Iterator[EvaluationRecord]:
        yield from map(Asker(assistant).record, some)

    with Lines(out, first_line(assistant, questions, provenance)) as lines:
        records = lines.earlier(questions)
        progress(len(records), len(questions))
        for record in (asked or one_by_one)(questions[len(records) :]):
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


class Asker:
    """Asks and scores one question after another."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._text_of: TextOf = {document.id: document.text for document in assistant.documents()}.get

    def record(self, question: Question) -> EvaluationRecord:
        """Return the record of a question. Raises CasebookError, naming it."""
        begun = time.perf_counter()
        try:
            answer = self._assistant.ask(question.text, question.history, distinct=DISTINCT)
        except CasebookError as error:
            raise type(error)(f"question {question.id!r}: {error}") from error
        seconds = round(time.perf_counter() - begun, 4)
        said = json.loads(json.dumps(answer.to_json()))  # as it will come back from the file
        scores = score(case_of(question, said, self._text_of))
        # A refusal by a rule has no score: nothing was looked at, and so nothing speaks for an answer.
        scores[ANSWERABILITY] = 0.0 if answer.score is None else round(answer.score, 6)
        return EvaluationRecord(question=question, answer=said, scores=scores, seconds=seconds)
