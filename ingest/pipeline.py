"""ingest(): find, compare with the record, read, chunk, embed, commit a document at a time, publish."""

import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from assistant.catalogue import RECIPE, Catalogue
from assistant.embedder import Embedder, file_sha256
from assistant.errors import CasebookError, IndexDamaged
from assistant.generations import current_folder
from assistant.rows import DocumentRow, FileRow, document_fingerprint
from assistant.schema import Document
from ingest.ahead import read_ahead
from ingest.batches import Batches, Cut
from ingest.chunker import chunk
from ingest.publish import ids_in, publish, published_manifest
from ingest.readers import Reading
from ingest.report import IngestReport
from ingest.sandbox import Limits
from ingest.sentences import encode_sentences
from ingest.sources import Listing, SourceFile, find
from ingest.verify import generation_digest

RECORD = "record.sqlite"

Progress = Callable[[int, int, str], None]
"""Called with what is done, how much there is in all (in bytes of the files), and the document at hand."""


def record_path(root: Path) -> Path:
    """Return where an index has its record, or will have it.

    Raises IndexDamaged where the record is lost but for what was published from it: a new one would publish less.
    """
    path = root / RECORD
    if (root / "CURRENT").is_file() and not (path.is_file() and path.stat().st_size):
        raise IndexDamaged(
            f"The record {path} is missing or empty, while a generation made from it is published, which goes on "
            "answering. Run: python3 run.py ingest restore BACKUP, or delete the folder and ingest again."
        )
    return path


def recipe_of(embedder: Embedder) -> str:
    """Return what a document's passages and vectors depend on, besides the document."""
    return f"{RECIPE} {embedder.identity}"


class Ingest:
    """One ingest into one index, under its writer's lock."""

    def __init__(self, root: Path, record: Catalogue, embedder: Embedder, *, model: str, progress: Progress) -> None:
        self._root, self._record, self._embedder = root, record, embedder
        self._model, self._progress = model, progress
        self._recipe = recipe_of(embedder)
        self._rows = record.rows()
        self._files = record.files()
        self._by_origin: dict[str, list[DocumentRow]] = defaultdict(list)
        for row in self._rows.values():
            self._by_origin[row.origin].append(row)
        self._seen: set[str] = set()  # ids that are still where they came from
        self._whole: set[str] = set()  # origins that were read in this run without a refusal
        self._contested: list[tuple[SourceFile, Document]] = []
        self._new_texts: dict[str, str] = {}
        self._batches = Batches(record, embedder, lambda cut: self._move_on(cut.size, cut.document.id))
        self._sizes: dict[Path, int] = {}
        self._done = self._total = 0
        self._check = False
        self.report = IngestReport()

    def run(self, arguments: Sequence[str], *, check: bool, yes: bool, limits: Limits) -> IngestReport:
        """Take in files and folders; with ``check`` read and compare only."""
        self._check = check
        listing = find(arguments)
        self.report.refused.extend(listing.refused)
        # A file that may not be read is still there: what was read from it before is kept.
        self._seen.update(name for name, _ in listing.refused)
        changed = self._changed(listing)
        with self._record.in_bulk() if changed and not check else nullcontext():
            for file, sha256, reading in read_ahead(changed, limits):
                if isinstance(reading, CasebookError):
                    self._move_on(self._sizes[file.path], file.document_id)
                    self._refuse(file, str(reading))
                else:
                    self._take_file(file, sha256, reading)
            self._settle_contested()
            self._batches.finish()
        self._remove_vanished(listing, yes=yes)
        self._warn_of_twins()
        if not check:
            self.publish()
        return self.report

    def _changed(self, listing: Listing) -> list[tuple[SourceFile, str]]:
        """Return the files that have to be read, with their hashes; report the others."""
        changed: list[tuple[SourceFile, str]] = []
        for file in map(self._as_known, listing.files):
            try:
                sha256 = file_sha256(file.path)
                self._sizes[file.path] = file.path.stat().st_size
            except OSError as error:
                self._refuse(file, f"cannot be opened: {error.strerror}")
                continue
            known = self._unchanged(file, sha256)
            if known is None:
                changed.append((file, sha256))
                self._total += self._sizes[file.path]
                continue
            self._seen.update(known)
            self.report.unchanged.extend(known)
            warnings = self._files[str(file.path)].warnings
            self.report.warned.extend((file.document_id, warning) for warning in warnings)
        return changed

    def _as_known(self, file: SourceFile) -> SourceFile:
        """Return a file that is named by itself as the one of the folder that it came in with before."""
        row = self._files.get(str(file.path))
        if row is None or file.root != str(file.path) or row.root == file.root:
            return file
        place = file.path.relative_to(row.root).as_posix()
        return SourceFile(row.root, file.path, unicodedata.normalize("NFC", place))

    def _unchanged(self, file: SourceFile, sha256: str) -> list[str] | None:
        """Return the ids of a file that was read whole before, as it is now; None where it has to be read."""
        row = self._files.get(str(file.path))
        if row is None or row.sha256 != sha256 or row.recipe != RECIPE or row.root != file.root:
            return None
        own = self._by_origin[row.origin]
        if not own or any(known.recipe != self._recipe for known in own):
            return None
        return [known.id for known in own]

    def _refuse(self, file: SourceFile, reason: str) -> None:
        kept = [row.id for row in self._by_origin[str(file.path)]]
        self._seen.update(kept)
        keeps = " (what was read from it before is kept)" if kept else ""
        self.report.refused.append((file.document_id, f"{reason}{keeps}"))

    def _take_file(self, file: SourceFile, sha256: str, reading: Reading) -> None:
        """Put what changed of a file into the record, and last the file itself."""
        self.report.warned.extend((file.document_id, warning) for warning in reading.warnings)
        self.report.refused.extend(reading.refused)
        a_character = self._sizes[file.path] / (sum(len(document.text) for document in reading.documents) or 1)
        taken = [self._take_document(file, each, round(len(each.text) * a_character)) for each in reading.documents]
        if reading.refused:
            self._keep_what_may_be_there(file)
            return
        origin = str(file.path)
        self._whole.add(origin)
        if not self._check and all(taken):
            row = FileRow(origin=origin, root=file.root, sha256=sha256, recipe=RECIPE, warnings=reading.warnings)
            self._batches.add(row)

    def _keep_what_may_be_there(self, file: SourceFile) -> None:
        """Keep the documents of a file of which a part was refused: they may be in that part."""
        kept = [row.id for row in self._by_origin[str(file.path)] if row.id not in self._seen]
        if kept:
            self._seen.update(kept)
            reason = f"a part of it could not be read, so what is not found in it any more is kept: {', '.join(kept)}"
            self.report.warned.append((file.document_id, reason))

    def _take_document(self, file: SourceFile, document: Document, size: int) -> bool:
        """Queue a document that is new or changed; return whether its id belongs to this file."""
        known = self._rows.get(document.id)
        if known is not None and known.origin != str(file.path) and Path(known.origin).exists():
            self._contested.append((file, document))
            return False
        self._queue(file, document, known, size)
        return True

    def _settle_contested(self) -> None:
        """Give a document that stood in another file to the one where it is now, or refuse it by name."""
        for file, document in self._contested:
            known = self._rows[document.id]
            if known.origin in self._whole and document.id not in self._seen:
                self._queue(file, document, known, 0)
            else:
                reason = f"the id {document.id!r} is taken by {known.origin}; rename one of them"
                self.report.refused.append((str(file.path), reason))

    def _queue(self, file: SourceFile, document: Document, known: DocumentRow | None, size: int) -> None:
        self._seen.add(document.id)
        row = DocumentRow(
            id=document.id,
            root=file.root,
            origin=str(file.path),
            recipe=self._recipe,
            fingerprint=document_fingerprint(document),
        )
        self._rows[document.id] = row
        if known and (known.recipe, known.fingerprint) == (row.recipe, row.fingerprint):
            self.report.unchanged.append(document.id)
            self._move_on(size, document.id)
            if known != row and not self._check:
                self._record.move(row)
            return
        (self.report.updated if known else self.report.added).append(document.id)
        self._new_texts[document.id] = document.sha256
        self._cut(document, row, size)

    def _cut(self, document: Document, row: DocumentRow, size: int) -> None:
        """Cut a document into passages, which wait for their vectors."""
        chunks = chunk(document, self._embedder.count_tokens, self._embedder.max_tokens)
        self.report.passages += len(chunks)
        if self._check:
            self._move_on(size, document.id)
        else:
            self._batches.add(Cut(document, row, chunks, size))

    def _move_on(self, size: int, name: str) -> None:
        self._done += size
        self._progress(self._done, self._total, name)

    def _remove_vanished(self, listing: Listing, *, yes: bool) -> None:
        for root in listing.roots:
            own = [row.id for row in self._rows.values() if row.root == root]
            vanished = [identifier for identifier in own if identifier not in self._seen]
            if len(vanished) * 2 > len(own) and not yes:
                reason = (
                    f"{len(vanished)} of its {len(own)} documents are gone from it, so none was removed from the "
                    "index; if that is meant, run the same again with --yes"
                )
                self.report.refused.append((root, reason))
                continue
            self.report.removed.extend(vanished)
            if vanished and not self._check:
                self._record.remove(vanished)
        origins = {row.origin for row in self._rows.values()}
        empty = [origin for origin in self._files if origin not in origins]  # their documents moved to another file
        if empty and not self._check:
            self._record.forget_files(empty)

    def _warn_of_twins(self) -> None:
        """Name each document that came in with the text of another one that stays."""
        earlier: dict[str, list[str]] = defaultdict(list)
        for identifier, text in self._new_texts.items():
            stored = (other for other in self._record.same_text(text) if other not in self._new_texts)
            others = {*earlier[text], *stored} - set(self.report.removed)
            if others:
                reason = f"has the same text as {', '.join(sorted(others))}; both are kept"
                self.report.warned.append((identifier, reason))
            earlier[text].append(identifier)

    def embed_again(self) -> None:
        """Chunk and embed anew, from the record alone, every document made by another recipe or model."""
        stale = [row.id for row in self._rows.values() if row.recipe != self._recipe]
        self._total = len(stale)
        for identifier in stale:
            self._cut(self._record.document(identifier), replace(self._rows[identifier], recipe=self._recipe), 1)
            self.report.updated.append(identifier)
        self._batches.finish()

    def known_ids(self) -> set[str]:
        """Return the ids of all documents in the record, and of those that a killed removal left published."""
        return set(self._rows).union(*map(ids_in, self._root.glob("gen-*")))

    def remove(self, identifiers: Sequence[str]) -> None:
        """Remove documents from the record, from its file's bytes and from the published index."""
        self._record.remove(identifiers)
        self._record.vacuum()
        self.publish()
        for older in self._root.glob("gen-*"):  # the generation before still holds what was removed
            if older != current_folder(self._root):
                shutil.rmtree(older)

    def publish(self, *, always: bool = False) -> None:
        """Publish what the record holds, unless the published generation holds just that."""
        current = published_manifest(self._root)
        digest = generation_digest(self._record, self._embedder.identity)
        self.report.generation = digest
        if always or current is None or current.generation != digest:
            with self._record.in_bulk():
                encode_sentences(self._record, self._embedder, self._progress)
            self._progress(self._total, self._total, "publishing")
            publish(
                self._root,
                self._record,
                model=self._model,
                identity=self._embedder.identity,
                precision=self._embedder.precision,
            )
            self.report.published = True
