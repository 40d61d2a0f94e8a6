"""RUN.jsonl: a first line of provenance, then a record a line; written as it comes, resumed, read back."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from assistant.errors import CasebookError, QuestionSetError
from assistant.evaluation.formats import Row
from assistant.evaluation.questions import question_of
from assistant.schema import EvaluationRecord, Question

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run: what it was made of, and its records in the order of the set."""

    provenance: Mapping[str, Any]
    records: tuple[EvaluationRecord, ...]


def record_json(record: EvaluationRecord) -> dict[str, Any]:
    """Return a record as a line of RUN.jsonl."""
    return {
        "question": asdict(record.question),
        "answer": dict(record.answer),
        "scores": dict(record.scores),
        "seconds": record.seconds,
    }


def record_of(row: Row) -> EvaluationRecord:
    """Return a line of RUN.jsonl as a record. Raises QuestionSetError."""
    match row.fields:
        case {
            "question": dict(question),
            "answer": dict(answer),
            "scores": dict(scores),
            "seconds": float() | int() as seconds,
        }:
            return EvaluationRecord(
                question=question_of(Row(row.place, question), {}), answer=answer, scores=scores, seconds=seconds
            )
    raise QuestionSetError(f"{row.place}: not a record of a run; was it written by `evaluate --out`?")


def read_run(path: Path) -> Run:
    """Read a finished run. Raises QuestionSetError for what is none, or not whole."""
    rows = _rows(path)
    provenance = rows[0].fields.get("provenance") if rows else None
    if not isinstance(provenance, dict):
        raise QuestionSetError(f"{path} is no run: its first line has no provenance. Make one with `evaluate --out`.")
    if provenance.get("schema") != SCHEMA:
        raise QuestionSetError(f"{path}: the schema is {provenance.get('schema')!r}; this Casebook knows {SCHEMA}.")
    records = tuple(record_of(row) for row in rows[1:])
    if len(records) != provenance.get("questions"):
        raise QuestionSetError(
            f"{path} holds {len(records)} of {provenance.get('questions')} records. Run it again with `evaluate --out`."
        )
    return Run(provenance=provenance, records=records)


def _rows(path: Path) -> list[Row]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        rows = [(number, json.loads(line)) for number, line in enumerate(lines, start=1) if line.strip()]
    except (OSError, ValueError, RecursionError) as error:
        raise QuestionSetError(f"{path} cannot be read as a run ({error}). Make one with `evaluate --out`.") from error
    if not all(isinstance(row, dict) for _, row in rows):
        raise QuestionSetError(f"{path} is no run: not every line is an object.")
    return [Row(f"{path.name}, line {number}", row) for number, row in rows]


def jsonl(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as JSON lines; a lone surrogate of a question becomes the escape that JSON has for it."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "backslashreplace")


class Lines:
    """A run as it grows, in ``OUT.part``, which takes the place of ``OUT`` when all is asked.

    A part that was left behind is gone on with where its provenance is the same, and begun anew where it is not.
    """

    def __init__(self, out: Path | None, provenance: Mapping[str, Any]) -> None:
        self._out, self._provenance = out, provenance
        self._part = out.with_name(f"{out.name}.part") if out else Path(os.devnull)

    def __enter__(self) -> Self:
        try:
            kept = self._kept() if self._out else 0
            self._file = self._part.open("ab" if kept else "wb")
            if kept:
                self._file.truncate(kept)
            else:
                self._write({"provenance": self._provenance})
        except OSError as error:
            raise self._refusal(error) from error
        return self

    def earlier(self, questions: Sequence[Question]) -> list[EvaluationRecord]:
        """Return the records that were there already: those of the first questions."""
        if self._out is None:
            return []
        found = [record_of(row) for row in _rows(self._part)[1:]]
        if [record.question for record in found] != list(questions[: len(found)]):
            raise CasebookError(f"{self._part} holds other questions than were asked. Remove it and start again.")
        return found

    def write(self, record: EvaluationRecord) -> None:
        """Append a record, at once and whole."""
        try:
            self._write(record_json(record))
        except OSError as error:
            raise self._refusal(error) from error

    def _write(self, row: Mapping[str, Any]) -> None:
        self._file.write(jsonl([row]))
        self._file.flush()

    def _kept(self) -> int:
        """Return how many bytes of a part that was left behind are whole lines of this very run."""
        if not self._part.is_file():
            return 0
        lines = self._part.read_bytes().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        return sum(map(len, whole)) if whole[:1] == [jsonl([{"provenance": self._provenance}])] else 0

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._file.close()
            if self._out is not None and kind is None:
                self._part.replace(self._out)
        except OSError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> CasebookError:
        return CasebookError(f"The run cannot be written to {self._out} ({error.strerror}). Name another --out.")


def lines_of(run: Run) -> Iterator[Mapping[str, Any]]:
    """Return a run as the lines of its file."""
    yield {"provenance": dict(run.provenance)}
    yield from (record_json(record) for record in run.records)
