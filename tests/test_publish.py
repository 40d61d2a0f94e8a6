"""Publication: a generation is built whole, checked by a child, and only then pointed to."""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from assistant.catalogue import Catalogue
from assistant.errors import CasebookError, IndexDamaged
from assistant.generations import Manifest, current_folder, file_digests, read_manifest
from assistant.index import Generation
from ingest import publish as publishing
from ingest import verify as verifying
from ingest.pipeline import RECORD
from ingest.publish import publish
from ingest.verify import generation_digest, verify, verify_in_child
from tests.stand_in import StandIn, build, ingest_folder, write_pages

PAGES = {
    "alpha.md": "# Alpha\n\nAlpha shortened its waiting lists.\n",
    "beta.md": "# Beta\n\nBeta moved its payroll to one office.\n",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index that nobody may change."""
    index = tmp_path_factory.mktemp("index") / "index"
    build(index, PAGES)
    return index


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of the index."""
    return shutil.copytree(whole, tmp_path / "index")


def again(root: Path) -> Manifest:
    """Publish what the record holds."""
    with Catalogue(root / RECORD) as record:
        return publish(root, record, model="stand-in", identity="stand-in", precision="exact")


def digest(root: Path, identity: str = "stand-in") -> str:
    with Catalogue(root / RECORD) as record:
        return generation_digest(record, identity)


def answers(root: Path) -> dict[str, float]:
    with closing(Generation(current_folder(root))) as generation:
        return generation.dense(StandIn().encode_query("beta moved its payroll"), 2) | generation.keyword(
            generation.terms("waiting lists"), 2
        )


# The digest


def test_equal_content_has_an_equal_digest_whatever_its_history(whole: Path, tmp_path: Path) -> None:
    index, pages = tmp_path / "index", write_pages(tmp_path / "index-pages", {"beta.md": "# Other\n\nText.\n"})
    ingest_folder(index, pages)
    write_pages(pages, dict(reversed(PAGES.items())))
    report = ingest_folder(index, pages, yes=True)
    assert report.generation == digest(index) == digest(whole) == read_manifest(current_folder(whole)).generation
    assert answers(index) == answers(whole)


def test_another_model_has_another_digest(whole: Path) -> None:
    assert digest(whole) != digest(whole, "another")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("# Beta\n\nBeta moved its payroll to two offices.\n", id="text"),
        pytest.param("---\ntitle: New\n---\n\n" + PAGES["beta.md"], id="title alone"),
        pytest.param("---\nregion: North\n---\n\n" + PAGES["beta.md"], id="metadata alone"),
    ],
)
def test_any_change_of_a_document_changes_the_digest(root: Path, whole: Path, tmp_path: Path, page: str) -> None:
    # Without publishing, which is for other tests.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.pipeline.publish", lambda *_, **__: None)
        ingest_folder(root, write_pages(tmp_path / "changed", PAGES | {"gamma.md": page}))
        ingest_folder(tmp_path / "before", write_pages(tmp_path / "same", PAGES | {"gamma.md": PAGES["beta.md"]}))
    assert digest(root) != digest(tmp_path / "before")


# The swap


def test_the_generation_before_is_kept_and_older_ones_go(root: Path) -> None:
    first = read_manifest(current_folder(root))
    for number in (2, 3):
        manifest = again(root)
        assert (manifest.number, manifest.generation) == (number, first.generation)
    assert sorted(path.name for path in root.glob("gen-*")) == ["gen-2", "gen-3"]
    assert current_folder(root).name == "gen-3"
    assert read_manifest(current_folder(root)) == manifest


def test_what_was_left_half_built_is_swept_and_its_name_not_taken_again(root: Path) -> None:
    (root / "gen-7.tmp").mkdir()
    (root / "gen-7.tmp" / "record.sqlite").write_bytes(b"half")
    assert again(root).number == 8
    assert not list(root.glob("*.tmp"))


def test_nothing_but_generations_is_deleted(root: Path) -> None:
    (root / "gen-notes").mkdir()
    again(root)
    again(root)
    assert (root / "gen-notes").is_dir()


class Killed(BaseException):
    """The process ends here."""


STEPS = ("_write_keyword", "_write_chroma", "check", "_flush", "_point")


def test_an_end_at_any_step_leaves_the_old_generation_answering(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers(root)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    for step in STEPS:
        with monkeypatch.context() as patch:
            patch.setattr(publishing, step, killed)
            with pytest.raises(Killed):
                again(root)
        assert current_folder(root).name == "gen-1", step
        assert answers(root) == expected, step
    again(root)
    assert answers(root) == expected
    # The one before is the one that answered before, not the one that was never pointed to.
    assert {path.name for path in root.glob("gen-*")} == {"gen-1", current_folder(root).name}


def test_a_generation_that_fails_its_check_is_not_pointed_to(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Callable[[Path, Catalogue], int] = publishing._write_keyword
    monkeypatch.setattr(publishing, "_write_keyword", lambda *given: honest(*given) + 1)
    with pytest.raises(IndexDamaged, match=r"gen-2.* did not pass its check: the numbers of sentences differ"):
        again(root)
    assert current_folder(root).name == "gen-1"


def test_an_index_without_documents_can_be_published(root: Path) -> None:
    with Catalogue(root / RECORD) as record:
        record.remove(PAGES)
    manifest = again(root)
    assert (manifest.documents, manifest.passages, manifest.sentences) == (0, 0, 0)
    assert answers(root) == {}


def test_an_unchanged_ingest_publishes_nothing(root: Path, whole: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.name not in {"index", "writer.lock"}}
    report = ingest_folder(root, whole.parent / "index-pages")
    assert (sorted(report.unchanged), report.published) == (sorted(PAGES), False)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path in before} == before


# The check


def _change(sql: str, *values: object) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with closing(sqlite3.connect(root / RECORD)) as db, db:
            db.execute(sql, values)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(_change("DELETE FROM documents WHERE id = 'beta.md'"), "numbers of documents", id="document gone"),
        pytest.param(_change("DELETE FROM passages WHERE start = 0"), "numbers of passages", id="passage gone"),
        pytest.param(_change("UPDATE documents SET fingerprint = 'x'"), "record has changed", id="document changed"),
        pytest.param(_change('UPDATE passages SET "end" = 9'), "passage .* differs", id="passage moved"),
        pytest.param(
            _change("UPDATE passages SET vector = ?", (-StandIn().encode_query("x")).tobytes()),
            "vector of .* not found",
            id="vector changed",
        ),
    ],
)
def test_a_record_that_does_not_agree_is_seen(root: Path, change: Callable[[Path], None], words: str) -> None:
    verify(current_folder(root), root)
    change(root)
    with pytest.raises(IndexDamaged, match=words):
        verify(current_folder(root), root)


def test_the_check_works_wherever_the_user_stands(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root.parent / "ingest.py").write_text("raise SystemExit('the wrong ingest')", encoding="utf-8")
    monkeypatch.chdir(root.parent)
    verify_in_child(Path("index/gen-1"), Path("index"))


def _impostor(folder: Path, script: str) -> str:
    """Return the path of a program that stands in for Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell script in the place of Python")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param("ulimit -c 0; kill -SEGV $$", r"died \(exit -11\)", id="a segmentation fault"),
        pytest.param("kill -KILL $$", r"died \(exit -9\)", id="killed for memory"),
        pytest.param("echo first >&2; echo the last line >&2; exit 1", "the last line", id="an error"),
        pytest.param("exec sleep 60", "no answer within 0.5 s", id="hangs"),
    ],
)
def test_a_check_that_dies_is_a_damaged_index_and_nothing_worse(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setattr(sys, "executable", _impostor(tmp_path, script))
    monkeypatch.setattr(verifying, "VERIFY_SECONDS", 0.5 if "sleep" in script else 60)
    with pytest.raises(IndexDamaged, match=f"gen-1 did not pass its check: .*{words}"):
        verify_in_child(current_folder(root), root)


def test_chromas_own_crash_over_a_broken_graph_stays_in_the_child(root: Path) -> None:
    """The files' hashes are made to agree, so that Chroma itself meets the broken graph and may die of it."""
    folder = root / "gen-1"
    for path in (folder / "chroma").rglob("*.bin"):
        path.write_bytes(os.urandom(path.stat().st_size))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "files": file_digests(folder)}), encoding="utf-8")
    with pytest.raises(IndexDamaged, match="did not pass its check"):
        verify_in_child(folder, root)


def test_an_error_of_a_library_is_put_in_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("No space left on device (os error 28)")

    monkeypatch.setattr(publishing, "_write_chroma", fail)
    with pytest.raises(CasebookError, match=r"could not be written in .*No space left.*goes on answering"):
        again(root)
    assert current_folder(root).name == "gen-1"
