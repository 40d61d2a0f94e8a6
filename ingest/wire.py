"""How a reading travels from the child that made it: lines of JSON, the last of which says "end"."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from assistant.errors import DocumentRefused
from assistant.schema import Document, Heading, Metadata, Source, SourceMark, sha256_of
from ingest.readers.registry import Reading

_END = b'["end"]'
_NO_METADATA = Metadata()


def encode_reading(reading: Reading) -> Iterator[bytes]:
    """Yield a reading as lines."""
    for document in reading.documents:
        metadata = None if document.metadata == _NO_METADATA else asdict(document.metadata)
        headings = [(each.start, each.end, each.level) for each in document.headings]
        marks = [(each.start, each.end, each.keys) for each in document.marks]
        yield _line(
            "document",
            document.id,
            document.title,
            document.text,
            document.page_starts,
            headings,
            marks,
            metadata,
        )
    for warning in reading.warnings:
        yield _line("warning", warning)
    for name, reason in reading.refused:
        yield _line("refused", name, reason)
    yield _END + b"\n"


def encode_refusal(reason: str) -> bytes:
    """Return the line that says that the whole file is refused."""
    return _line("refusal", reason)


def decode_reading(lines: bytes) -> Reading | None:
    """Return the reading that lines hold, raise the refusal, or return None where the end is missing."""
    documents: list[Document] = []
    warnings: list[str] = []
    refused: list[tuple[str, str]] = []
    *body, rest = lines.split(b"\n")
    if rest or not body or (body[-1] != _END and not body[-1].startswith(b'["refusal"')):
        return None
    for line in body:
        kind, *values = json.loads(line)
        if kind == "document":
            documents.append(_document(*values))
        elif kind == "warning":
            warnings.append(*values)
        elif kind == "refused":
            refused.append((values[0], values[1]))
        elif kind == "refusal":
            raise DocumentRefused(values[0])
    return Reading(tuple(documents), tuple(warnings), tuple(refused))


def _line(*values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def _document(
    identifier: str,
    title: str,
    text: str,
    page_starts: list[int],
    headings: list[tuple[int, int, int]],
    marks: list[tuple[int, int, list[str]]],
    metadata: dict[str, Any] | None,
) -> Document:
    return Document(
        id=identifier,
        sha256=sha256_of(text),
        title=title,
        text=text,
        page_starts=tuple(page_starts),
        headings=tuple(Heading(start=s, end=e, level=level, title=text[s:e]) for s, e, level in headings),
        marks=tuple(SourceMark(start=s, end=e, keys=tuple(keys)) for s, e, keys in marks),
        metadata=_metadata(metadata) if metadata else _NO_METADATA,
    )


def _metadata(fields: dict[str, Any]) -> Metadata:
    sources = tuple(Source(**source) for source in fields["sources"])
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    values["sources"] = sources
    return Metadata(**values)
