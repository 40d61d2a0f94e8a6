"""Question sets as files hold them, in JSONL, YAML or CSV: each question as a row of fields, with its place."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from assistant.errors import QuestionSetError

SUFFIXES = (".jsonl", ".yaml", ".yml", ".csv")
LISTS = ("tags", "must_state", "must_not_state", "relevant", "answers")
QUOTES = ("must_cite", "must_not_cite")
COLUMNS = ("id", "text", "kind", "history", "answerable", "reason", "split", *LISTS, *QUOTES)
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": None}


class Row(NamedTuple):
    """The fields of one question, and where they stand, in words."""

    place: str
    fields: Mapping[str, Any]


def read_rows(path: Path) -> Iterator[Row]:
    """Read the questions of a file by its suffix; anything unknown is read as JSONL. Raises QuestionSetError."""
    match path.suffix.lower():
        case ".yaml" | ".yml":
            return _yaml_rows(path)
        case ".csv":
            return _csv_rows(path)
    return _json_rows(path)


def text_of(path: Path) -> str:
    """Return the text of a file of a set. Raises QuestionSetError."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        hint = " In Excel, save as “CSV UTF-8”." if path.suffix.lower() == ".csv" else ""
        raise QuestionSetError(
            f"{path} cannot be read ({error}). A question set is a text file in UTF-8.{hint}"
        ) from error


def _json_rows(path: Path) -> Iterator[Row]:
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise QuestionSetError(f"{place}: not JSON ({error}). Each line is one question.") from error
        if not isinstance(row, dict):
            raise QuestionSetError(f'{place}: not an object. Each line is one question: {{"id": …, "text": …}}.')
        yield Row(place, row)


def _yaml_rows(path: Path) -> Iterator[Row]:
    import yaml

    loader = yaml.SafeLoader(text_of(path))
    try:
        root = loader.get_single_node()
        if isinstance(root, yaml.MappingNode):  # the list may stand under one key: "questions:"
            root = next((value for key, value in root.value if key.value == "questions"), root)
        if root is not None and not isinstance(root, yaml.SequenceNode):
            line = root.start_mark.line + 1
            raise QuestionSetError(f'{path.name}, line {line}: not a list. Begin each question with "- id: …".')
        for node in root.value if root is not None else ():
            place = f"{path.name}, line {node.start_mark.line + 1}"
            if not isinstance(node, yaml.MappingNode):
                raise QuestionSetError(f'{place}: not a question. Begin each question with "- id: …".')
            yield Row(place, loader.construct_document(node))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        # A mark of PyYAML counts lines from nought.
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}, line {mark.line + 1}" if mark else path.name
        said = getattr(error, "problem", None) or error
        raise QuestionSetError(f"{place}: not YAML ({said}). Put words with a colon or a hash in quotes.") from error
    finally:
        loader.dispose()


def _csv_rows(path: Path) -> Iterator[Row]:
    text = text_of(path)
    head = text.split("\n", 1)[0]
    # Excel writes the separator of the country that it is set to.
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        strange = [name for name in columns if name not in COLUMNS]
        if strange or "id" not in columns or "text" not in columns:
            raise QuestionSetError(
                f"{path.name}, line 1: the columns are {', '.join(columns) or 'none'}; id and text must be among them, "
                f"and the others can be {', '.join(COLUMNS[2:])}."
            )
        while True:
            place = f"{path.name}, line {reader.line_num + 1}"
            cells = next(reader, None)
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(columns):
                raise QuestionSetError(
                    f"{place}: {len(cells)} cells under {len(columns)} columns. "
                    "Put a text with the separator in double quotes."
                )
            yield Row(place, _fields(dict(zip(columns, cells, strict=False)), place))
    except csv.Error as error:
        raise QuestionSetError(f"{path.name}, line {reader.line_num}: not CSV ({error}).") from error


def _fields(cells: Mapping[str, str], place: str) -> dict[str, Any]:
    """Return a row of cells as the fields of a question; in a list, each line of the cell is an item."""
    fields: dict[str, Any] = {}
    for name, cell in cells.items():
        items = [line.strip() for line in cell.splitlines() if line.strip()]
        if name == "answerable":
            if cell.strip().lower() not in _WORDS:
                raise QuestionSetError(f"{place}: answerable is {cell.strip()!r}; it can be yes, no or empty.")
            fields[name] = _WORDS[cell.strip().lower()]
        elif name in QUOTES:
            fields[name] = [_labelled(item, "document", "quote", name, place) for item in items]
        elif name == "history":
            fields[name] = [_labelled(item, "role", "text", name, place) for item in items]
        elif name in ("tags", "relevant"):  # neither holds a comma, so that several may stand in a line
            fields[name] = [part.strip() for item in items for part in re.split(r"[,;]", item) if part.strip()]
        elif name in LISTS:
            fields[name] = items
        elif name != "reason" or cell.strip():
            fields[name] = cell.strip()
    return fields


def _labelled(item: str, key: str, value: str, name: str, place: str) -> dict[str, str]:
    """Return "document: quote", or "role: text", as its two parts."""
    before, mark, after = item.partition(": ")
    if not mark or not before.strip() or not after.strip():
        raise QuestionSetError(
            f'{place}: {name} holds {item!r}; write each as "{key}: {value}", one a line of the cell.'
        )
    return {key: before.strip(), value: after.strip()}
