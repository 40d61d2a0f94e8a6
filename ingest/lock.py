"""One writer: a lock of the operating system on the index folder, gone with its process however that ends."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.errors import IndexLocked


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the writer's lock of an index folder, made if it is not there.

    Raises IndexLocked at once where another process holds it.
    """
    root.mkdir(parents=True, exist_ok=True)
    note = root / "writer.json"
    lock = FileLock(root / "writer.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise IndexLocked(f"Another process{_holder(note)} is writing to {root}. Wait until it has ended.") from error
    try:
        note.write_text(json.dumps({"pid": os.getpid(), "since": int(time.time())}), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    """Return who holds the lock and for how long, as far as its note can be read."""
    try:
        holder = json.loads(note.read_text(encoding="utf-8"))
        return f" (number {holder['pid']}, since {max(0, int(time.time()) - holder['since'])} s)"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
