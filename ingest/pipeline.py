"""ingest(): find, compare with the record, read, chunk, embed, commit a document at a time, publish."""

import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from assistant.catalogue import RECIPE, Catalogue, DocumentRow, FileRow, document_fingerprint
from assistant.embedder import Embedder, file_sha256
from assistant.errors import CasebookError, DocumentRefused, IndexMissing
from assistant.index import Manifest, current_folder, read_manifest
from assistant.schema import Document, Passage
from ingest.chunker import chunk
from ingest.publish import publish
from ingest.readers import Reading
from ingest.sandbox import Limits, read_file
from ingest.sources import Listing, SourceFile, find
from ingest.verify import generation_digest

RECORD = "record.sqlite"
# Passages embedded in one go: enough to fill the encoder's rows, few enough to commit often.
BATCH_PASSAGES = 384
READ_AHEAD = 3

Progress = Callable[[int, int, str], None]
"""Called with characters done, characters in all, and the document at hand."""


@dataclass(slots=True)
class IngestReport:
    """What an ingest did, each thing by document id; a refusal or warning with its reason."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    warned: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    passages: int = 0
    generation: str = ""
    published: bool = False


@dataclass(frozen=True, slots=True)
class _Pending:
    """A document that waits for its vectors."""

    document: Document
    row: DocumentRow
    chunks: tuple[tuple[Passage, str], ...]


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
        self._pending: list[_Pending] = []
        self._done = self._total = 0
        self.report = IngestReport()

    def run(self, arguments: Sequence[str], *, check: bool, yes: bool, limits: Limits) -> IngestReport:
        """Take in files and folders; with ``check`` read and compare only."""
        listing = find(arguments)
        self.report.refused.extend(listing.refused)
        seen = self._take(listing, check=check, limits=limits)
        self._remove_vanished(listing, seen, check=check, yes=yes)
        if not check:
            self.publish()
        return self.report

    def _take(self, listing: Listing, *, check: bool, limits: Limits) -> set[str]:
        """Read what changed and put it into the record; return the ids that are still there."""
        # A file that may not be read is still there: what was read from it before is kept.
        seen = {name for name, _ in listing.refused}
        changed: list[tuple[SourceFile, str]] = []
        for file in listing.files:
            sha256 = file_sha256(file.path)
            known = self._unchanged(file, sha256)
            if known is None:
                changed.append((file, sha256))
                continue
            seen.update(known)
            self.report.unchanged.extend(known)
            row = self._files[str(file.path)]
            self.report.warned.extend((file.document_id, warning) for warning in row.warnings)
        self._total = sum(file.path.stat().st_size for file, _ in changed)
        for file, sha256, reading in _read_ahead(changed, limits):
            if isinstance(reading, CasebookError):
                kept = [row.id for row in self._rows.values() if row.origin == str(file.path)]
                seen.update(kept)
                keeps = " (what was read from it before is kept)" if kept else ""
                self.report.refused.append((file.document_id, f"{reading}{keeps}"))
                self._done += file.path.stat().st_size
                continue
            seen.update(self._take_file(file, sha256, reading, check=check))
        return seen

    def _unchanged(self, file: SourceFile, sha256: str) -> list[str] | None:
        """Return the ids of a file that was read whole before, as it is now; None where it has to be read."""
        row = self._files.get(str(file.path))
        if row is None or row.sha256 != sha256 or row.recipe != RECIPE or row.root != file.root:
            return None
        own = [known for known in self._rows.values() if known.origin == row.origin]
        if not own or any(known.recipe != self._recipe for known in own):
            return None
        return [known.id for known in own]

    def _take_file(self, file: SourceFile, sha256: str, reading: Reading, *, check: bool) -> list[str]:
        size = file.path.stat().st_size
        characters = sum(len(document.text) for document in reading.documents) or 1
        taken: list[str] = []
        self.report.warned.extend((file.document_id, warning) for warning in reading.warnings)
        self.report.refused.extend(reading.refused)
        for document in reading.documents:
            self._progress(self._done, self._total, document.id)
            if self._take_document(file, document, check=check):
                taken.append(document.id)
            self._done += size * len(document.text) // characters
        self._flush()
        if not check and not reading.refused and len(taken) == len(reading.documents):
            origin = str(file.path)
            self._record.put_file(
                FileRow(origin=origin, root=file.root, sha256=sha256, recipe=RECIPE, warnings=reading.warnings)
            )
        return taken

    def _take_document(self, file: SourceFile, document: Document, *, check: bool) -> bool:
        """Queue a document that is new or changed; return whether its id belongs to this file."""
        known = self._rows.get(document.id)
        if known is not None and known.origin != str(file.path) and Path(known.origin).exists():
            reason = f"the id {document.id!r} is taken by {known.origin}; rename one of them"
            self.report.refused.append((str(file.path), reason))
            return False
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
            if known != row and not check:
                self._record.move(row)
            return True
        (self.report.updated if known else self.report.added).append(document.id)
        for other in self._record.same_text(document.sha256):
            if other != document.id:
                self.report.warned.append((document.id, f"has the same text as {other}; both are kept"))
        chunks = chunk(document, self._embedder.count_tokens, self._embedder.max_tokens)
        self.report.passages += len(chunks)
        if not check:
            self._pending.append(_Pending(document, row, chunks))
            if sum(len(pending.chunks) for pending in self._pending) >= BATCH_PASSAGES:
                self._flush()
        return True

    def _flush(self) -> None:
        """Embed what is pending and commit it, a document at a time."""
        if not self._pending:
            return
        vectors = self._embedder.encode_passages([text for pending in self._pending for _, text in pending.chunks])
        begin = 0
        for pending in self._pending:
            end = begin + len(pending.chunks)
            self._record.put(pending.document, pending.row, [p for p, _ in pending.chunks], vectors[begin:end])
            begin = end
        self._pending.clear()

    def _remove_vanished(self, listing: Listing, seen: set[str], *, check: bool, yes: bool) -> None:
        for root in listing.roots:
            own = [row.id for row in self._rows.values() if row.root == root]
            vanished = [identifier for identifier in own if identifier not in seen]
            if len(vanished) * 2 > len(own) and not yes:
                reason = (
                    f"{len(vanished)} of its {len(own)} documents are gone from it, so none was removed from the "
                    "index; if that is meant, run the same again with --yes"
                )
                self.report.refused.append((root, reason))
                continue
            self.report.removed.extend(vanished)
            if vanished and not check:
                self._record.remove(vanished)

    def embed_again(self) -> None:
        """Chunk and embed anew, from the record alone, every document made by another recipe or model."""
        stale = [row.id for row in self._rows.values() if row.recipe != self._recipe]
        for place, identifier in enumerate(stale):
            self._progress(place, len(stale), identifier)
            document, row = self._record.document(identifier), self._rows[identifier]
            again = DocumentRow(
                id=row.id, root=row.root, origin=row.origin, recipe=self._recipe, fingerprint=row.fingerprint
            )
            chunks = chunk(document, self._embedder.count_tokens, self._embedder.max_tokens)
            self._pending.append(_Pending(document, again, chunks))
            self.report.updated.append(identifier)
            if sum(len(pending.chunks) for pending in self._pending) >= BATCH_PASSAGES:
                self._flush()
        self._flush()

    def known_ids(self) -> set[str]:
        """Return the ids of all documents in the record."""
        return set(self._rows)

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
            self._progress(self._total, self._total, "publishing")
            publish(
                self._root,
                self._record,
                model=self._model,
                identity=self._embedder.identity,
                precision=self._embedder.precision,
            )
            self.report.published = True


def published_manifest(root: Path) -> Manifest | None:
    """Return the manifest of the published generation, or None where there is none that is whole."""
    try:
        return read_manifest(current_folder(root))
    except (IndexMissing, CasebookError):
        return None


def _read_ahead(
    files: Sequence[tuple[SourceFile, str]], limits: Limits
) -> Iterator[tuple[SourceFile, str, Reading | CasebookError]]:
    """Read files in child processes, a few ahead of the one in hand, and yield them in order."""

    def read(file: SourceFile) -> Reading | CasebookError:
        try:
            return read_file(file.path, file.document_id, limits)
        except DocumentRefused as refusal:
            return refusal

    waiting: deque[tuple[SourceFile, str, Future[Reading | CasebookError]]] = deque()
    with ThreadPoolExecutor(max_workers=READ_AHEAD) as pool:
        for file, sha256 in files:
            waiting.append((file, sha256, pool.submit(read, file)))
            if len(waiting) > READ_AHEAD:
                done = waiting.popleft()
                yield done[0], done[1], done[2].result()
        while waiting:
            done = waiting.popleft()
            yield done[0], done[1], done[2].result()
