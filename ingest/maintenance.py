"""Looking after an index: list, doctor, rebuild, remove, backup, restore."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from assistant.catalogue import Catalogue
from assistant.errors import CasebookError, DocumentUnknown, IndexDamaged, IndexMissing
from assistant.generations import current_folder, read_manifest
from ingest.pipeline import RECORD, Ingest, record_path
from ingest.publish import flush_folder
from ingest.verify import verify_in_child

Said = tuple[dict[str, Any], list[str]]


def existing_record(root: Path) -> Path:
    """Return the path of an index's record. Raises IndexMissing, IndexDamaged."""
    path = record_path(root)
    if not path.is_file():
        raise IndexMissing(f"There is no index at {root}. Build it with: python3 run.py ingest --index {root} FOLDER")
    return path


def scratch_or_own(root: Path) -> Path:
    """Return the record to compare with in a dry run: the index's own, or an empty one in memory."""
    path = record_path(root)
    return path if path.is_file() else Path(":memory:")


def list_documents(root: Path) -> Said:
    """List the documents of the record with their passages and where they came from."""
    with Catalogue(existing_record(root)) as record:
        rows, days = record.rows(), record.days()
        documents = [
            {
                "id": document.id,
                "title": document.title,
                "collaborative": document.metadata.collaborative,
                "characters": len(document.text),
                "passages": len(record.passages(document.id)),
                "sha256": document.sha256,
                "root": rows[document.id].root,
                **dict(zip(("added", "changed"), days.get(document.id, ("", "")), strict=True)),
            }
            for document in record.documents()
        ]
    lines = [
        f"{d['id']}  {d['title']}  ({d['passages']} passages, {d['characters']} characters, "
        f"changed {d['changed'] or 'on a day not recorded'})"
        for d in documents
    ]
    return {"documents": documents}, [*lines, f"{len(documents)} documents"]


def doctor(root: Path) -> Said:
    """Check that record, Chroma, keyword index and manifest agree; say what is wrong and what to do."""
    faults: list[str] = []
    counts: dict[str, int] = {}
    try:
        state = "ok"
        with Catalogue(existing_record(root)) as record:
            try:
                state = record.integrity()
                counts["documents"], counts["passages"] = record.counts()
            except sqlite3.DatabaseError as error:
                state = str(error)
        if state != "ok":
            faults.append(f"the record is damaged ({state}): restore a backup")
        folder = current_folder(root)
        manifest = read_manifest(folder)
        counts["generation_documents"], counts["generation_passages"] = manifest.documents, manifest.passages
        verify_in_child(folder, root)
    except IndexMissing:
        raise
    except IndexDamaged as error:
        faults.append(str(error))
    lines = [f"{name.replace('_', ' ')}: {number}" for name, number in counts.items()]
    if faults:
        lines += [*(f"Fault: {fault}" for fault in faults), "To mend it: python3 run.py ingest rebuild"]
    else:
        lines.append("Healthy: record, vectors, keyword index and manifest agree.")
    return {"healthy": not faults, "faults": faults, **counts}, lines


def rebuild(ingest: Ingest) -> Said:
    """Publish the record anew; embed again what another model or recipe made."""
    ingest.embed_again()
    ingest.publish(always=True)
    said = {"generation": ingest.report.generation, "embedded_again": len(ingest.report.updated)}
    return said, [f"Generation {said['generation']} published; {said['embedded_again']} documents embedded again."]


def remove(ingest: Ingest, identifiers: Sequence[str]) -> Said:
    """Remove documents by id, and their every trace from record and index."""
    if not identifiers:
        raise CasebookError("remove takes one or more document ids; see them with: python3 run.py ingest list")
    known = ingest.known_ids()
    unknown = [identifier for identifier in identifiers if identifier not in known]
    if unknown:
        raise DocumentUnknown(f"No document {unknown[0]!r} is in this index; nothing was removed. See: ingest list")
    ingest.remove(identifiers)
    return {"removed": list(identifiers)}, [f"Removed: {', '.join(identifiers)}"]


def backup(root: Path, target: Path) -> Said:
    """Copy the record, from which everything can be rebuilt, to one file; safe while an ingest runs."""
    if target.exists():
        raise CasebookError(f"{target} is there already; name a new file.")
    record_path = existing_record(root)
    try:
        with closing(sqlite3.connect(record_path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise CasebookError(f"The record could not be copied to {target} ({error}); there is no backup.") from error
    with Catalogue(target) as record:
        documents, passages = record.counts()
    said = {"file": str(target), "documents": documents, "passages": passages}
    return said, [f"{documents} documents and {passages} passages are in {target}."]


def put_back(root: Path, source: Path) -> None:
    """Put a backup in the record's place, checked first. Raises CasebookError, IndexDamaged."""
    if not source.is_file():
        raise CasebookError(f"There is no backup at {source}.")
    beside = root / (RECORD + ".tmp")
    shutil.copyfile(source, beside)
    try:
        with Catalogue(beside, read_only=True) as record:  # read only: an empty file is not made into a record
            state = record.integrity()
    except (IndexDamaged, sqlite3.DatabaseError) as error:
        state = str(error)
    if state != "ok":
        beside.unlink()
        raise IndexDamaged(f"The backup {source} is damaged ({state}); the index was left as it is.")
    # A commit that was killed leaves its journal, which SQLite would play into the backup.
    for journal in ("-journal", "-wal", "-shm"):
        (root / (RECORD + journal)).unlink(missing_ok=True)
    with beside.open("rb+") as stream:
        os.fsync(stream.fileno())
    beside.replace(root / RECORD)
    flush_folder(root)
