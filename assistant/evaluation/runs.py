"""A run: every question asked, scored and written; and its figures in one table."""

import json
import os
import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from assistant.errors import CasebookError
from assistant.evaluation.metrics import score
from assistant.pipeline import Assistant
from assistant.schema import EvaluationRecord, Question

DISTINCT = 100
# A set may be cut in two: what is tuned on, and what is only scored.
HALVES = ("dev", "test")


def record_json(record: EvaluationRecord) -> dict[str, Any]:
    """Return a record as a line of RUN.jsonl."""
    return {
        "question": asdict(record.question),
        "answer": dict(record.answer),
        "scores": dict(record.scores),
        "seconds": record.seconds,
    }


def run(
    assistant: Assistant, questions: Sequence[Question], out: Path | None, *, provenance: Mapping[str, Any]
) -> list[EvaluationRecord]:
    """Ask every question and score its answer; write a line each to ``out``, provenance first.

    ``out`` appears when all is asked; until then what was there stays. Raises CasebookError.
    """
    first = {"schema": 1, "generation": assistant.generation, "questions": len(questions), **provenance}
    with _Lines(out) as lines:
        lines.write({"provenance": first})
        records: list[EvaluationRecord] = []
        for question in _with_progress(questions):
            records.append(_record(assistant, question))
            lines.write(record_json(records[-1]))
    return records


def _record(assistant: Assistant, question: Question) -> EvaluationRecord:
    begun = time.perf_counter()
    try:
        answer = assistant.ask(question.text, question.history, distinct=DISTINCT).to_json()
    except CasebookError as error:
        raise type(error)(f"question {question.id!r}: {error}") from error
    seconds = round(time.perf_counter() - begun, 4)
    return EvaluationRecord(question=question, answer=answer, scores=score(question, answer), seconds=seconds)


class _Lines:
    """Lines of JSON in a file beside ``out``, which takes its place when all are there."""

    def __init__(self, out: Path | None) -> None:
        self._out = out
        self._beside = out.with_name(f"{out.name}.part") if out else Path(os.devnull)

    def __enter__(self) -> Self:
        try:
            # A lone surrogate of a question becomes the escape that JSON has for it.
            self._file = self._beside.open("w", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise self._refusal(error) from error
        return self

    def write(self, row: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._refusal(error) from error

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._file.close()
            if self._out is not None and kind is None:
                self._beside.replace(self._out)
        except OSError as error:
            raise self._refusal(error) from error
        finally:
            if self._out is not None:
                self._beside.unlink(missing_ok=True)

    def _refusal(self, error: OSError) -> CasebookError:
        return CasebookError(f"The run cannot be written to {self._out} ({error.strerror}). Name another --out.")


def _with_progress(questions: Sequence[Question]) -> Iterable[Question]:
    from rich.console import Console
    from rich.progress import track

    return track(questions, "Asking", console=Console(file=sys.stderr), transient=True)


def summarise(records: Sequence[EvaluationRecord]) -> dict[str, Any]:
    """Return the mean of each metric over the questions that it applies to, by kind of question too."""
    kinds = sorted({record.question.kind for record in records if record.question.kind})
    halves = [tag for tag in HALVES if any(tag in record.question.tags for record in records)]
    return {
        "questions": len(records),
        "scores": _means(records),
        "kinds": {kind: _means([r for r in records if r.question.kind == kind]) for kind in kinds},
        "halves": {half: _means([r for r in records if half in r.question.tags]) for half in halves},
        "seconds": {
            "median": round(statistics.median(record.seconds for record in records), 4),
            "total": round(sum(record.seconds for record in records), 2),
        },
    }


def _means(records: Sequence[EvaluationRecord]) -> dict[str, dict[str, float | int]]:
    means: dict[str, dict[str, float | int]] = {}
    for name in records[0].scores if records else ():
        values = [value for record in records if (value := record.scores[name]) is not None]
        if values:
            means[name] = {"mean": round(sum(values) / len(values), 4), "questions": len(values)}
    return means


def summary_text(summary: Mapping[str, Any]) -> str:
    """Return a summary for people: each metric over all, then by half and by kind."""
    groups = {"all": summary["scores"], **summary["halves"], **summary["kinds"]}
    lines = [f"{summary['questions']} questions, {summary['seconds']['median'] * 1000:.0f} ms at the median", ""]
    names = list(summary["scores"])
    width = max(map(len, groups))
    lines.append(" " * width + "".join(f"  {name}" for name in names))
    for group, scores in groups.items():
        cells = (f"{scores[name]['mean']:.3f}" if name in scores else "–" for name in names)
        lines.append(
            group.ljust(width) + "".join(cell.rjust(len(name) + 2) for cell, name in zip(cells, names, strict=True))
        )
    return "\n".join(lines)
