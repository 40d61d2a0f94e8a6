"""Passages → vectors → the record, a batch at a time: one is committed while the next is embedded."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from assistant.catalogue import Catalogue, Vectors
from assistant.embedder import Embedder
from assistant.rows import DocumentRow, FileRow
from assistant.schema import Document, Passage

# Passages embedded in one go: enough to fill the encoder's rows, few enough to commit often.
BATCH_PASSAGES = 384


@dataclass(frozen=True, slots=True)
class Cut:
    """A document in passages, each with the text that is embedded for it, and its share of the progress."""

    document: Document
    row: DocumentRow
    chunks: tuple[tuple[Passage, str], ...]
    size: int


class Batches:
    """Embeds what is added in the background and commits it in order, on the caller's thread.

    A document is one commit, and a file row is committed behind the documents that were added before it.
    """

    def __init__(self, record: Catalogue, embedder: Embedder, committed: Callable[[Cut], None]) -> None:
        self._record, self._embedder, self._committed = record, embedder, committed
        self._background = ThreadPoolExecutor(max_workers=1)
        self._pending: list[Cut | FileRow] = []
        self._passages = 0
        self._embedding: tuple[list[Cut | FileRow], Future[Vectors]] | None = None

    def add(self, item: Cut | FileRow) -> None:
        """Take in a document, or the file that the documents before came from."""
        self._pending.append(item)
        self._passages += len(item.chunks) if isinstance(item, Cut) else 0
        if self._passages >= BATCH_PASSAGES:
            self._next()

    def finish(self) -> None:
        """Return when everything is embedded and committed."""
        self._next()
        self._next()

    def _next(self) -> None:
        """Have what is pending embedded, and meanwhile commit what was embedded before."""
        before, self._embedding = self._embedding, None
        if self._pending:
            batch, self._pending, self._passages = self._pending, [], 0
            texts = [text for item in batch if isinstance(item, Cut) for _, text in item.chunks]
            self._embedding = (batch, self._background.submit(self._embedder.encode_passages, texts))
        if before:
            self._commit(before[0], before[1].result())

    def _commit(self, batch: Sequence[Cut | FileRow], vectors: Vectors) -> None:
        begin = 0
        for item in batch:
            if isinstance(item, FileRow):
                self._record.put_file(item)
                continue
            end = begin + len(item.chunks)
            self._record.put(item.document, item.row, [passage for passage, _ in item.chunks], vectors[begin:end])
            begin = end
            self._committed(item)
