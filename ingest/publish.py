"""The record → a new generation: built beside the live one, verified in a child, then pointed to.

A crash at any instant leaves ``CURRENT`` at the generation before, whole; what was half built carries the
suffix ``.tmp`` and is swept at the next publish. Chroma is written once and never updated in place (a killed
flush can leave a folder that crashes every later process), so it is a cache that can always be rebuilt.
"""

import json
import os
import shutil
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from assistant import sentence_store
from assistant.catalogue import RECIPE, Catalogue
from assistant.errors import CasebookError, IndexDamaged, IndexMissing
from assistant.generations import Manifest, current_folder, file_digests
from assistant.index import COLLECTION, KEYWORD_INDEXES, Generation, analyser, open_chroma
from assistant.schema import Document, Passage
from assistant.sentences import split_sentences
from ingest.chunker import embedded_text
from ingest.verify import check, checker, generation_digest

_BATCH = 250
# Exact enough that the nearest hundred are the true ones on corpora of this size; one thread builds one graph.
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32, "num_threads": 1}


def publish(root: Path, record: Catalogue, *, model: str, identity: str, precision: str) -> Manifest:
    """Build, verify and point to a new generation; return its manifest.

    Raises IndexDamaged where the verification fails: the generation before goes on answering.
    """
    # The name of a stale folder is not taken again: the check of a killed ingest may still be opening files by it.
    taken = [path.name[4:].removesuffix(".tmp") for path in root.glob("gen-*")]
    number = max((int(name) for name in taken if name.isdigit()), default=0) + 1
    for stale in root.glob("gen-*.tmp"):
        _sweep(stale)
    building = root / f"gen-{number}.tmp"
    building.mkdir()
    # The child loads its libraries while the index is written.
    with checker(root) as child, _in_words(root):
        record.copy_without_vectors(building / "record.sqlite")
        sentences = _write_keyword(building / "keyword", record)
        _write_chroma(building / "chroma", record)
        sentence_store.write(building / sentence_store.FOLDER, _sentence_vectors(record))
        documents, passages = record.counts()
        manifest = Manifest(
            generation=generation_digest(record, identity),
            number=number,
            model=model,
            identity=identity,
            precision=precision,
            recipe=RECIPE,
            documents=documents,
            passages=passages,
            sentences=sentences,
            published=date.today().isoformat(),
            files=file_digests(building),
        )
        (building / "manifest.json").write_text(json.dumps(manifest.to_json(), indent=1), encoding="utf-8")
        check(child, building)
    _flush(building)
    folder = building.rename(root / f"gen-{number}")
    before = _pointed_to(root)
    _point(root, folder.name)
    for path in root.glob("gen-*"):
        if path.name[4:].isdigit() and path.name not in {folder.name, before}:
            _sweep(path)
    return manifest


def _sweep(folder: Path) -> None:
    """Delete a folder as far as it can be: a reader, or the check of a killed ingest, may still be in it.

    What is left is swept at the next publish.
    """
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _in_words(root: Path) -> Iterator[None]:
    """Say what Chroma and tantivy could not write: each has errors of its own for a full disk."""
    try:
        yield
    except (CasebookError, OSError, MemoryError, sqlite3.Error):
        raise
    except Exception as error:
        detail = (str(error).strip().splitlines() or ["no detail"])[0]
        raise CasebookError(
            f"A new generation could not be written in {root} ({type(error).__name__}: {detail}). What was published "
            "goes on answering. Look at the room on the disk and the rights on the folder, then run the same again."
        ) from error


def _each(record: Catalogue) -> Iterator[tuple[Document, tuple[Passage, ...]]]:
    for document in record.documents():
        yield document, record.passages(document.id)


def _write_keyword(folder: Path, record: Catalogue) -> int:
    """Write the two keyword indexes, of passages (with title and headings) and of sentences; count the latter."""
    import tantivy

    schema = (
        tantivy.SchemaBuilder()
        .add_text_field("text", tokenizer_name="english", index_option="freq")
        .add_text_field("document", tokenizer_name="raw", index_option="basic")
        .add_text_field("passage", stored=True, tokenizer_name="raw", index_option="basic")
        .build()
    )
    writers = {}
    for name in KEYWORD_INDEXES:
        (folder / name).mkdir(parents=True)
        index = tantivy.Index(schema, path=str(folder / name))
        index.register_tokenizer("english", analyser())
        writers[name] = index.writer(heap_size=64_000_000, num_threads=1)
    count = 0
    for document, passages in _each(record):
        for passage in passages:
            place = {"document": document.id, "passage": passage.id}
            text = embedded_text(document.title, passage.heading_path, passage.text)
            writers["passages"].add_document(tantivy.Document(text=text, **place))
            for start, end in split_sentences(passage.text):
                writers["sentences"].add_document(tantivy.Document(text=passage.text[start:end], **place))
                count += 1
    for writer in writers.values():
        writer.commit()
        writer.wait_merging_threads()
    return count


def _sentence_vectors(record: Catalogue) -> Iterator[list[tuple[sentence_store.Place, bytes]]]:
    """Yield the places and vectors of each passage, in the order of documents and passages."""
    for document, passages in _each(record):
        stored = record.sentences(document.id)
        for passage in passages:
            places = stored.get((passage.start, passage.end), {})
            yield [(place, vector) for place, (_, vector) in places.items()]


def node_metadata(document: Document, passage: Passage) -> dict[str, str | int]:
    """Return a passage's metadata as Chroma can filter them.

    ChromaVectorStore refuses lists, so each of several topics is a key of its own: ``topic:dermatology`` = 1.
    """
    metadata = document.metadata
    fields: dict[str, str | int] = {
        "title": document.title,
        "collaborative": metadata.collaborative,
        "region": metadata.region,
        "type": metadata.type,
        "heading": " > ".join(passage.heading_path),
        "start": passage.start,
        "end": passage.end,
        "sha256": document.sha256,
    }
    if passage.page is not None:
        fields["page"] = passage.page
    fields |= {f"topic:{topic}": 1 for topic in metadata.topics}
    return {name: value for name, value in fields.items() if value != ""}  # each is a row of Chroma's


def _write_chroma(folder: Path, record: Catalogue) -> None:
    """Write the passages as an ordinary LlamaIndex collection, vectors always given."""
    with closing(open_chroma(folder)) as client:
        _fill_chroma(client, record)
    _drop_unused(folder, record.counts()[1])


def _fill_chroma(client: Any, record: Catalogue) -> None:
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
    from llama_index.vector_stores.chroma import ChromaVectorStore

    # The graph is written to disk once, with the last passage; else each reader would build the rest of it anew.
    hnsw: dict[str, Any] = {**_HNSW, "sync_threshold": max(1, record.counts()[1])}
    collection = client.create_collection(COLLECTION, embedding_function=None, configuration={"hnsw": hnsw})
    store = ChromaVectorStore(chroma_collection=collection)
    nodes: list[Any] = []
    for document, passages in _each(record):
        source = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document.id)}
        for passage, vector in zip(passages, record.vectors(document.id), strict=True):
            metadata = node_metadata(document, passage)
            nodes.append(
                TextNode(
                    id_=passage.id,
                    text=passage.text,
                    metadata=metadata,
                    excluded_embed_metadata_keys=list(metadata),
                    excluded_llm_metadata_keys=[key for key in metadata if key not in {"title", "heading"}],
                    relationships=source,
                    start_char_idx=passage.start,
                    end_char_idx=passage.end,
                    embedding=vector.tolist(),
                )
            )
        while len(nodes) >= _BATCH:
            store.add(nodes[:_BATCH])
            del nodes[:_BATCH]
    if nodes:
        store.add(nodes)


def _drop_unused(chroma: Path, vectors: int) -> None:
    """Cut off what stands behind the last vector in Chroma's files.

    It makes room for a hundred at first and writes that out as it lies in this process's memory, which may hold
    the text of a document that was just removed.
    """
    for header in chroma.glob("*/header.bin"):
        _version, _offset, _capacity, count, size = struct.unpack_from("<iQQQQ", header.read_bytes())
        if count == vectors:
            for name, length in (("data_level0.bin", count * size), ("length.bin", count * 4)):
                if (header.parent / name).stat().st_size > length:
                    os.truncate(header.parent / name, length)


def _flush(folder: Path) -> None:
    """Force every file and folder of a generation to disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
    for path in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        flush_folder(path)


def flush_folder(folder: Path) -> None:
    """Force a folder's entries to disk, where the system can (Windows has no such call)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _pointed_to(root: Path) -> str:
    """Return the name of the generation that has been answering so far; empty where there is none."""
    pointer = root / "CURRENT"
    return pointer.read_text(encoding="utf-8", errors="replace").strip() if pointer.is_file() else ""


def _point(root: Path, name: str) -> None:
    """Replace ``CURRENT`` in one step: this is the instant of publication."""
    pointer = root / "CURRENT.tmp"
    with pointer.open("w", encoding="utf-8") as stream:
        stream.write(name)
        stream.flush()
        os.fsync(stream.fileno())
    flush_folder(root)
    pointer.replace(root / "CURRENT")
    flush_folder(root)


def published_manifest(root: Path) -> Manifest | None:
    """Return the manifest of the published generation, or None where there is none that is whole."""
    try:
        with closing(Generation(current_folder(root))) as generation:
            return generation.manifest
    except (IndexMissing, IndexDamaged):
        return None


def ids_in(folder: Path) -> Iterable[str]:
    """Return the ids of a generation's documents; of one that cannot be opened there is nothing to know."""
    try:
        with closing(Generation(folder)) as generation:
            return [document.id for document in generation.documents]
    except IndexDamaged:
        return ()
