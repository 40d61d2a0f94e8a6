"""The record of truth in one SQLite file: documents, their canonical text, passages, vectors of these and of sentences.

The writer's copy is ``index/record.sqlite``; each published generation carries a copy without vectors, so
that what answers a question can never be half of an ingest. Every document is one transaction, flushed to
disk before it counts (``synchronous=FULL``).
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from assistant.errors import DocumentUnknown, IndexDamaged
from assistant.rows import TABLES, DocumentRow, FileRow, document_of_row, document_parts
from assistant.schema import Document, Passage

SCHEMA = 1
# How documents are read and cut: whoever changes canonical text or passages changes this name, and every
# index is then brought up to date at its next ingest.
RECIPE = "readers-1 sections-1 sentences-1"

Vectors = npt.NDArray[np.float32]
Span = tuple[int, int]


def passage_id(document_id: str, start: int, end: int) -> str:
    """Return the legible id of a passage: ``document#start-end``."""
    return f"{document_id}#{start}-{end}"


class Catalogue:
    """An open record. Raises IndexDamaged where the file is no record of this version."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        # A generation never changes once published, so SQLite need neither lock it nor look for a journal.
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1" if read_only else str(path)
        try:
            self._db = sqlite3.connect(
                address, uri=read_only, isolation_level=None, check_same_thread=False, timeout=60
            )
            if not read_only:
                self._db.execute("PRAGMA synchronous=FULL")
                self._prepare()
            self._check()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(
                f"The record {path.name} cannot be opened ({error}). Restore the index folder from a backup, "
                "or delete it and ingest the documents again."
            ) from error

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if not version or (version == SCHEMA and not (self._keeps("days") and self._keeps("sentences"))):
            self._db.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version={SCHEMA}; COMMIT;")

    def _check(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA:
            raise IndexDamaged(
                f"The record {self._path.name} has format {version}, this Casebook reads format {SCHEMA}. "
                "Use the Casebook that wrote it, or ingest into a new --index folder."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # What the reading side needs

    def documents(self) -> Iterator[Document]:
        """Yield every document, by id."""
        for row in self._db.execute("SELECT id, sha256, title, text, parts FROM documents ORDER BY id"):
            yield document_of_row(row)

    def document(self, identifier: str) -> Document:
        """Return one document. Raises DocumentUnknown."""
        row = self._db.execute(
            "SELECT id, sha256, title, text, parts FROM documents WHERE id = ?", (identifier,)
        ).fetchone()
        if row is None:
            raise DocumentUnknown(
                f"No document {identifier!r} is in this index. See them all with: python3 run.py ingest list"
            )
        return document_of_row(row)

    def passages(self, document_id: str) -> tuple[Passage, ...]:
        """Return the passages of a document in its order."""
        text = self.document(document_id).text
        rows = self._db.execute(
            'SELECT start, "end", heading_path, page FROM passages WHERE document_id = ? ORDER BY start, "end"',
            (document_id,),
        )
        return tuple(
            Passage(
                id=passage_id(document_id, start, end),
                document_id=document_id,
                start=start,
                end=end,
                heading_path=tuple(json.loads(path)),
                page=page,
                text=text[start:end],
            )
            for start, end, path, page in rows
        )

    def passage_ids(self) -> list[str]:
        """Return the ids of all passages, in the order of documents and passages."""
        return [
            passage_id(*row)
            for row in self._db.execute(
                'SELECT document_id, start, "end" FROM passages ORDER BY document_id, start, "end"'
            )
        ]

    def counts(self) -> tuple[int, int]:
        """Return how many documents and passages there are."""
        documents = self._db.execute("SELECT count(*) FROM documents").fetchone()[0]
        passages = self._db.execute("SELECT count(*) FROM passages").fetchone()[0]
        return documents, passages

    def _keeps(self, table: str) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None

    def days(self) -> dict[str, tuple[str, str]]:
        """Return the days, in ISO form, on which a document came in and last changed, by id.

        A document that came in before days were kept has none, or, once it has changed, an empty first day.
        """
        if not self._keeps("days"):
            return {}  # a generation that an earlier Casebook published
        return {row[0]: (row[1], row[2]) for row in self._db.execute("SELECT * FROM days ORDER BY document_id")}

    # What the writing side needs

    def rows(self) -> dict[str, DocumentRow]:
        """Return the row of every document, by id."""
        query = "SELECT id, root, origin, recipe, fingerprint FROM documents ORDER BY id"
        return {
            row[0]: DocumentRow(id=row[0], root=row[1], origin=row[2], recipe=row[3], fingerprint=row[4])
            for row in self._db.execute(query)
        }

    def files(self) -> dict[str, FileRow]:
        """Return the row of every file that was read whole, by origin."""
        rows = self._db.execute("SELECT origin, root, sha256, recipe, warnings FROM files ORDER BY origin")
        return {
            row[0]: FileRow(
                origin=row[0], root=row[1], sha256=row[2], recipe=row[3], warnings=tuple(json.loads(row[4]))
            )
            for row in rows
        }

    def same_text(self, sha256: str) -> tuple[str, ...]:
        """Return the ids of the documents with this very text."""
        return tuple(
            row[0] for row in self._db.execute("SELECT id FROM documents WHERE sha256 = ? ORDER BY id", (sha256,))
        )

    def put(self, document: Document, row: DocumentRow, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Write a document whole, in place of the one of its id, in one transaction."""
        with self._transaction() as db:
            known = db.execute("SELECT fingerprint FROM documents WHERE id = ?", (document.id,)).fetchone()
            if known is None or known[0] != row.fingerprint:  # else it is only embedded anew
                today = date.today().isoformat()
                db.execute(
                    "INSERT INTO days VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET changed = excluded.changed",
                    (document.id, "" if known else today, today),
                )
            db.execute("DELETE FROM passages WHERE document_id = ?", (document.id,))
            db.execute("DELETE FROM sentences WHERE document_id = ?", (document.id,))
            db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    document.id,
                    row.root,
                    row.origin,
                    row.recipe,
                    row.fingerprint,
                    document.sha256,
                    document.title,
                    document.text,
                    document_parts(document),
                ),
            )
            db.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        document.id,
                        p.start,
                        p.end,
                        json.dumps(p.heading_path, ensure_ascii=False),
                        p.page,
                        v.tobytes(),
                    )
                    for p, v in zip(passages, vectors, strict=True)
                ],
            )

    def move(self, row: DocumentRow) -> None:
        """Record where an unchanged document now comes from."""
        with self._transaction() as db:
            db.execute("UPDATE documents SET root = ?, origin = ? WHERE id = ?", (row.root, row.origin, row.id))

    @contextmanager
    def in_bulk(self) -> Iterator[None]:
        """Commit through a write-ahead log meanwhile: one flush to disk a commit instead of three or four.

        Left again at the end, for the log's file needs a folder that can be written even to read the record; where
        another program is reading just then it stays, which harms nothing, until the next time.
        """
        self._db.execute("PRAGMA journal_mode=WAL")
        try:
            yield
        finally:
            with suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA journal_mode=DELETE")

    def put_file(self, row: FileRow) -> None:
        """Record that a file was read whole: written after the last of its documents."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                (row.origin, row.root, row.sha256, row.recipe, json.dumps(row.warnings, ensure_ascii=False)),
            )

    def forget_files(self, origins: Iterable[str]) -> None:
        """Forget files of which no document is left."""
        with self._transaction() as db:
            db.executemany("DELETE FROM files WHERE origin = ?", [(origin,) for origin in origins])

    def remove(self, identifiers: Iterable[str]) -> None:
        """Remove documents and all that hangs on them; a file left without any is forgotten too."""
        with self._transaction() as db:
            for identifier in identifiers:
                db.execute("DELETE FROM passages WHERE document_id = ?", (identifier,))
                db.execute("DELETE FROM sentences WHERE document_id = ?", (identifier,))
                db.execute("DELETE FROM days WHERE document_id = ?", (identifier,))
                db.execute(
                    "DELETE FROM files WHERE origin = (SELECT origin FROM documents WHERE id = ?) AND NOT EXISTS "
                    "(SELECT 1 FROM documents WHERE documents.origin = files.origin AND id <> ?)",
                    (identifier, identifier),
                )
                db.execute("DELETE FROM documents WHERE id = ?", (identifier,))

    def vectors(self, document_id: str) -> Vectors:
        """Return the vectors of a document's passages in their order: shape [passages, dimension]."""
        rows = self._db.execute(
            'SELECT vector FROM passages WHERE document_id = ? ORDER BY start, "end"', (document_id,)
        ).fetchall()
        return (
            np.stack([np.frombuffer(row[0], dtype=np.float32) for row in rows])
            if rows
            else np.empty((0, 0), np.float32)
        )

    def sentences(self, document_id: str) -> dict[Span, dict[Span, tuple[str, bytes]]]:
        """Return what was encoded of a document (a key) and its vector, by its place, by its passage's span."""
        rows = self._db.execute("SELECT * FROM sentences WHERE document_id = ?", (document_id,))
        stored: dict[Span, dict[Span, tuple[str, bytes]]] = {}
        for _, passage_start, passage_end, start, end, key, vector in rows:
            stored.setdefault((passage_start, passage_end), {})[start, end] = (key, vector)
        return stored

    def put_sentences(self, vectors: Mapping[str, Mapping[Span, Mapping[Span, tuple[str, bytes]]]]) -> None:
        """Write what was encoded of documents, in place of what was before, in one transaction."""
        with self._transaction() as db:
            for identifier, passages in vectors.items():
                db.execute("DELETE FROM sentences WHERE document_id = ?", (identifier,))
                db.executemany(
                    "INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [
                        (identifier, *passage, *place, key, vector)
                        for passage, places in passages.items()
                        for place, (key, vector) in places.items()
                    ],
                )

    def copy_without_vectors(self, target: Path) -> None:
        """Write a copy for a generation: everything but the vectors, in a file of its own."""
        self._db.execute("ATTACH DATABASE ? AS copy", (str(target),))
        try:
            self._db.execute("BEGIN")
            for table in ("files", "documents", "passages", "days"):
                columns = (
                    "*" if table != "passages" else 'document_id, start, "end", heading_path, page, NULL AS vector'
                )
                self._db.execute(f"CREATE TABLE copy.{table} AS SELECT {columns} FROM main.{table}")
            self._db.execute("CREATE UNIQUE INDEX copy.documents_by_id ON documents (id)")
            self._db.execute('CREATE UNIQUE INDEX copy.passages_by_place ON passages (document_id, start, "end")')
            self._db.execute(f"PRAGMA copy.user_version={SCHEMA}")
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:  # the copy failed half-way: the record is to stay in use
                self._db.execute("ROLLBACK")
            self._db.execute("DETACH DATABASE copy")

    def integrity(self) -> str:
        """Return SQLite's own word on the file: ``ok``, or what is wrong."""
        return str(self._db.execute("PRAGMA integrity_check").fetchone()[0])

    def vacuum(self) -> None:
        """Take what was removed out of the file's bytes as well."""
        self._db.execute("VACUUM")
