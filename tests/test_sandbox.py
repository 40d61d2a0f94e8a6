"""The sandbox: whatever a file does to its reader, the parent gets a reading or a reason, and soon."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from reader_files import check_laws, make_docx, make_pdf, prose

from assistant.errors import DocumentRefused
from ingest import sandbox
from ingest.readers import read
from ingest.sandbox import Limits, read_file
from ingest.wire import decode_reading, encode_reading, encode_refusal

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and pipes are POSIX's")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="memory is capped on Linux only")

PAGE = b"""---
title: T
aliases: [a]
sources: [{key: B0, url: "https://example.org"}]
---
# Heading

Text \xe2\x80\x93 with a dash.[^B0]
"""
FILES: dict[str, bytes] = {
    "page.md": PAGE,
    "page.html": b"<h1>Heading</h1><p>Text",
    "page.txt": b"Text",
    "page.pdf": make_pdf([prose(50, 700, ["A page with words enough to be read without any warning."])]),
    "page.docx": make_docx("<w:p><w:r><w:t>Text</w:t></w:r></w:p>"),
    "page.jsonl": b'{"_id": "a", "text": "A"}\n{"_id": "b"}\n{"_id": "c", "text": "C"}',
}


def stored(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refusal_of(path: Path, document_id: str | None = None, limits: Limits | None = None) -> str:
    with pytest.raises(DocumentRefused) as refused:
        read_file(path, document_id or path.name, limits)
    return str(refused.value)


@pytest.mark.parametrize("name", FILES)
def test_a_child_reads_what_the_reader_would(tmp_path: Path, name: str) -> None:
    reading = read_file(stored(tmp_path, name, FILES[name]), f"folder/{name}")
    check_laws(reading, verbatim=name.endswith(".jsonl"))
    assert reading == read(FILES[name], f"folder/{name}")


def test_the_reader_s_own_reasons_come_through(tmp_path: Path) -> None:
    assert refusal_of(stored(tmp_path, "a.md", b"")) == "is empty"
    assert refusal_of(tmp_path / "none.md") == "cannot be opened: No such file or directory"
    assert refusal_of(stored(tmp_path, "£ ünï.pdf", b"%PDF-1.7")).startswith("is damaged beyond reading")


@posix_only
@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "device"])
def test_only_regular_files_are_opened_and_none_is_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.md"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(stored(tmp_path, "b.md", b"secret"))
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path("/dev/zero")
    reason = "cannot be opened: it is a link" if kind == "link" else "is not a regular file"
    assert refusal_of(path, "a.md") == reason


def test_a_flood_of_paragraphs_is_stopped_by_the_clock(tmp_path: Path) -> None:
    # 1.5 million paragraphs in a small file kept python-docx busy for more than 40 s.
    flood = stored(tmp_path, "a.docx", make_docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 80 + "<w:p/>" * 140_000))
    assert refusal_of(flood, limits=Limits(seconds=0.3)) == "took longer than 0.3 s to read"


@linux_only
def test_too_much_memory_is_named(tmp_path: Path) -> None:
    large = stored(tmp_path, "a.txt", b"words and words\n\n" * 1_000_000)
    reason = refusal_of(large, limits=Limits(memory_bytes=200_000_000))
    assert reason == "needed more than 200 MB of memory"


def test_too_much_text_is_named(tmp_path: Path) -> None:
    path = stored(tmp_path, "a.txt", b"word " * 1000)
    assert refusal_of(path, limits=Limits(output_bytes=2_500)) == (
        "its text is larger than 2.5 kB: split it into smaller files"
    )
    lines = stored(tmp_path, "a.jsonl", b'{"_id": "a", "text": "A"}\n')
    assert read_file(lines, "a.jsonl", Limits(output_bytes=1)).documents[0].text == "A"
    assert "is larger than 10 bytes" in refusal_of(lines, limits=Limits(jsonl_output_bytes=10))


CRASHES = {
    "signal": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the reader crashed (signal 11)"),
    "exit": ("raise SystemExit(3)", "the reader crashed (exit 3)"),
    "error": ("raise KeyError('/secret/place')", "the reader crashed (exit 1: KeyError: …)"),
    "silence": ("pass", "the reader crashed (exit 0)"),
    "half": ('import os; os.write(1, b\'["document","a",\')', "the reader crashed (exit 0)"),
    "unfinished": ('import os; os.write(1, b\'["warning","w"]\\n\')', "the reader crashed (exit 0)"),
    "deaf": ("import os, time; os.close(1); time.sleep(60)", "took longer than 1 s to read"),
    "processor": ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "took longer than 1 s to read"),
    "flood": ("import os\nwhile True: os.write(1, b'x' * 65536)", "took longer than 1 s to read"),
    "child": (
        "import os, time\nif os.fork() == 0: time.sleep(60)\nelse: time.sleep(60)",
        "took longer than 1 s to read",
    ),
}


@posix_only
@pytest.mark.parametrize("crash", CRASHES)
def test_a_reader_that_fails_in_any_way_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    code, reason = CRASHES[crash]
    monkeypatch.setattr(sandbox, "_START", code)
    assert refusal_of(stored(tmp_path, "a.md", PAGE), limits=Limits(seconds=1)) == reason


def test_the_child_sees_no_secrets_and_none_of_the_user_s_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path, "lxml.py", b"raise SystemExit('the current folder was searched')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("API_KEY", "secret")
    assert read_file(stored(tmp_path, "a.md", PAGE), "a.md").documents
    monkeypatch.setattr(sandbox, "_START", "import os, sys; sys.exit(' '.join(sorted(os.environ)))")
    assert "API_KEY" not in refusal_of(tmp_path / "a.md")


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    paths = [stored(tmp_path, f"{number}.txt", f"Text {number}".encode()) for number in range(12)]

    def text_of(path: Path) -> str:
        return read_file(path, path.name).documents[0].text

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(text_of, paths)) == [f"Text {number}" for number in range(12)]
    assert not [thread for thread in threading.enumerate() if "drain" in thread.name]


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@linux_only
def test_a_child_does_not_outlive_its_parent_for_long(tmp_path: Path) -> None:
    slow = stored(tmp_path, "a.docx", make_docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>" + "<w:p/>" * 3_000_000))
    code = (
        "import sys; from pathlib import Path; from ingest.sandbox import Limits, read_file\n"
        "print('started', flush=True); read_file(Path(sys.argv[1]), 'a.docx', Limits(seconds=1))"
    )
    root = str(Path(sandbox.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", code, str(slow)], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout
        parent.stdout.readline()
        assert eventually(lambda: bool(_children(parent.pid)))
        children = _children(parent.pid)
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: not any(_is_running(child) for child in children))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_reading_survives_the_wire_and_a_cut_one_is_none() -> None:
    reading = read(PAGE, "a.md")
    lines = b"".join(encode_reading(reading))
    assert decode_reading(lines) == reading
    for cut in range(len(lines)):
        assert decode_reading(lines[:cut]) is None
    with pytest.raises(DocumentRefused, match=r"^no$"):
        decode_reading(encode_refusal("no"))


@pytest.mark.slow
def test_every_shared_sample_is_read_or_refused_with_a_reason() -> None:
    shared = Path(__file__).parents[2] / "shared" / "samples"
    files = sorted(path for path in shared.glob("*/*") if path.suffix in (".pdf", ".docx"))
    if not files:
        pytest.skip("no shared sample documents beside this project")

    def outcome(path: Path) -> str:
        try:
            reading = read_file(path, path.name)
        except DocumentRefused as refusal:
            return str(refusal)
        check_laws(reading)
        return "read"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, files))
    assert outcomes.count("read") >= 80
    assert all(
        words == "read" or words.startswith(("is empty", "has no text layer", "needs a password", "is damaged"))
        for words in outcomes
    )
