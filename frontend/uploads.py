"""Files that a reader brings: kept beside the index, taken in by a child process, removed with every trace.

Uploads are open only where nobody but this machine is served: there is no login that could say who may.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.catalogue import Catalogue
from assistant.errors import CasebookError, DocumentRefused, IngestRefused
from assistant.generations import current_folder
from assistant.settings import PROJECT
from frontend.fetching import fetch

FOLDER = "uploads"
MOST_WAITING = 40
LONGEST_NAME = 120
LONGEST_WAIT = 900.0
# Windows can store none of these in a name.
_ODD = str.maketrans(dict.fromkeys('<>:"|?*', "_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far an ingest is, in words; the report when it has ended."""

    words: str = ""
    report: dict[str, Any] = field(default_factory=dict)


def safe_name(name: str) -> str:
    """Return a file name that can be stored anywhere. Raises DocumentRefused where there is none to be made."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2].translate(_ODD).strip(" .")
    if not plain or not plain.isprintable() or len(plain) > LONGEST_NAME or Path(plain).stem == "":
        raise DocumentRefused(
            f"The file name {name[:LONGEST_NAME]!r} cannot be used: rename the file to letters and digits, "
            f"with at most {LONGEST_NAME} characters."
        )
    return plain


class Uploads:
    """The files that were brought, and the child processes that take them in or remove them."""

    def __init__(self, index: Path, *, is_open: bool) -> None:
        self.index = index.resolve()
        self.folder = self.index / FOLDER
        self.is_open = is_open
        self._waiting: dict[str, tuple[Path, str]] = {}
        self._lock = threading.Lock()
        self._room: Path | None = None
        self._children: set[subprocess.Popen[str]] = set()

    def close(self) -> None:
        """End what is still running, and clear what was brought but not taken in."""
        for child in list(self._children):
            child.terminate()
        if self._room is not None:
            shutil.rmtree(self._room, ignore_errors=True)

    def _require_open(self) -> None:
        if not self.is_open:
            raise IngestRefused("Documents cannot be changed here, because this Casebook is open to others.")

    def store(self, name: str) -> tuple[str, Path]:
        """Return a token and a place for a file that is on its way. Raises CasebookError."""
        self._require_open()
        known = safe_name(name)
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                # Whoever sent these has gone away without taking them in.
                self._drop(next(iter(self._waiting)))
            token = secrets.token_urlsafe(16)
            self._room = self._room or Path(tempfile.mkdtemp(prefix="casebook-uploads-"))
            place = self._room / token
            self._waiting[token] = (place, known)
        return token, place

    def _drop(self, token: str) -> None:
        place, _ = self._waiting.pop(token)
        place.unlink(missing_ok=True)

    def taken(self, token: object) -> tuple[Path, str] | None:
        """Return where a file that was sent is, and its name; it is asked for once."""
        with self._lock:
            return self._waiting.pop(token, None) if isinstance(token, str) else None

    def take_in(self, tokens: object) -> Iterator[Step]:
        """Take in files that were sent; yields how far it is, and last the report. Raises CasebookError."""
        self._require_open()
        sent = [self.taken(token) for token in (tokens if isinstance(tokens, list) else [])[:MOST_WAITING]]
        files = [file for file in sent if file is not None and file[0].is_file()]
        if not files:
            raise IngestRefused("No file has arrived. Choose one and try again.")
        names = [name.casefold() for _, name in files]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise IngestRefused(f"Two of these files are called {twice!r}. Rename one of them and try again.")
        self.folder.mkdir(exist_ok=True)
        targets = {self.folder / name: place for place, name in files}
        before = {target: target.read_bytes() for target in targets if target.is_file()}
        for target, place in targets.items():
            target.write_bytes(place.read_bytes())
            place.unlink()
        try:
            for step in self._run([str(target) for target in targets]):
                refused = {row["document"] for row in step.report.get("refused", ())}
                for target in before:
                    # What was read from the file before is kept, and so is the file.
                    if refused & {target.name, str(target)}:
                        target.write_bytes(before[target])
                yield step
        finally:
            self._forget_unused(list(targets))

    def bring(self, address: str) -> Iterator[Step]:
        """Take in what is at a web address; yields how far it is, and last the report. Raises CasebookError."""
        self._require_open()
        yield Step(words=f"fetching {address[:LONGEST_NAME]}")
        name, content = fetch(address)
        token, place = self.store(name)
        place.write_bytes(content)
        yield from self.take_in([token])

    def remove(self, document_id: str) -> Iterator[Step]:
        """Remove a document that was uploaded here, from index, record and folder. Raises CasebookError."""
        self._require_open()
        if document_id not in self.own():
            raise IngestRefused(f"{document_id!r} was not uploaded here, so it is not removed here.")
        yield from self._run(["remove", document_id])
        self._forget_unused(list(self.folder.iterdir()))

    def _forget_unused(self, paths: Sequence[Path]) -> None:
        """Delete the files from which no document comes."""
        origins = set(self.own().values())
        for path in paths:
            if str(path) not in origins:
                path.unlink(missing_ok=True)

    def own(self) -> dict[str, str]:
        """Return the documents that were uploaded here, with their files."""
        if not self.is_open or not self.folder.is_dir():
            return {}
        with Catalogue(current_folder(self.index) / "record.sqlite", read_only=True) as record:
            rows = record.rows().values()
        return {row.id: row.origin for row in rows if Path(row.origin).parent == self.folder}

    def _run(self, arguments: Sequence[str]) -> Iterator[Step]:
        """Run an ingest as a child; yields its progress every second, and its report. Raises CasebookError."""
        command = [sys.executable, "-m", "ingest", *arguments, "--index", str(self.index), "--json"]
        paths = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")]))
        child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"},
        )
        self._children.add(child)
        said: list[str] = []
        lines: list[str] = []
        listeners = [
            threading.Thread(target=_gather, args=(child.stdout, said), daemon=True),
            threading.Thread(target=_gather, args=(child.stderr, lines), daemon=True),
        ]
        try:
            for listener in listeners:
                listener.start()
            yield from _waited(child, lines)
        finally:
            child.kill()
            child.wait()
            for listener in listeners:
                listener.join(5)
            self._children.discard(child)
        yield Step(report=_report("".join(said), lines))


def _gather(stream: Any, lines: list[str]) -> None:
    with stream:
        lines.extend(stream)


def _waited(child: "subprocess.Popen[str]", lines: Sequence[str]) -> Iterator[Step]:
    begun = time.monotonic()
    while child.poll() is None:
        seconds = time.monotonic() - begun
        if seconds > LONGEST_WAIT:
            raise CasebookError(f"Taking the files in took over {LONGEST_WAIT / 60:.0f} minutes and was stopped.")
        last = next((line for line in reversed(lines) if line.startswith("ingest: ")), "")
        yield Step(words=f"{last.removeprefix('ingest: ').strip()} ({seconds:.0f} s)".strip())
        try:
            child.wait(1.0)
        except subprocess.TimeoutExpired:
            continue


def _report(said: str, lines: Sequence[str]) -> dict[str, Any]:
    """Return what the child reported. Raises CasebookError with its words where it did nothing."""
    try:
        report = json.loads(said)
    except ValueError as error:
        words = " ".join(lines[-3:]).strip() or "it ended without a word"
        raise CasebookError(f"The documents could not be changed: {words}.") from error
    if not isinstance(report, dict) or "error" in report:
        raise CasebookError(str(report.get("error", report)) if isinstance(report, dict) else said)
    return report
