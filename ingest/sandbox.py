"""Reads one file in a child process, so that no file can hang, crash or flood the ingest.

The child has a wall clock, a cap on its output and no way in (no standard input, no environment but what
Python needs); on Linux also a cap on memory. It answers in lines of JSON, of which the last says that nothing
is missing. Whatever else comes is a refusal with a reason.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from assistant.errors import DocumentRefused
from ingest.readers import Reading, suffix_of
from ingest.wire import decode_reading

_PROJECT = str(Path(__file__).resolve().parents[1])
# -I leaves the user's own settings and the current folder out, and with them this project: name it again.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from ingest.sandboxed import main; main(sys.argv[2:])"
_KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_PATH = re.compile(r"\S*[/\\]\S*")
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What one file may cost: seconds by the wall clock, bytes of memory (on Linux) and of output."""

    seconds: float = 30.0
    memory_bytes: int = 2_000 * _MEGABYTE
    output_bytes: int = 50 * _MEGABYTE
    jsonl_output_bytes: int = 300 * _MEGABYTE


def read_file(path: Path, document_id: str, limits: Limits | None = None) -> Reading:
    """Read a file in a child process and return what it holds, or refuse it with a reason."""
    limits = limits or Limits()
    most = limits.jsonl_output_bytes if suffix_of(document_id) == ".jsonl" else limits.output_bytes
    task = {"id": document_id, "seconds": limits.seconds, "memory": limits.memory_bytes, "most": most}
    command = [sys.executable, "-I", "-c", _START, _PROJECT, json.dumps(task), str(path)]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
        start_new_session=os.name == "posix",
    ) as child:
        try:
            output, errors, late = _collect(child, most, limits.seconds)
        finally:
            _kill(child)
    if late:
        raise DocumentRefused(f"took longer than {limits.seconds:g} s to read")
    if len(output) > most:
        raise DocumentRefused(f"its text is larger than {_size(most)}: split it into smaller files")
    reading = decode_reading(output)
    if reading is None:
        raise DocumentRefused(_reason(child.returncode, errors, limits))
    return reading


def _collect(child: "subprocess.Popen[bytes]", most: int, seconds: float) -> tuple[bytes, bytes, bool]:
    """Return the child's output, its errors, and whether it was too late."""
    outputs: dict[str, bytes] = {}

    def drain(name: str, stream: IO[bytes], cap: int) -> None:
        chunks: list[bytes] = []
        room = cap
        while chunk := stream.read(65_536):
            # What is too much is thrown away, so that the child does not wait for a reader.
            chunks.append(chunk[:room])
            room -= len(chunks[-1])
        outputs[name] = b"".join(chunks)

    assert child.stdout
    assert child.stderr
    threads = [
        threading.Thread(target=drain, args=("out", child.stdout, most + 1), daemon=True),
        threading.Thread(target=drain, args=("err", child.stderr, 10_000), daemon=True),
    ]
    for thread in threads:
        thread.start()
    # The end of its output is waited for, and not the child: Popen.wait(timeout) looks every 50 ms only.
    deadline = time.monotonic() + seconds
    threads[0].join(seconds)
    late = False
    try:
        child.wait(max(deadline - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired:
        late = True
        _kill(child)
    for thread in threads:
        # Short, unless a grandchild that outlived the child holds the pipes: it is not waited for.
        thread.join(5)
    return outputs.get("out", b""), outputs.get("err", b""), late


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """End the child and whatever it started."""
    if os.name == "posix" and child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    if child.poll() is None:
        child.kill()
        child.wait()


def _reason(code: int, errors: bytes, limits: Limits) -> str:
    """Say why a child gave no answer."""
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    last = lines[-1] if lines else ""
    if "MemoryError" in last or "bad_alloc" in last or "Cannot allocate memory" in last:
        return f"needed more than {_size(limits.memory_bytes)} of memory"
    if code < 0:
        if -code == getattr(signal, "SIGXCPU", 0):
            return f"took longer than {limits.seconds:g} s to read"
        return f"the reader crashed (signal {-code})"
    # Only the last line, and no path in it: the reason is shown to whoever sent the file.
    detail = _PATH.sub("…", last)[:200]
    return f"the reader crashed (exit {code}{': ' + detail if detail else ''})"


def _size(count: int) -> str:
    for unit, size in (("GB", 1_000 * _MEGABYTE), ("MB", _MEGABYTE), ("kB", 1_000)):
        if count >= size:
            return f"{count / size:g} {unit}"
    return f"{count} bytes"
