#!/usr/bin/env python3
"""Run Casebook from nothing but Python: make .venv, install the locked requirements, hand over to a verb.

One file and the standard library only, and nothing that Python 3.8 cannot parse, so that an older Python is
told what it lacks instead of failing on syntax. Its own words go to stderr: stdout is the verb's alone.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import contextmanager
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS_BETWEEN_LINES = 15.0  # of progress, where stderr is not a terminal

# What each verb hands over to (a module, or a file of this folder), and its line of help.
VERBS = {
    "serve": ("ui.py", "serve the chat at http://127.0.0.1:7860"),
    "ask": ("-m assistant ask", "answer a question, every sentence cited"),
    "search": ("-m assistant search", "list the passages nearest to a question"),
    "source": ("-m assistant source", "show a document's text, or a part of it"),
    "verify": ("-m assistant verify", "check every citation of a saved answer"),
    "evaluate": ("-m assistant evaluate", "ask a question set and score the answers"),
    "diff": ("-m assistant diff", "compare two evaluation runs"),
    "bless": ("-m assistant bless", "keep an evaluation run as the one to compare with"),
    "lint": ("-m assistant lint", "check a question set"),
    "ingest": ("-m ingest", "read case studies into the index"),
    "list": ("-m ingest list", "list the documents of the index"),
    "doctor": ("-m ingest doctor", "check that all parts of the index agree"),
    "rebuild": ("-m ingest rebuild", "build the index again from its record"),
    "remove": ("-m ingest remove", "take documents out of the index"),
    "backup": ("-m ingest backup", "save the index"),
    "restore": ("-m ingest restore", "bring back a saved index"),
    "test": ("tests", "run every check and test; with arguments, pytest alone"),
}


class SetupFailed(Exception):
    """The environment cannot be made; the message says why and what to do."""


def say(words: str) -> None:
    """Print a line of run.py's own, on stderr."""
    print(f"run.py: {words}", file=sys.stderr, flush=True)


def help_text() -> str:
    """Return what --help prints: a line for each verb."""
    rows = "\n".join(f"  {verb:<9} {line}" for verb, (_, line) in VERBS.items())
    return f"usage: python3 run.py VERB [ARGUMENT ...]\n\n{rows}\n\n`python3 run.py VERB --help` says more."


def too_old(version: Sequence[int], executable: str) -> str | None:
    """Return the line for a Python that is too old, or None for one that will do."""
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return None
    found, needed = ".".join(map(str, version[:3])), ".".join(map(str, OLDEST_PYTHON))
    return (
        f"Casebook needs Python {needed} or newer, and this is Python {found} ({executable}). "
        f"Install a newer one from https://www.python.org/downloads/ and run: python{needed} run.py VERB"
    )


# --- What the environment should be, and whether it is ---


def python_of(venv: Path) -> Path:
    """Return where the interpreter of a virtual environment is."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def packages_of(venv: Path) -> Path:
    """Return the folder of a virtual environment's packages."""
    return venv / "Lib/site-packages" if os.name == "nt" else next(venv.glob("lib/python3*/site-packages"))


def fingerprint(root: Path, venv: Path) -> str:
    """Return a hash over all that decides what is installed: both files and the environment's Python."""
    config = (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    version = [line for line in config if line.startswith("version")]
    parts = [(root / name).read_bytes() for name in ("constraints.txt", "pyproject.toml")]
    return hashlib.sha256(b"\0".join([*parts, *map(str.encode, version)])).hexdigest()


def stamp_allows(stamp: str, level: str, wanted: str) -> bool:
    """Tell whether a stamp vouches for a level; an environment for tests is also one to run in."""
    have, _, found = stamp.strip().partition(" ")
    return found == wanted and have in {level, "test"}


def is_ready(root: Path, venv: Path, level: str) -> bool:
    """Tell whether the environment is complete, by its stamp: every start waits for this, so it is quick."""
    stamp = venv / "casebook.stamp"
    if not (stamp.exists() and python_of(venv).exists() and (venv / "pyvenv.cfg").exists()):
        return False
    return stamp_allows(stamp.read_text(encoding="utf-8"), level, fingerprint(root, venv))


def requirements(root: Path, level: str) -> list[str]:
    """Return the direct requirements that pyproject.toml names for a level."""
    import tomllib  # which the Pythons that are turned away do not have

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tools = project["optional-dependencies"]["test"] if level == "test" else []
    return [*project["dependencies"], *tools]


# --- Making it ---


def take(descriptor: int) -> bool:
    """Try to take the operating system's lock on an open file; it ends with its holder, however that ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # past the end: Windows would keep readers out
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock on a file, waiting while another process does, and saying so; yield its descriptor."""
    import time

    descriptor = os.open(path, os.O_RDWR)
    try:
        if not take(descriptor):
            say("another run.py is setting up .venv; waiting for it to finish")
            while not take(descriptor):
                time.sleep(0.2)
        yield descriptor
    finally:
        os.close(descriptor)


def remove_half_installed(packages: Path) -> None:
    """Forget what a killed pip left half-installed, so that it is installed again.

    pip writes INSTALLER after all of a package's files, and renames what it is replacing to ~NAME.
    """
    import shutil

    halves = [path for path in packages.glob("*.dist-info") if not (path / "INSTALLER").exists()]
    for path in [*halves, *packages.glob("~*")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def answers(url: str, seconds: float = 2.0) -> bool:
    """Tell whether an address answers in time; in a thread, as name look-ups know no time limit."""
    import http.client
    import threading
    import urllib.request

    answered = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds):
                answered.set()
        except (OSError, http.client.HTTPException):
            pass  # no answer is an answer too

    threading.Thread(target=ask, daemon=True).start()
    return answered.wait(seconds)


def wants_cpu_torch(packages: Path) -> bool:
    """Tell whether to ask for torch's CPU build: only on Linux is PyPI's own made for a GPU."""
    import shutil

    has_gpu = shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists()
    if sys.platform != "linux" or has_gpu or any(packages.glob("torch-*.dist-info")):
        return False
    return answers(f"{CPU_INDEX}/torch/")


def progress_of(line: str) -> str | None:
    """Return what pip is at, from a line of its output, or None where that is no news."""
    words = line.split()
    if words[:1] == ["Collecting"]:
        return words[1]
    if words[:1] == ["Downloading"]:
        return f"downloading {' '.join(words[1:]).rsplit('/', 1)[-1]}"
    if words[:3] == ["Installing", "collected", "packages:"]:
        return f"unpacking {len(words) - 3} packages"
    return None


def run_with_progress(what: str, command: Sequence[str], lock: int, log: Path) -> bool:
    """Run a command of the set-up, its output in a log and its progress on stderr; tell if it succeeded."""
    import subprocess
    import threading
    import time

    lines: list[str] = []
    doing = ["starting"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PIP_USER": "0", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
        # A pip that outlives a killed run.py keeps the lock, so that the next run.py waits for its end.
        pass_fds=() if os.name == "nt" else (lock,),
    )

    def listen() -> None:
        assert process.stdout is not None
        with process.stdout as output, log.open("a", encoding="utf-8") as file:
            for line in output:
                file.write(line)
                lines.append(line)
                doing[:] = [progress_of(line) or doing[0]]

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    terminal = sys.stderr.isatty()
    started = shown = time.monotonic()
    try:
        while listener.is_alive():
            listener.join(0.5)
            now = time.monotonic()
            text = f"run.py: {what}, {now - started:.0f} s: {doing[0]}"
            if terminal:
                print(f"\r\x1b[K{text[:79]}", end="", file=sys.stderr, flush=True)
            elif now - shown >= SECONDS_BETWEEN_LINES:
                print(text, file=sys.stderr, flush=True)
                shown = now
        succeeded = process.wait() == 0
    finally:
        process.terminate()
        process.wait()
        if terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if not succeeded:
        print("".join(lines[-20:]), file=sys.stderr)
    return succeeded


def make_venv(venv: Path, lock: int) -> None:
    """Make the virtual environment anew, unless there is one that starts and has pip."""
    import subprocess

    python = python_of(venv)
    probe = [str(python), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    if python.exists() and subprocess.run(probe, capture_output=True).returncode == 0:
        return
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    if not run_with_progress("making .venv", command, lock, Path(os.devnull)):
        raise SetupFailed(
            f"{sys.executable} could not make a virtual environment (its last words are above). "
            "On Debian and Ubuntu, install the package python3-venv; then run this again"
        )


def install(root: Path, venv: Path, level: str, lock: int) -> None:
    """Make the environment what both files say, and stamp it; one that was left unfinished is finished."""
    import time

    started = time.monotonic()
    stamp, log = venv / "casebook.stamp", venv / "casebook-install.log"
    stamp.unlink(missing_ok=True)
    say(f"setting up {venv}; the first time takes some minutes and about 2 GB")
    make_venv(venv, lock)
    log.unlink(missing_ok=True)
    packages = packages_of(venv)
    remove_half_installed(packages)
    # This puts the project on the path; relative, so that its folder may be moved.
    (packages / "casebook.pth").write_text(f"{os.path.relpath(root, packages)}\n", encoding="utf-8")
    pip = [str(python_of(venv)), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    pip += ["--progress-bar", "off", "--constraint", str(root / "constraints.txt")]
    if wants_cpu_torch(packages):
        torch = ["torch", "--no-deps", "--extra-index-url", CPU_INDEX]
        if not run_with_progress("installing torch for the CPU", [*pip, *torch], lock, log):
            say(f"{CPU_INDEX} did not deliver torch; taking what pip finds elsewhere")
    if not run_with_progress("installing packages", [*pip, *requirements(root, level)], lock, log):
        raise SetupFailed(
            f"pip could not install the requirements (its last words are above, all of them in {log}). "
            "Check the network, or the proxy or wheel folder that pip is set to use, and run this again"
        )
    stamp.write_text(f"{level} {fingerprint(root, venv)}\n", encoding="utf-8")
    say(f".venv is ready, after {time.monotonic() - started:.0f} s")


def ensure(root: Path, venv: Path, level: str) -> None:
    """Have the environment ready; where it already is, this costs the reading of four small files."""
    if is_ready(root, venv, level):
        return
    import signal

    # Without this SIGTERM would end run.py alone; as an exception it ends pip too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with locked(root / "run.py") as lock:
        if not is_ready(root, venv, level):
            install(root, venv, level, lock)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


# --- Handing over ---


def command_of(verb: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that a verb stands for."""
    first, *rest = VERBS[verb][0].split()
    return [str(python_of(VENV)), first if first == "-m" else str(ROOT / first), *rest, *arguments]


def hand_over(command: list[str], variables: Mapping[str, str]) -> int:
    """Become the command, so that signals and the exit code are its own; on Windows, wait for it."""
    if os.name == "posix":
        os.execve(command[0], command, variables)
    import signal
    import subprocess

    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the command too, which decides
    return subprocess.call(command, env=variables)


def main(arguments: Sequence[str]) -> int:
    """Make the environment and run the verb; return the exit code."""
    verb = arguments[0] if arguments else "--help"
    wants_help = verb in {"-h", "--help", "help"}
    if not wants_help and verb not in VERBS:
        say(f"there is no verb {verb!r}. The verbs are: {', '.join(VERBS)}")
        return 2
    try:
        ensure(ROOT, VENV, "test" if verb == "test" else "run")
    except KeyboardInterrupt:
        say("stopped; the next start goes on from here")
        return 130
    except (SetupFailed, OSError) as error:
        say(f"the environment could not be set up: {error}")
        return 1
    if wants_help:
        print(help_text())
        return 0
    # Safe path: a folder of the user's that is called "ingest" must not stand in for ours.
    variables = {"PYTHONUTF8": "1", **os.environ, "PYTHONSAFEPATH": "1"}
    return hand_over(command_of(verb, arguments[1:]), variables)


if __name__ == "__main__":
    refusal = too_old(sys.version_info[:3], sys.executable)
    if refusal:
        say(refusal)
        sys.exit(1)
    sys.exit(main(sys.argv[1:]))
