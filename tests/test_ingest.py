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
from assistant.embedder import file_sha256
from assistant.errors import IndexDamaged, IndexLocked, IngestRefused
from assistant.generations import current_folder
from assistant.index import Generation
from ingest import batches, pipeline
from ingest.lock import writing
from ingest.pipeline import RECORD, Ingest, record_path
from ingest.sandbox import Limits
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


def rows(*texts: tuple[str, str]) -> str:
    """Return a collection in JSON lines."""
    return "\n".join(json.dumps({"_id": name, "text": text}) for name, text in texts)


def test_a_line_that_broke_keeps_what_it_held_before(tmp_path: Path) -> None:
    collection = tmp_path / "corpus.jsonl"
    collection.write_text(rows(("a", "One text."), ("b", "Another text."), ("c", "A third.")), encoding="utf-8")
    ingest_folder(tmp_path / "index", collection)
    collection.write_text(rows(("a", "One text."), ("c", "A third.")) + '\n{"_id": "b", "te', encoding="utf-8")
    report = ingest_folder(tmp_path / "index", collection)
    assert report.removed == [] and set(texts(tmp_path / "index")) == {"a", "b", "c"}
    assert len(report.refused) == 1 and "b" in report.warned[0][1]


def test_a_document_that_moved_to_another_collection_is_taken_there(tmp_path: Path) -> None:
    folder = tmp_path / "collections"
    one, two = folder / "one.jsonl", folder / "two.jsonl"
    write_pages(
        folder, {"one.jsonl": rows(("a", "One text."), ("b", "Another text.")), "two.jsonl": rows(("c", "Third."))}
    )
    ingest_folder(tmp_path / "index", folder)
    one.write_text(rows(("a", "One text.")), encoding="utf-8")
    two.write_text(rows(("b", "Another text."), ("c", "Third.")), encoding="utf-8")
    report = ingest_folder(tmp_path / "index", folder)
    assert report.refused == report.removed == [] and set(texts(tmp_path / "index")) == {"a", "b", "c"}
    one.write_text(rows(("a", "One text."), ("c", "A new third.")), encoding="utf-8")
    two.write_text(rows(("b", "Another text.")), encoding="utf-8")
    assert ingest_folder(tmp_path / "index", folder).updated == ["c"]
    assert sorted(ingest_folder(tmp_path / "index", folder).unchanged) == ["a", "b", "c"]


def test_an_id_that_two_collections_of_a_folder_share_is_refused_in_one(tmp_path: Path) -> None:
    both = {"one.jsonl": rows(("a", "One text.")), "two.jsonl": rows(("a", "Another text."))}
    report = ingest_folder(tmp_path / "index", write_pages(tmp_path / "collections", both))
    assert report.added == ["a"] and "taken by" in report.refused[0][1]
    assert texts(tmp_path / "index") == {"a": "One text."}


def test_a_collection_that_was_renamed_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "collections", {"one.jsonl": rows(("a", "One text."))})
    ingest_folder(tmp_path / "index", folder)
    (folder / "one.jsonl").rename(folder / "two.jsonl")
    assert ingest_folder(tmp_path / "index", folder).unchanged == ["a"]
    with Catalogue(tmp_path / "index" / RECORD) as record:
        assert [Path(origin).name for origin in record.files()] == ["two.jsonl"]


def test_a_file_named_by_itself_stays_with_its_folder(index: Path, folder: Path) -> None:
    page = folder / "gamma" / "gamma.md"
    assert ingest_folder(index, page).unchanged == ["gamma/gamma.md"]
    page.write_text("# Gamma\n\nGamma closed its laboratory.\n", encoding="utf-8")
    assert ingest_folder(index, page).updated == ["gamma/gamma.md"]
    assert ingest_folder(index, folder).unchanged == ["alpha.md", "beta.md", "gamma/gamma.md"]
    page.unlink()
    assert ingest_folder(index, folder).removed == ["gamma/gamma.md"]


def test_a_renamed_page_is_no_twin_of_itself(index: Path, folder: Path) -> None:
    (folder / "beta.md").rename(folder / "delta.md")
    assert ingest_folder(index, folder).warned == []


@pytest.mark.parametrize("check", [False, True], ids=["ingest", "dry run"])
def test_twins_that_come_together_are_named_once(tmp_path: Path, check: bool) -> None:
    collection = tmp_path / "corpus.jsonl"
    collection.write_text(rows(("a", "One text."), ("b", "Another text."), ("c", "One text.")), encoding="utf-8")
    report = ingest_folder(tmp_path / "index", collection, check=check)
    assert report.added == ["a", "b", "c"]
    assert report.warned == [("c", "has the same text as a; both are kept")]


def test_a_page_that_cannot_be_opened_is_refused_and_stops_no_other(
    index: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> str:
        if path.name == "beta.md":
            raise PermissionError(13, "Permission denied", str(path))
        return file_sha256(path)

    monkeypatch.setattr(pipeline, "file_sha256", refuse)
    (folder / "delta.md").write_text("# Delta\n\nA new page.\n", encoding="utf-8")
    report = ingest_folder(index, folder)
    assert report.added == ["delta.md"] and report.removed == []
    assert report.refused == [("beta.md", "cannot be opened: Permission denied (what was read from it before is kept)")]


def test_a_damaged_generation_is_published_anew_by_the_next_ingest(index: Path, folder: Path) -> None:
    vectors = next(current_folder(index).rglob("data_level0.bin"))
    vectors.write_bytes(bytes(len(vectors.read_bytes())))
    report = ingest_folder(index, folder)
    assert report.published and report.added == report.updated == [] and set(texts(index)) == set(PAGES)


@pytest.mark.parametrize("lost", [True, False], ids=["deleted", "emptied"])
def test_a_lost_record_is_not_taken_for_a_new_one(index: Path, lost: bool) -> None:
    (index / RECORD).unlink() if lost else (index / RECORD).write_bytes(b"")
    with pytest.raises(IndexDamaged, match="restore"):
        record_path(index)
    assert set(texts(index)) == set(PAGES)


def test_batches_of_many_passages_and_many_files_end_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {f"page-{number:02}.md": f"# Page {number}\n\n" + "Words that fill. " * 40 for number in range(9)}
    folder = write_pages(tmp_path / "many", pages)
    held = []
    for size in (1, 5, 1000):
        monkeypatch.setattr(batches, "BATCH_PASSAGES", size)
        ingest_folder(tmp_path / f"index-{size}", folder)
        with Catalogue(tmp_path / f"index-{size}" / RECORD) as record:
            assert len(record.files()) == len(pages)
            held.append([(d, record.passages(d.id), record.vectors(d.id).tobytes()) for d in record.documents()])
    assert held[0] == held[1] == held[2]


def test_progress_goes_from_nothing_to_all(tmp_path: Path, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    with Catalogue(tmp_path / RECORD) as record:
        ingest = Ingest(
            tmp_path, record, StandIn(), model="stand-in", progress=lambda done, total, _: seen.append((done, total))
        )
        ingest.run([str(folder)], check=False, yes=False, limits=Limits())
    total = sum(path.stat().st_size for path in folder.rglob("*.md"))
    assert seen == sorted(seen) and seen[-1] == (total, total)


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
