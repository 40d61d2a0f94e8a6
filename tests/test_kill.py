"""kill -9 at any moment: the generation before answers, and the next ingest ends where an undisturbed one does."""

import multiprocessing
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.catalogue import Catalogue
from assistant.generations import current_folder
from assistant.index import Generation
from ingest import batches
from ingest.pipeline import RECORD
from tests.stand_in import StandIn, build, ingest_folder, write_pages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")

KILLS, REAL_KILLS = 30, 5
OLD = {"old.md": "# Old\n\nThe old page tells of a theatre.\n"}
NEW = {
    f"page-{number:02}.md": f"# Page {number}\n\n"
    + "\n\n".join(
        f"Paragraph {part} of page {number} tells of a shared theatre and {part * number} beds." for part in range(8)
    )
    for number in range(12)
}
QUESTION = "Which page tells of a theatre?"


def state(index: Path) -> list[Any]:
    """Return all that decides an answer: documents, passages, vectors and what two searches find."""
    with Catalogue(index / RECORD) as record:
        stored = [(d, record.passages(d.id), record.vectors(d.id).tobytes()) for d in record.documents()]
    generation = Generation(current_folder(index))
    found = [
        generation.manifest.generation,
        generation.documents,
        generation.dense(StandIn().encode_query(QUESTION), 50),
        generation.keyword(generation.terms(QUESTION), 50),
    ]
    generation.close()
    return [stored, *found]


def ingest_slowly(index: Path, folder: Path) -> None:
    """Ingest in batches of a few passages, so that there are many commits to be killed between."""
    batches.BATCH_PASSAGES = 3
    ingest_folder(index, folder)


def ask(index: Path) -> None:
    """Open the published generation and search it both ways."""
    generation = Generation(current_folder(index))
    assert generation.dense(StandIn().encode_query(QUESTION), 5)
    assert generation.keyword(generation.terms(QUESTION), 5)
    generation.close()


def child(task: Callable[..., None], *arguments: Path) -> Any:
    """Return a process that is started from one that has loaded the libraries and nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "llama_index.vector_stores.chroma", "tantivy", "tests.test_kill"])
    return context.Process(target=task, args=arguments)


def answers(index: Path) -> bool:
    """Whether the published generation opens, in a child that a broken index may kill, and finds a page."""
    asking = child(ask, index)
    asking.start()
    asking.join()
    return bool(asking.exitcode == 0)


def kill_after(command: Sequence[str], seconds: float) -> int:
    """Start a command in a session of its own, kill all of it after a while, and return its exit code."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
    return child.returncode


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pages(tmp_path_factory.mktemp("new") / "pages", NEW)


def test_thirty_kills_lose_nothing(tmp_path: Path, pages: Path) -> None:
    before = tmp_path / "before"
    build(before, OLD)
    for name in ("warm", "undisturbed"):
        shutil.copytree(before, tmp_path / name)
        begun = time.monotonic()
        undisturbed = child(ingest_slowly, tmp_path / name, pages)
        undisturbed.start()
        undisturbed.join()
        whole = time.monotonic() - begun
    expected = state(tmp_path / "undisturbed")
    moments = random.Random(20261122)
    killed = committed = 0
    for turn in range(KILLS):
        disturbed = shutil.copytree(before, tmp_path / f"disturbed-{turn}")
        victim = child(ingest_slowly, disturbed, pages)
        victim.start()
        time.sleep(whole * moments.random())
        victim.kill()
        victim.join()
        killed += victim.exitcode == -signal.SIGKILL
        assert answers(disturbed), "the published generation opens and finds a page"
        with closing(Generation(current_folder(disturbed))) as generation:
            held = {document.id for document in generation.documents}
        assert held in ({"old.md"}, {"old.md", *NEW}), "a generation is whole, the old or the new"
        with Catalogue(disturbed / RECORD) as record:
            committed += 1 < record.counts()[0] < 1 + len(NEW)
        ingest_folder(disturbed, pages)
        assert state(disturbed) == expected
        shutil.rmtree(disturbed)
    assert killed >= KILLS // 2, "too few kills came before the end"
    assert committed, "no kill came between two commits"


@pytest.mark.parametrize("step", ["sentences", "record", "building", "verified", "pointed"])
def test_a_kill_at_each_step_of_publishing(tmp_path: Path, pages: Path, step: str) -> None:
    """Die exactly there: before the vectors of sentences, behind the record, amid building, around the pointer."""
    places = {
        "sentences": ("ingest.sentences", "fitting"),
        "record": ("ingest.publish", "_write_keyword"),
        "building": ("ingest.publish", "_write_chroma"),
        "verified": ("ingest.publish", "_point"),
        "pointed": ("shutil", "rmtree"),
    }
    module, name = places[step]
    index = tmp_path / "index"
    build(index, OLD)
    if step == "pointed":  # something older must be there to be swept
        build(index, OLD | {"older.md": "# Older\n\nAnother theatre.\n"})
    code = (
        "import os, signal, sys, pathlib, importlib\nimport ingest.publish\nfrom tests.stand_in import ingest_folder\n"
        f"module = importlib.import_module({module!r})\n"
        f"module.{name} = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "ingest_folder(pathlib.Path(sys.argv[1]), sys.argv[2])\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(index), str(pages)], check=False).returncode
    assert died == -signal.SIGKILL and answers(index)
    generation = Generation(current_folder(index))
    assert (len(generation.documents) > len(NEW)) == (step == "pointed")
    ingest_folder(index, pages)
    assert {document.id for document in Generation(current_folder(index)).documents} >= {"old.md", *NEW}
    assert not list(index.glob("*.tmp"))


@pytest.mark.slow
def test_five_kills_of_the_real_thing(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", dict(list(NEW.items())[:4]))

    def command(index: Path) -> list[str]:
        return [sys.executable, "-m", "ingest", str(pages), "--index", str(index)]

    def held(index: Path) -> list[Any]:
        with Catalogue(index / RECORD) as record:
            return [(d, record.passages(d.id), record.vectors(d.id).tobytes()) for d in record.documents()]

    undisturbed = tmp_path / "undisturbed"
    begun = time.monotonic()
    subprocess.run(command(undisturbed), check=True, capture_output=True)
    whole = time.monotonic() - begun
    killed = 0
    for turn in range(REAL_KILLS):
        disturbed = tmp_path / f"disturbed-{turn}"
        killed += kill_after(command(disturbed), whole * (0.3 + 0.6 * turn / REAL_KILLS)) == -signal.SIGKILL
        subprocess.run(command(disturbed), check=True, capture_output=True)
        assert held(disturbed) == held(undisturbed)
        manifests = [Generation(current_folder(index)).manifest for index in (undisturbed, disturbed)]
        assert manifests[0].generation == manifests[1].generation
    assert killed >= 2, "too few kills came before the end"
