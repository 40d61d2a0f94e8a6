"""The child's side of the sandbox: caps itself, opens the file, reads it and writes lines to standard output.

Only the standard library and the one format's library are imported, so that a child starts in a moment.
"""

import errno
import faulthandler
import json
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from assistant.errors import DocumentRefused

# Nothing is written but, by Python itself, a module's compiled form.
_LARGEST_WRITTEN = 10_000_000


def main(arguments: list[str]) -> None:
    """Read the file named by a task (JSON) and a path; every outcome but a crash is a line of output."""
    task = json.loads(arguments[0])
    _cap(task["memory"], task["seconds"])
    # Libraries may print: the lines go where nothing else does.
    with Path(os.devnull).open("w") as nowhere, os.fdopen(os.dup(1), "wb") as output:
        # The parent ends a child that is late. This is for the parent's own death: a C thread that ends the
        # child some seconds later, even while a library holds the interpreter.
        faulthandler.dump_traceback_later(task["seconds"] + 5, exit=True, file=nowhere)
        os.dup2(2, 1)
        _answer(output, task["id"], arguments[1], task["most"])
        faulthandler.cancel_dump_traceback_later()
    # Nothing is left to tidy, and a library's tidying may crash after the answer is out.
    sys.stderr.flush()
    os._exit(0)


def _answer(output: BinaryIO, document_id: str, path: str, most: int) -> None:
    from ingest.readers import read
    from ingest.wire import encode_reading, encode_refusal

    try:
        _write(output, encode_reading(read(_bytes_of(path), document_id)), most)
    except DocumentRefused as refusal:
        output.write(encode_refusal(str(refusal)))
    output.flush()


def _write(output: BinaryIO, lines: Iterable[bytes], most: int) -> None:
    """Write lines until they are more than the parent takes; it says so then."""
    written = 0
    for line in lines:
        output.write(line)
        written += len(line)
        if written > most:
            return


def _bytes_of(path: str) -> bytes:
    """Return what a regular file holds; a pipe, a device or a link is refused without waiting for it."""
    flags = os.O_RDONLY
    for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"):  # each where the system has it
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise DocumentRefused("is not a regular file")
        with os.fdopen(descriptor, "rb") as file:
            return file.read()
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise DocumentRefused(f"cannot be opened: {reason}") from error


def _cap(memory: int, seconds: float) -> None:
    """Cap memory, processor time and file sizes where the system can, and leave no core dump."""
    if sys.platform == "win32":
        return
    import resource

    # A little more processor time than the wall clock allows, so that the clock's reason is the one seen.
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: _LARGEST_WRITTEN,
        resource.RLIMIT_CPU: int(seconds) + 5,
    }
    if sys.platform == "linux":
        limits[resource.RLIMIT_AS] = memory
    for limit, most in limits.items():
        # A limit that is lower already stays: raising it is not allowed.
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
