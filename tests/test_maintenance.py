"""Looking after an index: each verb, on a healthy index and on a damaged one."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from assistant.catalogue import Catalogue
from assistant.errors import CasebookError, DocumentUnknown, IndexDamaged, IndexMissing
from assistant.generations import current_folder, read_manifest
from assistant.index import Generation
from ingest import maintenance
from ingest.lock import writing
from ingest.pipeline import RECORD, Ingest
from ingest.report import IngestReport, report_json, report_text
from tests.stand_in import StandIn, build, ingest_folder

SECRET = "quincunx"
PAGES = {
    "alpha.md": "# Alpha\n\nAlpha shortened its waiting lists.\n",
    "beta.md": "# Beta\n\nBeta moved its payroll to one office.\n",
    f"{SECRET}.md": f"---\ntitle: The {SECRET}\n---\n\n# Another {SECRET}\n\nEvery {SECRET} was planted by hand.\n",
}


class Silent(StandIn):
    """A stand-in that must not be asked for a passage's vector."""

    def encode_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        raise AssertionError(f"{len(texts)} passages were embedded again")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index that nobody may change."""
    index = tmp_path_factory.mktemp("index") / "index"
    build(index, PAGES)
    return index


@pytest.fixture
def root(healthy: Path, tmp_path: Path) -> Path:
    """Return a copy of the index."""
    return shutil.copytree(healthy, tmp_path / "index")


@contextmanager
def opened(root: Path, embedder: StandIn) -> Iterator[Ingest]:
    with writing(root), Catalogue(maintenance.existing_record(root)) as record:
        yield Ingest(root, record, embedder, model=embedder.identity, progress=lambda *_: None)


def contents(root: Path) -> dict[str, tuple[str, list[tuple[int, int]], bytes]]:
    """Return each document's text, the places of its passages and their vectors."""
    with Catalogue(root / RECORD) as record:
        return {
            document.id: (
                document.text,
                [(passage.start, passage.end) for passage in record.passages(document.id)],
                record.vectors(document.id).tobytes(),
            )
            for document in record.documents()
        }


def traces(root: Path, word: str) -> list[str]:
    """Return the files whose name or bytes hold a word."""
    files = (path for path in root.rglob("*") if path.is_file())
    return [path.name for path in files if word in path.name or word.encode() in path.read_bytes().lower()]


# list


def test_list_names_every_document(healthy: Path) -> None:
    said, lines = maintenance.list_documents(healthy)
    assert [document["id"] for document in said["documents"]] == sorted(PAGES)
    alpha = said["documents"][0]
    assert alpha["characters"] == len("Alpha\n\nAlpha shortened its waiting lists.")
    assert (alpha["title"], alpha["passages"], len(alpha["sha256"])) == ("Alpha", 1, 64)
    today = alpha["added"]
    assert date.fromisoformat(today).isoformat() == alpha["changed"]
    assert lines[0] == f"alpha.md  Alpha  (1 passages, 41 characters, changed {today})"
    assert lines[-1] == "3 documents"


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(maintenance.list_documents, id="list"),
        pytest.param(maintenance.doctor, id="doctor"),
        pytest.param(maintenance.existing_record, id="the record"),
        pytest.param(lambda root: maintenance.backup(root, root.parent / "backup"), id="backup"),
    ],
)
def test_without_an_index_every_verb_says_so(tmp_path: Path, verb: Callable[[Path], object]) -> None:
    with pytest.raises(IndexMissing, match=r"no index at .*nowhere.*run\.py ingest"):
        verb(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_compares_with_the_record_or_with_nothing(healthy: Path, tmp_path: Path) -> None:
    assert maintenance.scratch_or_own(healthy) == healthy / RECORD
    with Catalogue(maintenance.scratch_or_own(tmp_path)) as nothing:
        assert nothing.counts() == (0, 0)
    assert list(tmp_path.iterdir()) == []


# doctor


def test_doctor_finds_a_healthy_index_healthy(root: Path) -> None:
    said, lines = maintenance.doctor(root)
    assert said["healthy"] and said["faults"] == []
    assert said["documents"] == said["generation_documents"] == 3
    assert said["passages"] == said["generation_passages"]
    assert lines[-1].startswith("Healthy")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scribble(path: Path) -> None:
    """Write over all of a database but its first page."""
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def _lose_a_document(path: Path) -> None:
    with Catalogue(path) as record:
        record.remove(["alpha.md"])


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        pytest.param("CURRENT", lambda path: path.write_text("gen-9"), "gen-9, which is not whole", id="pointer"),
        pytest.param("CURRENT", lambda path: path.write_bytes(b"\xff"), "names no generation", id="no text in it"),
        pytest.param("gen-1/manifest.json", _cut, "manifest of gen-1 cannot be read", id="manifest"),
        pytest.param("gen-1/chroma/chroma.sqlite3", _cut, "gen-1 cannot be opened", id="vectors"),
        pytest.param("gen-1/chroma/*/data_level0.bin", _cut, "not as it was published", id="graph of vectors"),
        pytest.param("gen-1/keyword/passages/*.term", Path.unlink, "not as it was published", id="keyword index"),
        pytest.param("gen-1/record.sqlite", _scribble, "did not pass", id="published record"),
        pytest.param(RECORD, lambda path: path.write_bytes(b"no database" * 900), "cannot be opened", id="no record"),
        pytest.param(RECORD, _scribble, "the record is damaged", id="record scribbled over"),
        pytest.param(RECORD, _cut, "record", id="record cut"),
        pytest.param(RECORD, _lose_a_document, "the numbers of documents differ: 2, 3, 3", id="record changed"),
    ],
)
def test_doctor_says_what_is_wrong_and_what_to_do(
    root: Path, name: str, damage: Callable[[Path], object], words: str
) -> None:
    damage(next(root.glob(name)))
    said, lines = maintenance.doctor(root)
    assert not said["healthy"]
    assert any(words in fault for fault in said["faults"])
    assert "Traceback" not in "\n".join(lines)
    assert any(line.startswith("To mend it") for line in lines)


# rebuild


def test_rebuild_mends_a_lost_generation_without_embedding(root: Path) -> None:
    before = read_manifest(current_folder(root))
    shutil.rmtree(current_folder(root))
    with opened(root, Silent()) as ingest:
        said, lines = maintenance.rebuild(ingest)
    assert said == {"generation": before.generation, "embedded_again": 0}
    assert lines == [f"Generation {before.generation} published; 0 documents embedded again."]
    assert maintenance.doctor(root)[0]["healthy"]


def test_rebuild_embeds_from_the_record_what_another_model_made(root: Path) -> None:
    before = contents(root)
    shutil.rmtree(root.parent / f"{root.name}-pages", ignore_errors=True)

    class Reversed(StandIn):
        def encode_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            return super().encode_passages(texts)[:, ::-1].copy()

    with opened(root, Reversed("another")) as ingest:
        said, _ = maintenance.rebuild(ingest)
    after = contents(root)
    assert said["embedded_again"] == 3
    assert {name: parts[:2] for name, parts in after.items()} == {name: parts[:2] for name, parts in before.items()}
    assert all(after[name][2] != before[name][2] for name in before)
    assert read_manifest(current_folder(root)).identity == "another"


# remove


def test_removal_leaves_no_trace(root: Path) -> None:
    assert {RECORD, "chroma.sqlite3"} <= set(traces(root, SECRET))
    with opened(root, Silent()) as ingest:
        said, lines = maintenance.remove(ingest, [f"{SECRET}.md"])
    assert said == {"removed": [f"{SECRET}.md"]} and lines == [f"Removed: {SECRET}.md"]
    assert traces(root, SECRET) == []
    assert [path.name for path in root.glob("gen-*")] == ["gen-2"]
    with closing(Generation(current_folder(root))) as generation:
        assert [document.id for document in generation.documents] == ["alpha.md", "beta.md"]
        assert generation.keyword(generation.terms(SECRET), 5) == {}


@pytest.mark.parametrize(
    ("identifiers", "error", "words"),
    [
        pytest.param([], CasebookError, "one or more", id="none named"),
        pytest.param(["alpha.md", "delta.md"], DocumentUnknown, "'delta.md'.*nothing was removed", id="one unknown"),
    ],
)
def test_remove_refuses_and_removes_nothing(
    root: Path, identifiers: list[str], error: type[CasebookError], words: str
) -> None:
    before = contents(root)
    with opened(root, Silent()) as ingest, pytest.raises(error, match=words):
        maintenance.remove(ingest, identifiers)
    assert contents(root) == before
    assert current_folder(root).name == "gen-1"


# backup and restore


def test_a_backup_brings_everything_back(root: Path, tmp_path: Path) -> None:
    target, before = tmp_path / "backup.sqlite", contents(root)
    generation = read_manifest(current_folder(root)).generation
    said, lines = maintenance.backup(root, target)
    assert (said["documents"], said["passages"]) == (3, 3)
    assert str(target) in lines[0]
    new = tmp_path / "new index"
    with writing(new):
        maintenance.put_back(new, target)
    with opened(new, Silent()) as ingest:
        maintenance.rebuild(ingest)
    assert contents(new) == before
    assert read_manifest(current_folder(new)).generation == generation
    assert maintenance.doctor(new)[0]["healthy"]


def test_restoring_undoes_a_removal(root: Path, tmp_path: Path) -> None:
    before = contents(root)
    maintenance.backup(root, tmp_path / "backup")
    _lose_a_document(root / RECORD)
    for journal in ("journal", "wal", "shm"):
        (root / f"{RECORD}-{journal}").write_bytes(b"what a killed commit left")
    maintenance.put_back(root, tmp_path / "backup")
    assert list(root.glob(f"{RECORD}-*")) == []
    assert contents(root) == before


def _other_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE shopping (item TEXT)")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_cut, id="cut"),
        pytest.param(_scribble, id="scribbled over"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_text("Dear diary"), id="a text"),
        pytest.param(_other_database, id="another program's database"),
    ],
)
def test_a_damaged_backup_is_refused_and_the_index_left_alone(
    root: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    target, before = tmp_path / "backup", contents(root)
    maintenance.backup(root, target)
    damage(target)
    with pytest.raises(IndexDamaged, match=r"backup .* is damaged .*left as it is"):
        maintenance.put_back(root, target)
    assert contents(root) == before
    assert not list(root.glob("*.tmp"))


def test_a_missing_backup_is_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(CasebookError, match=r"no backup at .*nowhere"):
        maintenance.put_back(root, tmp_path / "nowhere")


def test_a_backup_never_overwrites(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("keep me", encoding="utf-8")
    with pytest.raises(CasebookError, match="precious is there already"):
        maintenance.backup(root, target)
    assert target.read_text(encoding="utf-8") == "keep me"


def test_a_backup_that_cannot_be_written_is_refused_in_words(root: Path, tmp_path: Path) -> None:
    with pytest.raises(CasebookError, match=r"could not be copied to .*; there is no backup"):
        maintenance.backup(root, tmp_path / "no such folder" / "backup")


# Reports in words


def test_a_report_for_programs_counts_what_it_names() -> None:
    report = IngestReport(added=["a"], warned=[("a", "looks odd")], refused=[("b", "is locked")], passages=4)
    said = report_json(report)
    assert said["counts"] == {"added": 1, "updated": 0, "unchanged": 0, "removed": 0, "warned": 1, "refused": 1}
    assert said["refused"] == [{"document": "b", "reason": "is locked"}]
    assert said["passages"] == 4


@pytest.mark.parametrize(
    ("report", "check", "lines"),
    [
        pytest.param(
            IngestReport(added=["a"], refused=[("b", "is locked")], passages=4, generation="f00d", published=True),
            False,
            [
                "1 added, 0 updated, 0 unchanged, 0 removed, 1 refused; 4 passages cut.",
                "Refused: b: is locked",
                "Generation f00d published.",
            ],
            id="published",
        ),
        pytest.param(
            IngestReport(unchanged=["a", "b"], warned=[("a", "looks odd")], generation="f00d"),
            False,
            [
                "0 added, 0 updated, 2 unchanged, 0 removed, 0 refused; 0 passages cut.",
                "Warning: a: looks odd",
                "Generation f00d unchanged, nothing to publish.",
            ],
            id="unchanged",
        ),
        pytest.param(
            IngestReport(removed=["a"]),
            True,
            ["Would be: 0 added, 0 updated, 0 unchanged, 1 removed, 0 refused; 0 passages cut."],
            id="dry run",
        ),
    ],
)
def test_a_report_for_people(report: IngestReport, check: bool, lines: list[str]) -> None:
    assert report_text(report, check=check).splitlines() == lines


def test_after_a_restore_an_ingest_finds_nothing_to_do(healthy: Path, root: Path, tmp_path: Path) -> None:
    maintenance.backup(root, tmp_path / "backup")
    maintenance.put_back(root, tmp_path / "backup")
    report = ingest_folder(root, healthy.parent / "index-pages", embedder=Silent())
    assert len(report.unchanged) == 3 and not report.published
