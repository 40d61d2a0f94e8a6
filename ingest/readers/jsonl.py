"""JSON lines in the layout of the BEIR corpora: one document a line with ``_id``, ``title`` and ``text``.

Texts are kept as they are given, line breaks and spaces included: evidence is labelled by their wording.
A line that cannot be read is refused by name and does not stop the others.
"""

import json
from collections.abc import Iterator
from typing import Any

from assistant.errors import DocumentRefused
from assistant.schema import Document, Metadata, sha256_of
from ingest.readers.canonical import inline, visible
from ingest.readers.front_matter import web_address
from ingest.readers.registry import Reading, reader
from ingest.readers.text import decode

_LONGEST_ID = 500


@reader(".jsonl")
def read_jsonl(data: bytes, document_id: str) -> Reading:
    """Read every line of a JSON-lines file as a document with its own id."""
    documents: dict[str, Document] = {}
    refused: list[tuple[str, str]] = []
    for number, line in _lines(data):
        name = f"{document_id} line {number}"
        try:
            fields = _fields(line)
            name = f"{_id(fields)} ({document_id} line {number})"
            document = _document(fields)
            if document.id in documents:
                raise DocumentRefused("another line before it has the same _id: give each its own")
            documents[document.id] = document
        except DocumentRefused as refusal:
            refused.append((name, str(refusal)))
    if not documents and not refused:
        raise DocumentRefused("has no text")
    return Reading(tuple(documents.values()), refused=tuple(refused))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold something, numbered from 1, one at a time: the file may be large."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"\xef\xbb\xbf")):
        data = decode(data).encode("utf-8")
    start = number = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        number += 1
        line = data[start:end].strip()
        if line:
            yield number, line
        start = end + 1


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DocumentRefused(f"is not UTF-8 (byte {error.start} of the line)") from error
    except json.JSONDecodeError as error:
        raise DocumentRefused(f"is not JSON: {error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise DocumentRefused("is not JSON that can be read: a number too long, or nested too deep") from error
    if not isinstance(fields, dict):
        raise DocumentRefused('should be an object such as {"_id": "a1", "title": "", "text": "…"}')
    return fields


def _id(fields: dict[str, Any]) -> str:
    value = fields.get("_id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise DocumentRefused("has no _id: it should be a text of its own for each line")
    if inline(value) != value or len(value) > _LONGEST_ID:
        raise DocumentRefused(
            f"its _id should be a text of at most {_LONGEST_ID} characters, without line breaks, invisible "
            "characters or spaces at its ends"
        )
    return value


def _document(fields: dict[str, Any]) -> Document:
    text = visible(_text(fields, "text")).replace("\t", " ")
    if not text.strip():
        raise DocumentRefused("its text is empty")
    title = inline(_text(fields, "title"))
    metadata = Metadata(source_url=web_address(_text(fields, "url").strip()))
    return Document(id=_id(fields), sha256=sha256_of(text), title=title, text=text, metadata=metadata)


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DocumentRefused(f"its {name} should be a text, not {json.dumps(value)[:80]}")
    return value
