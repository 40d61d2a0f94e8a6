"""Question sets: a JSONL file of ours, a folder of them, or one in BEIR layout (``queries.jsonl``, ``qrels.tsv``)."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import QuestionSetError
from assistant.schema import REASONS, Evidence, Question, Turn


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a question set. Raises QuestionSetError with file, line, field and what to do."""
    if path.is_dir():
        queries, qrels = path / "queries.jsonl", path / "qrels.tsv"
        files = [queries] if queries.is_file() else sorted(path.glob("*.jsonl"))
        if not files:
            raise QuestionSetError(f"{path} holds no .jsonl file, so it is no question set.")
        relevant = _read_qrels(qrels) if qrels.is_file() else {}
        questions = tuple(_question(row, place, relevant) for file in files for place, row in _rows(file))
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


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionSetError(f"{path} cannot be read ({error}). A question set is a text file in UTF-8.") from error


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise QuestionSetError(f"{place}: not JSON ({error}). Each line is one question.") from error
        if not isinstance(row, dict):
            raise QuestionSetError(f'{place}: not an object. Each line is one question: {{"id": …, "text": …}}.')
        yield place, row


def _read_qrels(path: Path) -> dict[str, tuple[str, ...]]:
    relevant: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(_lines(path), start=1):
        fields = line.rstrip("\r").split("\t")
        if not line.strip() or (number == 1 and fields[-1] == "score"):
            continue
        place = f"{path.name}, line {number}"
        if len(fields) != 3:
            raise QuestionSetError(f"{place}: {len(fields)} columns, not query, document, score between tabs.")
        try:
            wanted = float(fields[2]) > 0
        except ValueError as error:
            raise QuestionSetError(f"{place}: the score {fields[2]!r} is no number.") from error
        if wanted:
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
            kind=_text(row, "kind"),
            tags=_texts(row, "tags") + ((_text(row, "split"),) if "split" in row else ()),
            history=tuple(_turn(turn) for turn in _listed(row, "history")),
            answerable=_one_of(row, "answerable", (True, False, None)),
            reason=_one_of(row, "reason", (*REASONS, None)),
            must_cite=_evidence(row, "must_cite"),
            must_not_cite=_evidence(row, "must_not_cite"),
            must_state=_texts(row, "must_state"),
            must_not_state=_texts(row, "must_not_state"),
            relevant=_texts(row, "relevant") or relevant.get(identifier, ()),
        )
    except _FieldError as error:
        raise QuestionSetError(f"{place}, question {identifier!r}: {error}.") from error


class _FieldError(Exception):
    """A field of a question is not in its form; the message names it."""


def _one_of(row: Mapping[str, Any], name: str, known: Sequence[Any]) -> Any:
    value = row.get(name)
    if not any(value is one or (isinstance(value, str) and value == one) for one in known):
        raise _FieldError(f"{name} is {value!r}; it can be {', '.join(json.dumps(one) for one in known)}")
    return value


def _turn(turn: Any) -> Turn:
    match turn:
        case {"role": "user" | "assistant" as role, "text": str(text)}:
            return Turn(role=role, text=text)
    raise _FieldError(f'history is a list of {{"role": "user" or "assistant", "text": …}}, and holds {turn!r}')


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name) or ""
    if not isinstance(value, str):
        raise _FieldError(f"{name} is a text, not {value!r}")
    return value


def _listed(row: Mapping[str, Any], name: str) -> list[Any]:
    values = row.get(name) or []
    if not isinstance(values, list):
        raise _FieldError(f"{name} is a list, not {values!r}")
    return values


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = _listed(row, name)
    if not all(isinstance(value, str) for value in values):
        raise _FieldError(f"{name} is a list of texts, not {values!r}")
    return tuple(values)


def _evidence(row: Mapping[str, Any], name: str) -> tuple[Evidence, ...]:
    return tuple(_quote(one, name) for one in _listed(row, name))


def _quote(one: Any, name: str) -> Evidence:
    match one:
        case {"document": str(document), "quote": str(quote)}:
            return Evidence(document=document, quote=quote)
    raise _FieldError(f'{name} is a list of {{"document": …, "quote": …}}, and holds {one!r}')
