"""run.py: how it hands over, when it installs, and that its words stay off stdout."""

import ast
import os
import socket
import subprocess
import sys
import threading
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

import run

ROOT = Path(run.__file__).parent

STUB = """
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "pid": os.getpid()}), flush=True)
if "wait" in sys.argv:
    sys.stdin.read()
sys.exit(7)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout whose verb is a stub and whose environment is bare, but stamped as complete."""
    root = tmp_path / "a checkout"
    (root / "assistant").mkdir(parents=True)
    (root / "assistant" / "__main__.py").write_text(STUB)
    (root / "run.py").write_bytes((ROOT / "run.py").read_bytes())
    (root / "constraints.txt").write_text("numpy==2.0.0\n")
    (root / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy"]\noptional-dependencies = { test = ["pytest"] }\n'
    )
    venv.create(root / ".venv", symlinks=os.name != "nt", with_pip=False)
    packages = run.packages_of(root / ".venv")
    (packages / "casebook.pth").write_text(os.path.relpath(root, packages))
    stamp(root, "run")
    return root


def stamp(root: Path, level: str) -> None:
    (root / ".venv" / "casebook.stamp").write_text(f"{level} {run.fingerprint(root, root / '.venv')}\n")


def start(root: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "run.py"), *arguments]
    return subprocess.run(command, cwd=cwd or root, capture_output=True, text=True, stdin=subprocess.DEVNULL)


# --- handing over ---


def test_the_verb_has_stdout_arguments_exit_code_and_folder_to_itself(checkout: Path, tmp_path: Path) -> None:
    folder = tmp_path / "of the user"
    (folder / "assistant").mkdir(parents=True)
    (folder / "assistant" / "__main__.py").write_text("print('not ours')")
    done = start(checkout, "ask", "How did it go?", "--json", cwd=folder)
    said = ast.literal_eval(done.stdout)
    assert (said["arguments"], Path(said["cwd"])) == (["ask", "How did it go?", "--json"], folder.resolve())
    assert (done.returncode, done.stderr) == (7, "")


def test_a_moved_checkout_still_runs(checkout: Path, tmp_path: Path) -> None:
    moved = checkout.rename(tmp_path / "elsewhere")
    assert start(moved, "ask").returncode == 7


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps run.py as a parent")
def test_run_py_becomes_the_verb_so_that_signals_reach_it(checkout: Path) -> None:
    command = [sys.executable, str(checkout / "run.py"), "ask", "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert ast.literal_eval(process.stdout.readline())["pid"] == process.pid
        process.terminate()
    assert process.returncode == -15


def test_an_unknown_verb_is_refused_before_anything_is_installed(checkout: Path) -> None:
    (checkout / ".venv" / "casebook.stamp").unlink()
    done = start(checkout, "aks")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'aks'" in done.stderr and "ask" in done.stderr
    assert not (checkout / ".venv" / "casebook.stamp").exists()


def test_help_goes_to_stdout(checkout: Path) -> None:
    done = start(checkout, "--help")
    assert (done.returncode, done.stdout, done.stderr) == (0, run.help_text() + "\n", "")


# --- which Python ---


@pytest.mark.parametrize(
    ("found", "refused"),
    [
        pytest.param((3, 8, 18), True, id="too old by far"),
        pytest.param((3, 10, 13), True, id="just too old"),
        pytest.param((3, 11, 0), False, id="the oldest that will do"),
        pytest.param((3, 14, 1), False, id="a new one"),
        pytest.param((4, 0, 0), False, id="one to come"),
    ],
)
def test_too_old(found: tuple[int, int, int], refused: bool) -> None:
    line = run.too_old(found, "/usr/bin/python3")
    assert (line is not None) == refused
    if line is not None:
        assert "\n" not in line
        assert ".".join(map(str, found)) in line and "3.11" in line and "/usr/bin/python3" in line


# --- when to install ---


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", ".venv/pyvenv.cfg"])
def test_a_changed_input_makes_the_stamp_stale(checkout: Path, name: str) -> None:
    assert run.is_ready(checkout, checkout / ".venv", "run")
    text = (checkout / name).read_text().replace("version = 3.", "version = 33.")
    (checkout / name).write_text(text + "\n# changed\n")
    assert not run.is_ready(checkout, checkout / ".venv", "run")


@pytest.mark.parametrize("name", ["casebook.stamp", "pyvenv.cfg", "python"])
def test_an_environment_that_lacks_a_part_is_not_ready(checkout: Path, name: str) -> None:
    path = checkout / ".venv" / name
    (run.python_of(checkout / ".venv") if name == "python" else path).unlink()
    assert not run.is_ready(checkout, checkout / ".venv", "run")


@pytest.mark.parametrize(
    ("text", "level", "allowed"),
    [
        pytest.param("run abc\n", "run", True, id="run does to run"),
        pytest.param("run abc\n", "test", False, id="run does not do to test"),
        pytest.param("test abc\n", "run", True, id="test does to run"),
        pytest.param("test abc\n", "test", True, id="test does to test"),
        pytest.param("test abd\n", "test", False, id="something has changed"),
        pytest.param("", "run", False, id="cut short"),
    ],
)
def test_stamp_allows(text: str, level: str, allowed: bool) -> None:
    assert run.stamp_allows(text, level, "abc") is allowed


def test_the_requirements_of_a_level(checkout: Path) -> None:
    assert run.requirements(checkout, "run") == ["numpy"]
    assert run.requirements(checkout, "test") == ["numpy", "pytest"]


@pytest.mark.parametrize("succeeds", [True, False])
def test_only_a_finished_install_is_stamped(checkout: Path, monkeypatch: pytest.MonkeyPatch, succeeds: bool) -> None:
    ran: list[str] = []

    def pretend(what: str, command: Sequence[str], lock: int, log: Path) -> bool:
        assert not (checkout / ".venv" / "casebook.stamp").exists()
        ran.append(what)
        return succeeds or what != "installing packages"

    monkeypatch.setattr(run, "run_with_progress", pretend)
    monkeypatch.setattr(run, "make_venv", lambda *_: None)
    monkeypatch.setattr(run, "wants_cpu_torch", lambda _: True)
    if succeeds:
        run.install(checkout, checkout / ".venv", "test", 0)
    else:
        with pytest.raises(run.SetupFailed, match=r"casebook-install\.log"):
            run.install(checkout, checkout / ".venv", "test", 0)
    assert ran == ["installing torch for the CPU", "installing packages"]
    assert run.is_ready(checkout, checkout / ".venv", "test") is succeeds


def test_without_an_answer_from_the_cpu_index_pip_is_asked_once(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Sequence[str]] = []

    def pretend(what: str, command: Sequence[str], lock: int, log: Path) -> bool:
        ran.append(command)
        return True

    monkeypatch.setattr(run, "run_with_progress", pretend)
    monkeypatch.setattr(run, "make_venv", lambda *_: None)
    monkeypatch.setattr(run, "answers", lambda _: False)
    run.install(checkout, checkout / ".venv", "run", 0)
    assert [command[-1] for command in ran] == ["numpy"]
    assert run.CPU_INDEX not in ran[0]


# --- making the environment ---


def test_what_a_killed_pip_left_is_forgotten(tmp_path: Path) -> None:
    for name in ("whole-1.0.dist-info", "half-1.0.dist-info", "~ld", "half"):
        (tmp_path / name).mkdir()
    (tmp_path / "whole-1.0.dist-info" / "INSTALLER").write_text("pip\n")
    (tmp_path / "~ingle.py").write_text("")
    run.remove_half_installed(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["half", "whole-1.0.dist-info"]


def test_a_lock_is_free_once_its_holder_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with run.locked(path), path.open("r+") as second:
        assert not run.take(second.fileno())
    with path.open("r+") as third:
        assert run.take(third.fileno())


def test_the_second_of_two_waits_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.touch()
    happened: list[str] = []
    waits = threading.Event()

    def hear(words: str) -> None:
        happened.append(words)
        waits.set()

    def second() -> None:
        with run.locked(path):
            happened.append("the second has it")

    monkeypatch.setattr(run, "say", hear)
    with run.locked(path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(60)
        happened.append("the first lets go")
    thread.join(60)
    assert "another run.py" in happened[0]
    assert happened[1:] == ["the first lets go", "the second has it"]


def test_answers_only_where_there_is_an_answer_in_time(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert run.answers((tmp_path / "here").as_uri())
    assert not run.answers((tmp_path / "gone").as_uri())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not run.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.2)


@pytest.mark.parametrize(
    ("line", "news"),
    [
        pytest.param("Collecting numpy>=2.0 (from x)\n", "numpy>=2.0", id="looking"),
        pytest.param("  Downloading https://h/a/b-1.whl (3 MB)\n", "downloading b-1.whl (3 MB)", id="fetching"),
        pytest.param("Installing collected packages: a, b, c\n", "unpacking 3 packages", id="unpacking"),
        pytest.param("Looking in links: /wheels\n", None, id="no news"),
        pytest.param("\n", None, id="an empty line"),
    ],
)
def test_progress_of(line: str, news: str | None) -> None:
    assert run.progress_of(line) == news


@pytest.mark.parametrize("code", [0, 3])
def test_the_words_of_the_set_up_go_to_the_log_and_on_failure_to_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], code: int
) -> None:
    program = f"import sys; print('one £'); print('two', file=sys.stderr); sys.exit({code})"
    with (tmp_path / "lock").open("w") as lock:
        done = run.run_with_progress("x", [sys.executable, "-c", program], lock.fileno(), tmp_path / "log")
    out, err = capfd.readouterr()
    assert (done, out) == (code == 0, "")
    assert sorted((tmp_path / "log").read_text(encoding="utf-8").split("\n")) == ["", "one £", "two"]
    assert ("one £" in err) == (code != 0)
