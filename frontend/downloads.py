"""Files made for a reader to fetch: kept for a while in memory, each under an address that cannot be guessed."""

import secrets
import threading
import time
from dataclasses import dataclass

ADDRESS = "/download/"
MOST = 60
SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it is fetched."""

    name: str
    media: str
    data: bytes


class Downloads:
    """The files that wait; the oldest make room for new ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, tuple[float, File]] = {}

    def put(self, file: File) -> str:
        """Keep a file; return its address."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._files[token] = (time.monotonic(), file)
            while len(self._files) > MOST:
                self._files.pop(next(iter(self._files)))
        return ADDRESS + token

    def get(self, token: str) -> File | None:
        """Return a file, or None where there is none under this token, or none any more."""
        with self._lock:
            kept, file = self._files.get(token, (0.0, None))
        return file if file and time.monotonic() - kept < SECONDS else None
