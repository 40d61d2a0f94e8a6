"""Nothing goes out: ingest, ask and evaluate in a child in which every socket raises and is written down."""

import json
import os
import subprocess
import sys
from pathlib import Path

from assistant.pipeline import open_assistant
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "alpha.md": "# Alpha\n\nAlpha opened 20 beds in May 2021. Waiting lists fell by 12%.\n",
    "beta.txt": "Beta moved its payroll to one office in 2020.\n",
    "gamma.html": "<h1>Gamma</h1><p>Gamma shares a theatre.<img src='http://outside.example/x.png'></p>",
}
QUESTION = "How many beds did Alpha open?"

# Python imports sitecustomize at every start, so that a child of the programs, the verification, is watched too. The
# readers run with -I, which leaves sitecustomize out: they are called directly.
GUARD = """
import os, socket
def _guard(name):
    def refuse(*arguments, **named):
        with open(os.environ["SOCKETS_SEEN"], "a", encoding="utf-8") as seen:
            seen.write(f"{name} {arguments!r}\\n")
        raise OSError(f"no network in this test: {name} {arguments!r}")
    return refuse
for _name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "create_connection"):
    setattr(socket, _name, _guard(_name))
class _Socket(socket.socket):
    def connect(self, address):
        local = self.family == getattr(socket, "AF_UNIX", None)
        return super().connect(address) if local else _guard("connect")(address)
    def connect_ex(self, address):
        return _guard("connect_ex")(address)
    def sendto(self, *arguments):
        return _guard("sendto")(*arguments)
socket.socket = _Socket
open(os.environ["GUARDED"], "a", encoding="utf-8").write("guarded\\n")
"""


def test_nothing_goes_out(tmp_path: Path) -> None:
    pages, guard, index = tmp_path / "pages", tmp_path / "guard", tmp_path / "index"
    for folder in (pages, guard):
        folder.mkdir()
    for name, text in PAGES.items():
        (pages / name).write_text(text, encoding="utf-8")
    (guard / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    questions = tmp_path / "set.jsonl"
    questions.write_text(json.dumps({"id": "q", "text": QUESTION, "relevant": ["alpha.md"]}), encoding="utf-8")
    seen, guarded = tmp_path / "seen.txt", tmp_path / "guarded.txt"
    # What says to the libraries that they must stay at home is taken away: the program has to say so itself.
    home = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("CASEBOOK_") and not name.endswith(("_OFFLINE", "_TELEMETRY"))
    }
    environment = {
        **home,
        "PYTHONPATH": os.pathsep.join([str(guard), str(ROOT)]),
        "SOCKETS_SEEN": str(seen),
        "GUARDED": str(guarded),
    }

    def run(*words: str) -> str:
        child = subprocess.run(
            [sys.executable, "-m", *words, "--index", str(index), "--json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode == 0, child.stderr
        return child.stdout

    assert json.loads(run("ingest", str(pages)))["added"] == sorted(PAGES)
    answer = json.loads(run("assistant", "ask", QUESTION))
    summary = json.loads(run("assistant", "evaluate", str(questions)))
    assert not seen.exists(), seen.read_text(encoding="utf-8")
    # The three programs and the verification of the generation had the guard.
    assert len(guarded.read_text(encoding="utf-8").splitlines()) >= 3 + 1

    assert answer["answer"].startswith("Alpha opened 20 beds in May 2021.")
    assert summary["scores"]["nDCG@10"]["mean"] == 1.0
    with open_assistant(Settings(index=index)) as casebook:  # here, with the network there is
        same = json.loads(json.dumps(casebook.ask(QUESTION).to_json()))
    answer.pop("timings_ms"), same.pop("timings_ms")
    assert answer == same


_READ = """
import pathlib, sys
from ingest.readers import read
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    assert read(path.read_bytes(), path.name).documents, path
"""


def test_reading_a_page_that_names_the_outside_does_not_go_there(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    outside = "http://outside.example"
    (pages / "a.html").write_text(
        f'<!DOCTYPE html SYSTEM "{outside}/a.dtd"><link rel="stylesheet" href="{outside}/a.css">'
        f'<base href="{outside}"><img src="{outside}/a.png"><iframe src="{outside}"></iframe><p>Text.</p>',
        encoding="utf-8",
    )
    (pages / "b.md").write_text(f"# B\n\n![x]({outside}/x.png) Text [y]({outside}).\n", encoding="utf-8")
    (tmp_path / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "SOCKETS_SEEN": str(tmp_path / "seen.txt"),
        "GUARDED": str(tmp_path / "guarded.txt"),
    }
    subprocess.run([sys.executable, "-c", _READ, str(pages)], env=environment, check=True)
    assert (tmp_path / "guarded.txt").exists()
    assert not (tmp_path / "seen.txt").exists()


def test_the_guard_itself_refuses_and_writes_it_down(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "SOCKETS_SEEN": str(tmp_path / "seen.txt"),
        "GUARDED": str(tmp_path / "guarded.txt"),
    }
    code = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/', timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert child.returncode == 1
    assert "no network in this test" in child.stderr
    assert (tmp_path / "seen.txt").read_text(encoding="utf-8")
