"""An opened generation: dense candidates from Chroma, keyword candidates from tantivy, texts from the record.

Outside this file there are only similarities (higher is better), passage ids and plain values. A generation is
never changed by a reader, but for a row that Chroma adds to its ``acquire_write`` table at each opening; where
its folder cannot be written, a private copy is opened, with a word in the log.
"""

import json
import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.catalogue import Catalogue
from assistant.errors import CasebookError, IndexDamaged, IndexMismatch
from assistant.generations import REBUILD, file_digests, read_manifest
from assistant.schema import Document, Passage
from assistant.sentence_store import FOLDER, SentenceStore

COLLECTION = "passages"
KEYWORD_INDEXES = ("passages", "sentences")
SCORE_DIGITS = 6
_log = logging.getLogger(__name__)


def analyser() -> Any:
    """Return the one analysis of text for keyword search: English stems, no stop words."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in (
        Filter.remove_long(60),
        Filter.lowercase(),
        Filter.ascii_fold(),
        Filter.stopword("english"),
        Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def forget_embedding_functions() -> None:
    """Make Chroma unable to run code that a stored configuration names (CVE-2026-45829's twin on our side)."""
    from chromadb.utils import embedding_functions

    embedding_functions.known_embedding_functions.clear()


def refuse_stored_functions(chroma: Path) -> None:
    """Raise IndexDamaged where a collection's stored schema names an embedding function."""
    address = f"{(chroma / 'chroma.sqlite3').resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as db:
        rows = db.execute("SELECT name, coalesce(schema_str, ''), coalesce(config_json_str, '') FROM collections")
        for name, *stored in rows:
            if any(_names_function(json.loads(text)) for text in stored if text):
                raise IndexDamaged(
                    f"The stored collection {name!r} names an embedding function, which Casebook never writes. "
                    f"Do not use an index from a stranger. {REBUILD}"
                )


def _names_function(stored: Any) -> bool:
    """Whether a stored configuration holds, at any depth, a function that Chroma would look up and build."""
    if isinstance(stored, list):
        return any(_names_function(each) for each in stored)
    if not isinstance(stored, dict):
        return False
    function = stored.get("embedding_function") or {"type": "legacy"}
    harmless = isinstance(function, dict) and function.get("type") in ("legacy", "unknown")
    return not harmless or any(_names_function(each) for each in stored.values())


def open_chroma(folder: Path) -> Any:
    """Open a Chroma client on a folder, with everything that calls out or runs code switched off."""
    import chromadb
    from chromadb.config import Settings

    forget_embedding_functions()
    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def warm_up() -> None:
    """Load the libraries that open a generation: they take longer than the opening."""
    import chromadb  # noqa: F401
    import tantivy  # noqa: F401


@contextmanager
def _opening(folder: Path) -> Iterator[None]:
    """Turn whatever Chroma, tantivy and SQLite raise over a generation's files into IndexDamaged."""
    try:
        yield
    except CasebookError:
        raise
    except Exception as error:  # each library has errors of its own, and some are bare Exception
        detail = (str(error).strip().splitlines() or ["no detail"])[0]
        raise IndexDamaged(
            f"The index is damaged: {folder.name} cannot be opened ({type(error).__name__}: {detail}). {REBUILD}"
        ) from error


def _copy_without_rights(folder: Path, target: Path) -> None:
    """Copy a folder, but not who may do what with it: the copy is there to be written."""
    target.mkdir()
    for path in sorted(folder.rglob("*")):
        place = target / path.relative_to(folder)
        if path.is_dir():
            place.mkdir()
        else:
            shutil.copyfile(path, place)


class Generation:
    """A published generation, opened for reading; its parts are opened when first asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        # Before anything is opened: a vector file with wrong bytes can kill the process that loads it.
        found = file_digests(folder)
        wrong = [name for name, digest in self.manifest.files.items() if found.get(name) != digest]
        if wrong:
            raise IndexDamaged(
                f"The index is damaged: {wrong[0]} of {folder.name} is not as it was published. {REBUILD}"
            )
        self._record = Catalogue(folder / "record.sqlite", read_only=True)
        self._documents: dict[str, Document] = {}
        self._copy: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close the files and forget a private copy."""
        self._record.close()
        if "_client" in self.__dict__:
            self._client.close()
        if self._copy is not None:
            self._copy.cleanup()

    def require(self, identity: str) -> None:
        """Raise IndexMismatch unless the index was built by this embedding model."""
        if self.manifest.identity != identity:
            raise IndexMismatch(
                f"The index was built with the embedding model {self.manifest.model} ({self.manifest.identity[:24]}…), "
                f"and this is another one ({identity[:24]}…). Set CASEBOOK_EMBEDDING_MODEL back, or embed again with: "
                "python3 run.py ingest rebuild"
            )

    def document(self, identifier: str) -> Document:
        """Return a document. Raises DocumentUnknown."""
        if identifier not in self._documents:
            self._documents[identifier] = self._record.document(identifier)
        return self._documents[identifier]

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """All documents, by id."""
        return tuple(self._record.documents())

    @cached_property
    def days(self) -> dict[str, tuple[str, str]]:
        """The days on which each document came in and last changed, by id."""
        return self._record.days()

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        """The SHA-256 of each file that the documents were read from, by origin."""
        return {origin: row.sha256 for origin, row in self._record.files().items()}

    def passage(self, identifier: str) -> Passage:
        """Return the passage of an id that a search gave."""
        return self._passages_of(identifier.rsplit("#", 1)[0])[identifier]

    @cached_property
    def _passage_cache(self) -> dict[str, dict[str, Passage]]:
        return {}

    def _passages_of(self, document_id: str) -> dict[str, Passage]:
        if document_id not in self._passage_cache:
            self._passage_cache[document_id] = {p.id: p for p in self._record.passages(document_id)}
        return self._passage_cache[document_id]

    @cached_property
    def _writable(self) -> Path:
        """The folder itself or, where Chroma and tantivy could not set their locks in it, a private copy."""
        places = (self.folder / "chroma", *(self.folder / "keyword" / name for name in KEYWORD_INDEXES))
        files = (path for place in places for path in (place, *place.glob("*.sqlite3"), *place.glob(".*.lock")))
        if all(os.access(path, os.W_OK) for path in files):
            return self.folder
        _log.warning("%s cannot be written: opening a private copy of it", self.folder)
        self._copy = tempfile.TemporaryDirectory(prefix="casebook-")
        for name in ("chroma", "keyword"):
            _copy_without_rights(self.folder / name, Path(self._copy.name) / name)
        return Path(self._copy.name)

    @cached_property
    def _client(self) -> Any:
        folder = self._writable / "chroma"
        with _opening(self.folder):
            refuse_stored_functions(folder)
            return open_chroma(folder)

    @cached_property
    def _collection(self) -> Any:
        with _opening(self.folder):
            return self._client.get_collection(COLLECTION, embedding_function=None)

    def sizes(self) -> tuple[int, int, int]:
        """Return the numbers of vectors, of passages in the keyword index and of sentences there."""
        keyword = self._keyword
        with _opening(self.folder):
            vectors = self._collection.count()
        return vectors, keyword["passages"][1].num_docs, keyword["sentences"][1].num_docs

    def dense(
        self, vector: npt.NDArray[np.float32], limit: int, documents: Collection[str] | None = None
    ) -> dict[str, float]:
        """Return the cosine similarity of the nearest passages, by passage id."""
        if not self.manifest.passages or (documents is not None and not documents):
            return {}  # Chroma refuses an empty list
        where = None if documents is None else {"document_id": {"$in": sorted(documents)}}
        with _opening(self.folder):
            found = self._collection.query(
                query_embeddings=[vector.tolist()],
                n_results=min(limit, self.manifest.passages),
                include=["distances"],
                where=where,
            )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return {identifier: round(1.0 - distance, SCORE_DIGITS) for identifier, distance in pairs}

    def vector(self, identifier: str) -> npt.NDArray[np.float32] | None:
        """Return the vector that Chroma holds for a passage, or None."""
        with _opening(self.folder):
            found = self._collection.get(ids=[identifier], include=["embeddings"])["embeddings"]
        return np.asarray(found[0], dtype=np.float32) if len(found) else None

    @cached_property
    def sentences(self) -> SentenceStore:
        """The stored vectors of sentences and headings."""
        with _opening(self.folder):
            store = SentenceStore(self.folder / FOLDER, self._record.passage_ids())
        if not len(store.vectors) and self.manifest.passages:
            _log.warning(
                "%s has no vectors of sentences: questions take longer, and what they find comes in a lesser order. %s",
                self.folder.name,
                REBUILD,
            )
        return store

    @cached_property
    def _keyword(self) -> dict[str, Any]:
        import tantivy

        opened = {}
        for name in KEYWORD_INDEXES:
            with _opening(self.folder):
                index = tantivy.Index.open(str(self._writable / "keyword" / name))
                index.register_tokenizer("english", analyser())
                opened[name] = (index, index.searcher())
        return opened

    @cached_property
    def _analyser(self) -> Any:
        return analyser()

    def terms(self, text: str) -> tuple[str, ...]:
        """Return the distinct stems of a text, in its order, without stop words."""
        return tuple(dict.fromkeys(self._analyser.analyze(text)))

    def keyword(self, terms: Sequence[str], limit: int, documents: Collection[str] | None = None) -> dict[str, float]:
        """Return the BM25 score of the passages that hold most of the terms, by passage id."""
        return self._search("passages", terms, limit, documents)

    def keyword_sentences(
        self, terms: Sequence[str], limit: int, documents: Collection[str] | None = None
    ) -> dict[str, float]:
        """Return the BM25 score of the best single sentence of passages, by passage id."""
        return self._search("sentences", terms, limit, documents)

    def _search(
        self, name: str, terms: Sequence[str], limit: int, documents: Collection[str] | None
    ) -> dict[str, float]:
        from tantivy import Occur, Query

        if not terms:
            return {}
        index, searcher = self._keyword[name]
        query = Query.boolean_query([(Occur.Should, Query.term_query(index.schema, "text", term)) for term in terms])
        if documents is not None:
            within = Query.term_set_query(index.schema, "document", sorted(documents))
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(within, 0.0))])
        scores: dict[str, float] = {}
        for score, address in searcher.search(query, limit, count=False).hits:
            identifier = searcher.doc(address)["passage"][0]
            if identifier not in scores:  # sentences come best first
                scores[identifier] = round(score, SCORE_DIGITS)
        return scores

    def term_frequency(self, term: str) -> int:
        """Return how many passages hold a stem."""
        _index, searcher = self._keyword["passages"]
        return int(searcher.doc_freq("text", term))
