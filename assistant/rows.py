"""The record's tables, what it keeps of a file and of a document, and a document as text that fits a row."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from assistant.schema import Document, Heading, Metadata, Source, SourceMark, sha256_of

TABLES = """
CREATE TABLE IF NOT EXISTS files (
    origin TEXT PRIMARY KEY, root TEXT NOT NULL, sha256 TEXT NOT NULL, recipe TEXT NOT NULL, warnings TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, root TEXT NOT NULL, origin TEXT NOT NULL, recipe TEXT NOT NULL, fingerprint TEXT NOT NULL,
    sha256 TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, parts TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_by_text ON documents (sha256);
CREATE TABLE IF NOT EXISTS passages (
    document_id TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, heading_path TEXT NOT NULL,
    page INTEGER, vector BLOB, PRIMARY KEY (document_id, start, "end")
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sentences (
    document_id TEXT NOT NULL, passage_start INTEGER NOT NULL, passage_end INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, key TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (document_id, passage_start, passage_end, start, "end")
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    document_id TEXT PRIMARY KEY, added TEXT NOT NULL, changed TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file that was read whole: where it came from and what was read it with."""

    origin: str
    root: str
    sha256: str
    recipe: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """What decides whether a document has to be taken in again."""

    id: str
    root: str
    origin: str
    recipe: str
    fingerprint: str


def document_parts(document: Document) -> str:
    """Return everything of a document but id, hash, title and text, as JSON of one spelling."""
    metadata = asdict(document.metadata)
    if not metadata["reviewed"]:
        del metadata["reviewed"]  # as it was before there was such a field, so that nothing counts as changed
    parts = {
        "page_starts": document.page_starts,
        "headings": [asdict(heading) for heading in document.headings],
        "marks": [asdict(mark) for mark in document.marks],
        "metadata": metadata,
    }
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def document_fingerprint(document: Document) -> str:
    """Return the SHA-256 of all that a document carries, so that a new title counts as a change."""
    return sha256_of("\x00".join((document.id, document.title, document.sha256, document_parts(document))))


def document_from_parts(identifier: str, sha256: str, title: str, text: str, parts: Mapping[str, Any]) -> Document:
    """Return the document that ``document_parts`` was made from."""
    metadata = dict(parts["metadata"])
    metadata["sources"] = tuple(Source(**source) for source in metadata["sources"])
    for name in ("aliases", "trusts", "topics"):
        metadata[name] = tuple(metadata[name])
    marks = (SourceMark(start=m["start"], end=m["end"], keys=tuple(m["keys"])) for m in parts["marks"])
    return Document(
        id=identifier,
        sha256=sha256,
        title=title,
        text=text,
        page_starts=tuple(parts["page_starts"]),
        headings=tuple(Heading(**heading) for heading in parts["headings"]),
        marks=tuple(marks),
        metadata=Metadata(**metadata),
    )


def document_of_row(row: tuple[str, str, str, str, str]) -> Document:
    """Return the document of a row of id, hash, title, text and parts."""
    identifier, sha256, title, text, parts = row
    return document_from_parts(identifier, sha256, title, text, json.loads(parts))
