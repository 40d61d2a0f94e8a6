"""Reads files in child processes, a few of them ahead of the one in hand."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from assistant.errors import CasebookError, DocumentRefused
from ingest.readers import Reading
from ingest.sandbox import Limits, read_file
from ingest.sources import SourceFile

READ_AHEAD = 3


def read_ahead(
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
