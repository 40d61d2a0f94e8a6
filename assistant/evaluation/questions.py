"""Question sets: a file in JSONL, YAML or CSV, a folder of such files, or one in BEIR layout."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from assistant.errors import QuestionSetError
from assistant.evaluation.formats import SUFFIXES, Row, read_rows, text_of
from assistant.schema import REASONS, Evidence, Question, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkQuestion(Question):
    """A question of a public set that names short answers, any of which is right."""

    answers: tuple[str, ...]


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a question set. Raises QuestionSetError with file, line, field and what to do."""
    relevant = _read_qrels(path / "qrels.tsv") if (path / "qrels.tsv").is_file() else {}
    questions = tuple(question_of(row, relevant) for file in files_of(path) for row in read_rows(file))
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise QuestionSetError(f"{path}: the id {question.id!r} stands there twice; give each question its own.")
        seen.add(question.id)
    if not questions:
        raise QuestionSetError(f"{path} holds no question.")
    return questions


def files_of(path: Path) -> list[Path]:
    """Return the files that a question set consists of. Raises QuestionSetError."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise QuestionSetError(f"There is no question set at {path}.")
    if (path / "queries.jsonl").is_file():
        return [path / "queries.jsonl"]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise QuestionSetError(f"{path} holds no .jsonl file, .yaml or .csv either, so it is no question set.")
    return files


def _read_qrels(path: Path) -> dict[str, tuple[str, ...]]:
    relevant: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(text_of(path).split("\n"), start=1):
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


def question_of(row: Row, relevant: Mapping[str, tuple[str, ...]]) -> Question:
    """Return a row as a question; ``relevant`` has the documents of BEIR's qrels. Raises QuestionSetError."""
    place, fields = row
    identifier, text = fields.get("id", fields.get("_id")), fields.get("text")
    if not isinstance(identifier, str) or not identifier:
        raise QuestionSetError(f'{place}: no "id". Give each question one, as text.')
    if not isinstance(text, str):
        raise QuestionSetError(f'{place}: no "text". Write the question there.')
    try:
        question = Question(
            id=identifier,
            text=text,
            kind=_text(fields, "kind"),
            tags=_texts(fields, "tags") + ((_text(fields, "split"),) if fields.get("split") else ()),
            history=tuple(_turn(turn) for turn in _listed(fields, "history")),
            answerable=_one_of(fields, "answerable", (True, False, None)),
            reason=_one_of(fields, "reason", (*REASONS, None)),
            must_cite=_evidence(fields, "must_cite"),
            must_not_cite=_evidence(fields, "must_not_cite"),
            must_state=_statements(fields, "must_state"),
            must_not_state=_statements(fields, "must_not_state"),
            relevant=_texts(fields, "relevant") or relevant.get(identifier, ()),
        )
        answers = _texts(fields, "answers")
    except _FieldError as error:
        raise QuestionSetError(f"{place}, question {identifier!r}: {error}.") from error
    if not answers:
        return question
    values = {field.name: getattr(question, field.name) for field in dataclass_fields(question)}
    return BenchmarkQuestion(**values, answers=answers)


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


def _statements(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return what must be stated, or must not; a /pattern/ is tried, so that a run does not end in it."""
    import regex

    values = _texts(row, name)
    for value in values:
        if not value.strip():
            raise _FieldError(f"{name} holds an empty text, which every answer states")
        if len(value) > 2 and value[0] == value[-1] == "/":
            try:
                regex.compile(value[1:-1])
            except regex.error as error:
                raise _FieldError(f"{name} holds {value!r}, which is no regular expression ({error})") from error
    return values


def _evidence(row: Mapping[str, Any], name: str) -> tuple[Evidence, ...]:
    return tuple(_quote(one, name) for one in _listed(row, name))


def _quote(one: Any, name: str) -> Evidence:
    match one:
        case {"document": str(document), "quote": str(quote)} if quote.strip():
            return Evidence(document=document, quote=quote)
    raise _FieldError(f'{name} is a list of {{"document": …, "quote": …}}, and holds {one!r}')
