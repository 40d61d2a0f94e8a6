"""Question sets: a JSONL file of ours, or a folder in BEIR layout (``queries.jsonl``, ``qrels.tsv``)."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assistant.errors import QuestionSetError
from assistant.schema import Evidence, Question, Turn


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a question set. Raises QuestionSetError with file, line, field and what to do."""
    if path.is_dir():
        queries, qrels = path / "queries.jsonl", path / "qrels.tsv"
        if not queries.is_file():
            raise QuestionSetError(f"{path} holds no queries.jsonl, so it is no folder in BEIR layout.")
        relevant = _read_qrels(qrels) if qrels.is_file() else {}
        questions = tuple(_question(row, place, relevant) for place, row in _rows(queries))
    elif path.is_file():
        questions = tuple(_question(row, place, {}) for place, row in _rows(path))
    else:
        raise QuestionSetError(f"There is no question set at {path}.")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise QuestionSetError(f"{path}: the id {question.id!r} stands there twice; give each question its own.")
        seen.add(question.id)
    if not questions:
        raise QuestionSetError(f"{path} holds no question.")
    return questions


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise QuestionSetError(f"{place}: not JSON ({error}). Each line is one question.") from error
        if not isinstance(row, dict):
            raise QuestionSetError(f'{place}: not an object. Each line is one question: {{"id": …, "text": …}}.')
        yield place, row


def _read_qrels(path: Path) -> dict[str, tuple[str, ...]]:
    relevant: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if number == 1 and fields[-1].strip() == "score":
            continue
        if len(fields) != 3:
            raise QuestionSetError(f"{path.name}, line {number}: {len(fields)} columns, not query, document, score.")
        if float(fields[2]) > 0:
            relevant[fields[0]].append(fields[1])
    return {query: tuple(documents) for query, documents in relevant.items()}


def _question(row: Mapping[str, Any], place: str, relevant: Mapping[str, tuple[str, ...]]) -> Question:
    identifier, text = row.get("id", row.get("_id")), row.get("text")
    if not isinstance(identifier, str) or not identifier:
        raise QuestionSetError(f'{place}: no "id". Give each question one, as text.')
    if not isinstance(text, str):
        raise QuestionSetError(f'{place}: no "text". Write the question there.')
    try:
        return Question(
            id=identifier,
            text=text,
            kind=str(row.get("kind", "")),
            tags=_texts(row, "tags") + ((row["split"],) if "split" in row else ()),
            history=tuple(Turn(role=str(turn["role"]), text=str(turn["text"])) for turn in row.get("history") or ()),
            answerable=row.get("answerable"),
            reason=row.get("reason"),
            must_cite=_evidence(row, "must_cite"),
            must_not_cite=_evidence(row, "must_not_cite"),
            must_state=_texts(row, "must_state"),
            must_not_state=_texts(row, "must_not_state"),
            relevant=_texts(row, "relevant") or relevant.get(identifier, ()),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise QuestionSetError(f"{place}, question {identifier!r}: a field is not in its form ({error!r}).") from error


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = row.get(name) or ()
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} is a list of texts")
    return tuple(values)


def _evidence(row: Mapping[str, Any], name: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(document=one["document"], quote=one["quote"]) for one in row.get(name) or ())
