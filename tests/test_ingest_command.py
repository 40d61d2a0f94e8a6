"""``python -m ingest`` as its user meets it: exit codes, what is on stdout, and what a machine may refuse."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.generations import current_folder
from assistant.index import Generation
from ingest import __main__ as command
from ingest import publish
from ingest.progress import showing_progress
from tests.stand_in import StandIn, build, write_pages

PAGES = {
    "alpha.md": "# Alpha\n\nAlpha shortened its waiting lists with a shared theatre.\n",
    "beta.md": "# Beta\n\nBeta moved its payroll to one office.\n",
}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "pages", PAGES)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process with the stand-in; return its exit code, stdout and stderr."""
    monkeypatch.setattr(command, "open_embedder", lambda *_: StandIn())

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = command.main([*arguments, "--index", str(tmp_path / "index")])
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return run


def child(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run the command with the real model, or part of it, in a process of its own."""
    words = [sys.executable, "-m", "ingest", *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


@pytest.mark.slow
def test_stdout_is_pure_json_and_stderr_has_the_rest(tmp_path: Path, folder: Path) -> None:
    done = child(str(folder), "--index", str(tmp_path / "index"), "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0 and said["schema"] == 1 and said["published"] is True
    assert said["added"] == sorted(PAGES) and said["counts"]["refused"] == 0
    assert done.stderr == ""


def test_all_in_is_0_and_some_refused_is_2_and_nothing_done_is_1(run: Run, folder: Path) -> None:
    code, out, _ = run(str(folder), "--json")
    assert (code, json.loads(out)["added"]) == (0, sorted(PAGES))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    code, out, _ = run(str(folder), "--json")
    assert (code, [one["document"] for one in json.loads(out)["refused"]]) == (2, ["picture.png"])
    code, out, errors = run(str(folder / "nowhere"), "--json")
    assert code == 1 and json.loads(out)["error"] == errors.strip() and "\n" not in errors.strip()


def test_warnings_are_0(run: Run, folder: Path) -> None:
    (folder / "copy.md").write_text(PAGES["beta.md"], encoding="utf-8")
    code, out, _ = run(str(folder))
    assert code == 0 and "Warning: copy.md: has the same text as beta.md; both are kept" in out


def test_a_dry_run_needs_no_index_and_makes_none(run: Run, folder: Path, tmp_path: Path) -> None:
    code, out, _ = run(str(folder), "--check")
    assert code == 0 and out.startswith("Would be: 2 added")
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--nonsense"], "--nonsense", id="unknown flag"),
        pytest.param(["list", "pages"], "./list", id="a verb and more"),
        pytest.param(["rebuild", "--check"], "--check goes with files", id="a dry run of a verb"),
        pytest.param(["backup"], "takes one file", id="backup to nowhere"),
        pytest.param(["remove"], "There is no index", id="remove from nothing"),
        pytest.param(["rebuild"], "There is no index", id="rebuild of nothing"),
        pytest.param(["doctor"], "There is no index", id="doctor for nothing"),
        pytest.param(["restore", "missing.sqlite"], "There is no backup", id="restore of nothing"),
    ],
)
def test_what_makes_no_sense_is_1_and_one_line(run: Run, arguments: list[str], words: str) -> None:
    code, out, errors = run(*arguments)
    assert (code, out) == (1, "") and words in errors and len(errors.strip().splitlines()) == 1


def test_a_question_about_nothing_leaves_no_folder(run: Run, tmp_path: Path) -> None:
    for verb in (["list"], ["doctor"], ["rebuild"], ["remove", "a.md"]):
        assert run(*verb)[0] == 1
    assert not (tmp_path / "index").exists()


def test_help_is_0(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0 and "doctor" in out and "exit codes" in out


def test_an_interrupt_is_no_error_of_ours(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StandIn, "encode_passages", interrupt)
    code, out, errors = run(str(folder))
    assert code == 130 and out == "" and "run the same again" in errors


@pytest.mark.parametrize("where", ["record", "chroma", "keyword"])
def test_a_full_disk_is_said_in_words_and_the_old_generation_answers(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A cap on the size of a file stands in for the full disk; SQLite, Chroma and tantivy differ in their words."""
    resource = pytest.importorskip("resource", reason="Windows has no cap on the size of a file")
    build(tmp_path / "index", {"old.md": "# Old\n\nThe old page.\n"})
    write_pages(
        folder, {f"page-{n:02}.md": f"# Page {n}\n\n" + f"Beds and staff number {n}. " * 400 for n in range(20)}
    )
    before = current_folder(tmp_path / "index")
    if where == "keyword":
        real = publish._write_keyword
        with monkeypatch.context() as patch:
            patch.setattr(publish, "_write_keyword", lambda *words: capped(resource, 20_000, lambda: real(*words)))
            code, out, errors = run(str(folder), "--json")
    else:
        most = 60_000 if where == "record" else 300_000
        code, out, errors = capped(resource, most, lambda: run(str(folder), "--json"))
    assert code == 1 and "error" in json.loads(out)
    assert "disk" in errors and len(errors.strip().splitlines()) == 1
    assert current_folder(tmp_path / "index") == before
    generation = Generation(before)
    assert generation.dense(StandIn().encode_query("old page"), 5) and [d.id for d in generation.documents] == [
        "old.md"
    ]
    generation.close()
    again = [sys.executable, "-m", "tests.stand_in", str(tmp_path / "index"), str(folder)]
    assert subprocess.run(again, check=False).returncode == 0


def capped(resource: Any, most: int, call: Callable[[], Any]) -> Any:
    """Call while no file may grow beyond a size."""
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        return call()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_a_folder_that_cannot_be_made_is_said_in_words(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_embedder", lambda *_: StandIn())
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert command.main([str(folder), "--index", str(tmp_path / "file" / "index")]) == 1
    errors = capsys.readouterr().err
    assert str(tmp_path / "file") in errors and "rights on the folder" in errors and "\n" not in errors.strip()


def test_off_a_terminal_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 1.0, 20.0, 21.0, 40.0])
    monkeypatch.setattr("ingest.progress.time.monotonic", lambda: next(moments))
    with showing_progress() as show:
        show(1, 10, "a.md")
        show(5, 10, "b.md")
        show(6, 10, "c.md")
        show(10, 10, "publishing")
    out, errors = capsys.readouterr()
    assert (out, errors.splitlines()) == ("", ["ingest: 50 % b.md, about 20 s left", "ingest: 100 % publishing"])
