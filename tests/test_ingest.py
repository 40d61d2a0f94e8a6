"""What an ingest takes in, keeps, removes and refuses; with the stand-in for the embedding model."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from assistant.catalogue import Catalogue
from assistant.errors import IndexLocked, IngestRefused
from assistant.index import Generation, current_folder
from ingest.lock import writing
from ingest.pipeline import RECORD
from tests.stand_in import StandIn, ingest_folder, write_pages

PAGES = {
    "alpha.md": "# Alpha\n\nAlpha shortened its waiting lists with a shared theatre.\n",
    "beta.md": "# Beta\n\nBeta moved its payroll to one office.\n",
    "gamma/gamma.md": "# Gamma\n\nGamma shares a laboratory.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "pages", PAGES)


@pytest.fixture
def index(tmp_path: Path, folder: Path) -> Path:
    root = tmp_path / "index"
    report = ingest_folder(root, folder)
    assert report.added == ["alpha.md", "beta.md", "gamma/gamma.md"]
    return root


def texts(index: Path) -> dict[str, str]:
    """Return what the published generation holds, by id."""
    generation = Generation(current_folder(index))
    found = {document.id: document.text for document in generation.documents}
    generation.close()
    return found


def test_nothing_new_changes_nothing(index: Path, folder: Path) -> None:
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    report = ingest_folder(index, folder)
    assert sorted(report.unchanged) == sorted(PAGES) and not report.published
    assert {path: path.read_bytes() for path in index.rglob("*") if path.is_file()} == before


def test_an_edited_document_replaces_the_old_one(index: Path, folder: Path) -> None:
    (folder / "beta.md").write_text("# Beta\n\nBeta sold its office.\n", encoding="utf-8")
    report = ingest_folder(index, folder)
    assert (report.updated, report.published) == (["beta.md"], True)
    assert texts(index)["beta.md"] == "Beta\n\nBeta sold its office."


def test_a_new_title_in_front_matter_counts_as_a_change(index: Path, folder: Path) -> None:
    (folder / "beta.md").write_text(f'---\ntitle: "New"\n---\n{PAGES["beta.md"]}', encoding="utf-8")
    assert ingest_folder(index, folder).updated == ["beta.md"]


def test_a_renamed_document_moves(index: Path, folder: Path) -> None:
    (folder / "beta.md").rename(folder / "delta.md")
    report = ingest_folder(index, folder)
    assert (report.added, report.removed) == (["delta.md"], ["beta.md"])
    assert set(texts(index)) == {"alpha.md", "delta.md", "gamma/gamma.md"}


def test_what_can_no_longer_be_read_is_refused_and_kept_as_it_was(index: Path, folder: Path) -> None:
    (folder / "beta.md").write_bytes(b"")
    (folder / "alpha.md").write_text("<!-- nothing -->", encoding="utf-8")
    report = ingest_folder(index, folder)
    assert {name for name, _ in report.refused} == {"alpha.md", "beta.md"}
    assert report.removed == [] and set(texts(index)) == set(PAGES)


def test_the_same_text_twice_is_kept_and_named(index: Path, folder: Path) -> None:
    (folder / "copy.md").write_text(PAGES["beta.md"], encoding="utf-8")
    report = ingest_folder(index, folder)
    assert report.added == ["copy.md"]
    assert ("copy.md", "has the same text as beta.md; both are kept") in report.warned


def test_one_id_from_two_roots_is_refused_by_name(index: Path, tmp_path: Path) -> None:
    other = write_pages(tmp_path / "other", {"beta.md": "# Other\n\nAnother page.\n"})
    report = ingest_folder(index, other)
    assert report.added == [] and "pages/beta.md" in report.refused[0][1]
    assert texts(index)["beta.md"].startswith("Beta")


def test_a_root_that_moved_is_taken_over(index: Path, folder: Path) -> None:
    moved = folder.rename(folder.parent / "moved")
    report = ingest_folder(index, moved)
    assert sorted(report.unchanged) == sorted(PAGES) and report.refused == [] and report.removed == []
    (moved / "beta.md").unlink()
    assert ingest_folder(index, moved).removed == ["beta.md"]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_root_without_documents_is_an_error_and_removes_nothing(index: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IngestRefused):
        ingest_folder(index, tmp_path / name)
    assert set(texts(index)) == set(PAGES)


def test_losing_over_half_of_a_root_needs_a_yes(index: Path, folder: Path) -> None:
    (folder / "alpha.md").unlink()
    (folder / "beta.md").unlink()
    report = ingest_folder(index, folder)
    assert report.removed == [] and "2 of its 3 documents are gone" in report.refused[0][1]
    assert set(texts(index)) == set(PAGES)
    assert ingest_folder(index, folder, yes=True).removed == ["alpha.md", "beta.md"]
    assert set(texts(index)) == {"gamma/gamma.md"}


def test_another_root_is_left_alone(index: Path, tmp_path: Path) -> None:
    upload = write_pages(tmp_path / "uploads", {"upload.md": "# Upload\n\nAn uploaded page.\n"})
    ingest_folder(index, upload / "upload.md")
    assert ingest_folder(index, tmp_path / "pages").removed == []
    assert set(texts(index)) == {*PAGES, "upload.md"}


def test_a_bad_line_of_a_collection_stops_no_other(tmp_path: Path) -> None:
    lines = ['{"_id": "a", "title": "", "text": "One text."}', "nonsense", '{"_id": "b", "text": "Another text."}']
    collection = tmp_path / "corpus.jsonl"
    collection.write_text("\n".join(lines), encoding="utf-8")
    report = ingest_folder(tmp_path / "index", collection)
    assert (
        report.added == ["a", "b"] and len(report.refused) == 1 and "2" in report.refused[0][1] + report.refused[0][0]
    )


def test_a_document_gone_from_a_collection_is_removed(tmp_path: Path) -> None:
    collection = tmp_path / "corpus.jsonl"
    rows = [json.dumps({"_id": name, "text": f"The text of {name}."}) for name in "abcd"]
    collection.write_text("\n".join(rows), encoding="utf-8")
    ingest_folder(tmp_path / "index", collection)
    collection.write_text("\n".join(rows[:3]), encoding="utf-8")
    report = ingest_folder(tmp_path / "index", collection)
    assert (report.unchanged, report.removed) == (["a", "b", "c"], ["d"])


def test_a_dry_run_changes_nothing(index: Path, folder: Path) -> None:
    (folder / "delta.md").write_text("# Delta\n\nA new page.\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    assert ingest_folder(index, folder, check=True).added == ["delta.md"]
    after = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    assert after == before and set(texts(index)) == set(PAGES)


def test_a_failing_model_leaves_the_old_document(index: Path, folder: Path) -> None:
    class Failing(StandIn):
        def encode_passages(self, texts):  # type: ignore[no-untyped-def]
            raise RuntimeError("the model failed")

    (folder / "beta.md").write_text("# Beta\n\nBeta sold its office.\n", encoding="utf-8")
    with pytest.raises(RuntimeError):
        ingest_folder(index, folder, embedder=Failing())
    assert texts(index)["beta.md"].startswith("Beta\n\nBeta moved")
    with Catalogue(index / RECORD) as record:
        assert record.document("beta.md").text.startswith("Beta\n\nBeta moved")
    assert ingest_folder(index, folder).updated == ["beta.md"]


def test_another_model_embeds_everything_again(index: Path, folder: Path) -> None:
    report = ingest_folder(index, folder, embedder=StandIn("another"))
    assert sorted(report.updated) == sorted(PAGES)
    assert Generation(current_folder(index)).manifest.identity == "another"


def test_vectors_are_those_of_the_model(index: Path) -> None:
    with Catalogue(index / RECORD) as record:
        for document in record.documents():
            passages, vectors = record.passages(document.id), record.vectors(document.id)
            expected = StandIn().encode_passages([f"{document.title}. {passage.text}" for passage in passages])
            assert np.array_equal(vectors, expected)


def test_a_second_writer_is_refused_at_once_in_one_line(tmp_path: Path) -> None:
    with writing(tmp_path):
        begun = time.monotonic()
        code = "import sys, pathlib\nfrom ingest.lock import writing\nwith writing(pathlib.Path(sys.argv[1])): pass"
        child = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
        assert child.returncode == 1 and time.monotonic() - begun < 20
        assert f"number {os.getpid()}" in child.stderr.strip().splitlines()[-1]
        with pytest.raises(IndexLocked, match="is writing to") as refused, writing(tmp_path):
            pass
        assert "\n" not in str(refused.value)


def test_the_lock_goes_with_a_killed_holder(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, time\nfrom ingest.lock import writing\n"
        "with writing(pathlib.Path(sys.argv[1])):\n print('held', flush=True)\n time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        child.kill()
    with writing(tmp_path):
        pass


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ingest", *arguments, "--index", str(tmp_path / "index")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def test_exit_codes_and_pure_json(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    checked = run(str(folder), "--check", "--json")
    assert checked.returncode == 0 and json.loads(checked.stdout)["counts"]["added"] == 3
    whole = run(str(folder), "--json")
    said = json.loads(whole.stdout)
    assert whole.returncode == 0 and said["added"] == sorted(PAGES) and said["published"] is True
    (folder / "picture.png").write_bytes(b"\x89PNG")
    part = run(str(folder), "--json")
    refused = json.loads(part.stdout)["refused"]
    assert part.returncode == 2 and [one["document"] for one in refused] == ["picture.png"]
    none = run(str(folder / "nowhere"), "--json")
    assert none.returncode == 1 and "error" in json.loads(none.stdout)
    assert len(none.stderr.strip().splitlines()) == 1
