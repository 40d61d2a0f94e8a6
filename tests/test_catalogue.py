"""assistant/catalogue.py: what is written is read back, whole or not at all."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.catalogue import SCHEMA, Catalogue, passage_id
from assistant.errors import DocumentUnknown, IndexDamaged
from assistant.rows import DocumentRow, FileRow, document_fingerprint, document_from_parts, document_parts
from assistant.schema import Document, Heading, Metadata, Passage, Source, SourceMark, sha256_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
OFFSETS = st.integers(0, 1000)
SOURCES = st.builds(Source, key=TEXTS, title=TEXTS, publisher=TEXTS, url=TEXTS, date=TEXTS)
METADATA = st.builds(
    Metadata,
    collaborative=TEXTS,
    aliases=st.lists(TEXTS, max_size=2).map(tuple),
    region=TEXTS,
    trusts=st.lists(TEXTS, max_size=2).map(tuple),
    topics=st.lists(TEXTS, max_size=2).map(tuple),
    sources=st.lists(SOURCES, max_size=2).map(tuple),
    date=TEXTS,
    reviewed=TEXTS,
)
MARKS = st.builds(SourceMark, start=OFFSETS, end=OFFSETS, keys=st.lists(TEXTS, max_size=2).map(tuple))
DOCUMENTS = st.builds(
    lambda text, **others: Document(sha256=sha256_of(text), text=text, **others),
    text=TEXTS,
    id=TEXTS,
    title=TEXTS,
    page_starts=st.lists(OFFSETS, max_size=2).map(tuple),
    headings=st.lists(
        st.builds(Heading, start=OFFSETS, end=OFFSETS, level=st.integers(1, 6), title=TEXTS), max_size=2
    ).map(tuple),
    marks=st.lists(MARKS, max_size=2).map(tuple),
    metadata=METADATA,
)


def make(identifier: str = "a.md", text: str = "Aims\n\nTo share staff.\n\nTwo trusts pay.") -> Document:
    return Document(
        id=identifier,
        sha256=sha256_of(text),
        title="Notes – “one”",
        text=text,
        page_starts=(0, 6),
        headings=(Heading(start=0, end=4, level=1, title="Aims"),),
        marks=(SourceMark(start=6, end=21, keys=("one",)),),
        metadata=Metadata(topics=("staff",), sources=(Source(key="one", title="A report", date="2024-05"),)),
    )


def row_of(document: Document, origin: str = "/cases/a.md") -> DocumentRow:
    return DocumentRow(
        id=document.id, root="/cases", origin=origin, recipe="recipe", fingerprint=document_fingerprint(document)
    )


def file_of(origin: str = "/cases/a.md", **changes: Any) -> FileRow:
    return replace(FileRow(origin=origin, root="/cases", sha256="0" * 64, recipe="recipe"), **changes)


def cut(document: Document, *places: tuple[int, int]) -> list[Passage]:
    return [
        Passage(
            id=passage_id(document.id, start, end),
            document_id=document.id,
            start=start,
            end=end,
            heading_path=("Aims", "“Staff” – all"),
            page=document.page_at(start),
            text=document.text[start:end],
        )
        for start, end in places
    ]


def vectors_of(*values: float) -> npt.NDArray[np.float32]:
    return np.array([[value, -value / 3, 1e-8] for value in values], dtype=np.float32)


def put(record: Catalogue, document: Document, origin: str = "/cases/a.md", *, seed: float = 1.0) -> list[Passage]:
    """Write a document with two passages and the row of its file."""
    passages = cut(document, (0, 4), (6, 21))
    record.put(document, row_of(document, origin), passages, vectors_of(seed, seed + 1))
    record.put_file(file_of(origin))
    return passages


def everything(path: Path) -> list[str]:
    """Return the whole of a record as statements, to compare."""
    with sqlite3.connect(path) as db:
        return list(db.iterdump())


@given(DOCUMENTS)
def test_a_document_survives_the_journey_through_the_record(document: Document) -> None:
    with Catalogue(Path(":memory:")) as record:
        record.put(document, row_of(document), [], np.empty((0, 3), np.float32))
        assert record.document(document.id) == document
        assert list(record.documents()) == [document]
        assert record.rows() == {document.id: row_of(document)}


@given(DOCUMENTS, DOCUMENTS)
def test_documents_share_a_fingerprint_if_and_only_if_they_are_equal(one: Document, other: Document) -> None:
    assert (document_fingerprint(one) == document_fingerprint(other)) == (one == other)
    assert document_fingerprint(one) == document_fingerprint(replace(one))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"id": "b.md"}, id="id"),
        pytest.param({"title": "Other"}, id="title"),
        pytest.param({"page_starts": (0,)}, id="pages"),
        pytest.param({"headings": ()}, id="headings"),
        pytest.param({"marks": ()}, id="marks"),
        pytest.param({"metadata": Metadata(topics=("staff",))}, id="sources"),
    ],
)
def test_any_change_beside_the_text_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert document_fingerprint(replace(make(), **change)) != document_fingerprint(make())


def test_the_parts_of_a_document_have_one_spelling() -> None:
    document = make()
    assert document_parts(document) == document_parts(make())
    assert "–" in document_parts(replace(document, metadata=Metadata(region="North – East")))
    with pytest.raises(KeyError):
        document_from_parts("a", "", "", "", {})


def test_passages_and_vectors_come_back_bit_for_bit_and_in_order(tmp_path: Path) -> None:
    document = make()
    passages = cut(document, (0, 4), (6, 21), (23, 38))
    vectors = vectors_of(0.1, np.pi, 3e38)
    with Catalogue(tmp_path / "record.sqlite") as record:
        backwards = np.ascontiguousarray(vectors[::-1])
        record.put(document, row_of(document), passages[::-1], backwards)
    with Catalogue(tmp_path / "record.sqlite") as record:
        assert record.passages(document.id) == tuple(passages)
        assert record.vectors(document.id).tobytes() == vectors.tobytes()
        assert record.vectors(document.id).dtype == np.float32
        assert record.counts() == (1, 3)


def test_a_slice_of_a_batch_is_written_as_its_own_rows(tmp_path: Path) -> None:
    batch = vectors_of(1, 2, 3, 4)
    with Catalogue(tmp_path / "record.sqlite") as record:
        record.put(make(), row_of(make()), cut(make(), (0, 4), (6, 21)), batch[1:3])
        assert record.vectors("a.md").tolist() == batch[1:3].tolist()


def test_a_document_without_passages_has_no_vectors(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "record.sqlite") as record:
        record.put(make(), row_of(make()), [], np.empty((0, 3), np.float32))
        assert record.passages("a.md") == ()
        assert len(record.vectors("a.md")) == 0
        assert record.counts() == (1, 0)


def test_putting_a_document_again_replaces_it_whole_and_leaves_the_others(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "record.sqlite") as record:
        put(record, make("a.md"))
        others = put(record, make("b.md"), "/cases/b.md")
        edited = make("a.md", "Aims\n\nOther words.")
        record.put(edited, row_of(edited), cut(edited, (6, 18)), vectors_of(9))
        assert record.document("a.md") == edited
        assert record.passages("a.md") == tuple(cut(edited, (6, 18)))
        assert record.vectors("a.md").tolist() == vectors_of(9).tolist()
        assert record.passages("b.md") == tuple(others)
        assert record.counts() == (2, 3)


@pytest.mark.parametrize(
    ("places", "values", "error"),
    [
        pytest.param([(0, 4), (6, 18)], [1.0], ValueError, id="fewer vectors than passages"),
        pytest.param([(0, 4)], [1.0, 2.0], ValueError, id="more vectors than passages"),
        pytest.param([(0, 4), (0, 4)], [1.0, 2.0], sqlite3.IntegrityError, id="one place twice"),
    ],
)
def test_a_write_that_fails_half_way_leaves_the_old_document(
    places: list[tuple[int, int]], values: list[float], error: type[Exception], tmp_path: Path
) -> None:
    path = tmp_path / "record.sqlite"
    with Catalogue(path) as record:
        put(record, make())
        before = everything(path)
        edited = make("a.md", "Aims\n\nOther words.")
        with pytest.raises(error):
            record.put(edited, row_of(edited), cut(edited, *places), vectors_of(*values))
        assert everything(path) == before
        put(record, make("b.md"), "/cases/b.md")
        assert record.counts() == (2, 4)


def test_a_record_closed_without_a_commit_keeps_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with Catalogue(path) as record:
        put(record, make())
        before = everything(path)
        with pytest.raises(KeyboardInterrupt), record._transaction() as db:
            db.execute("DELETE FROM documents")
            raise KeyboardInterrupt
        assert record.counts() == (1, 2)
    assert everything(path) == before


def test_every_commit_is_flushed_to_disk(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "record.sqlite") as record:
        assert record._db.execute("PRAGMA synchronous").fetchone() == (2,)


class Day(date):
    """A calendar that stands still at a day."""

    now = date(2026, 11, 1)

    @classmethod
    def today(cls) -> date:  # type: ignore[override]
        return cls.now


def test_the_days_on_which_a_document_came_in_and_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.catalogue.date", Day)
    one, other = make(), make("b.md", "Two trusts.")
    with Catalogue(tmp_path / "record.sqlite") as record:
        for document in (one, other):
            put(record, document)
        monkeypatch.setattr(Day, "now", date(2026, 11, 20))
        put(record, one)  # embedded anew: nothing of it has changed
        put(record, replace(other, title="Another title"))
        assert record.days() == {"a.md": ("2026-11-01",) * 2, "b.md": ("2026-11-01", "2026-11-20")}
        record.copy_without_vectors(tmp_path / "copy.sqlite")
        record.remove(["b.md"])
        assert list(record.days()) == ["a.md"]
    with Catalogue(tmp_path / "copy.sqlite", read_only=True) as copy:
        assert copy.days()["b.md"] == ("2026-11-01", "2026-11-20")


def test_a_record_from_before_days_were_kept_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with Catalogue(path) as record:
        put(record, make())
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE days")
    with Catalogue(path, read_only=True) as record:
        assert record.days() == {}
    with Catalogue(path) as record:
        put(record, make("b.md", "Two trusts."))
        assert list(record.days()) == ["b.md"]
        put(record, replace(make(), title="Another title"))
        assert record.days()["a.md"] == ("", record.days()["b.md"][1]), "since when it is here nobody knows"
        record.copy_without_vectors(tmp_path / "copy.sqlite")


def test_moving_a_document_changes_where_it_comes_from_and_nothing_else(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "record.sqlite") as record:
        passages = put(record, make())
        moved = replace(row_of(make()), root="/new", origin="/new/a.md")
        record.move(moved)
        assert record.rows() == {"a.md": moved}
        assert record.document("a.md") == make()
        assert record.passages("a.md") == tuple(passages)


def test_files_come_back_with_their_warnings_and_the_last_word_counts(tmp_path: Path) -> None:
    warned = file_of("/cases/b.md", warnings=("page 2 has no text", "“odd” marks"))
    with Catalogue(tmp_path / "record.sqlite") as record:
        record.put_file(file_of())
        record.put_file(warned)
        record.put_file(file_of(sha256="1" * 64))
        assert record.files() == {"/cases/a.md": file_of(sha256="1" * 64), "/cases/b.md": warned}


def test_the_same_text_is_found_under_every_id(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "record.sqlite") as record:
        for name in ("b.md", "a.md"):
            put(record, make(name), f"/cases/{name}")
        put(record, make("c.md", "Another text, of its own."), "/cases/c.md")
        assert record.same_text(make().sha256) == ("a.md", "b.md")
        assert record.same_text("0" * 64) == ()


def test_removing_leaves_no_row_of_it_and_touches_no_other(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with Catalogue(path) as record:
        put(record, make("b.md"), "/cases/b.md")
        before = everything(path)
        put(record, make("a.md"))
        record.remove(["a.md", "never there.md"])
        assert everything(path) == before
        with pytest.raises(DocumentUnknown):
            record.document("a.md")


def test_a_file_is_forgotten_with_the_last_of_its_documents(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "record.sqlite") as record:
        for line in ("one", "two"):
            put(record, make(line), "/cases/all.jsonl")
        record.remove(["one"])
        assert set(record.files()) == {"/cases/all.jsonl"}
        record.remove(["two"])
        assert record.files() == {}


def test_what_is_removed_is_gone_from_the_bytes_after_a_vacuum(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    secret = "Zebediah Quillfeather"
    with Catalogue(path) as record:
        put(record, make("a.md", f"Aims\n\n{secret} was seen in clinic. " * 50))
        put(record, make("b.md"), "/cases/b.md")
        assert secret.encode() in path.read_bytes()
        record.remove(["a.md"])
        record.vacuum()
        assert secret.encode() not in path.read_bytes()
        assert record.integrity() == "ok"
        assert [document.id for document in record.documents()] == ["b.md"]


def test_in_bulk_each_commit_is_seen_by_others_and_no_log_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with Catalogue(path) as record:
        with record.in_bulk():
            put(record, make("a.md"))
            with Catalogue(path) as reader:
                assert [document.id for document in reader.documents()] == ["a.md"]
        assert [found.name for found in tmp_path.iterdir()] == ["record.sqlite"]
        path.chmod(0o400)
        with Catalogue(path, read_only=True) as reader:
            assert reader.counts()[0] == 1


def test_in_bulk_with_a_reader_at_the_end_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with Catalogue(path) as record, Catalogue(path) as reader:
        with record.in_bulk():
            put(record, make("a.md"))
            looking = iter(reader.documents())
            assert next(looking).id == "a.md"
        put(record, make("b.md"))
        looking.close()
    with Catalogue(path) as record:
        assert [document.id for document in record.documents()] == ["a.md", "b.md"]
        assert record.integrity() == "ok"


def test_an_unknown_document_is_named_and_told_how_to_find_the_known(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "record.sqlite") as record:
        for ask in (record.document, record.passages):
            with pytest.raises(DocumentUnknown, match=r"'nope\.md'.*ingest list"):
                ask("nope.md")


def test_a_copy_has_everything_but_the_vectors_and_is_opened_read_only(tmp_path: Path) -> None:
    folder = tmp_path / "a folder #1 50%25 ?"
    folder.mkdir()
    with Catalogue(tmp_path / "record.sqlite") as record:
        passages = put(record, make())
        record.copy_without_vectors(folder / "record.sqlite")
        put(record, make("b.md"), "/cases/b.md")
    before = (folder / "record.sqlite").read_bytes()
    with Catalogue(folder / "record.sqlite", read_only=True) as copy:
        assert list(copy.documents()) == [make()]
        assert copy.passages("a.md") == tuple(passages)
        assert (copy.files(), copy.rows()) == ({"/cases/a.md": file_of()}, {"a.md": row_of(make())})
        assert copy.counts() == (1, 2)
        assert copy.integrity() == "ok"
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            put(copy, make("b.md"))
    assert (folder / "record.sqlite").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["record.sqlite"]
    with sqlite3.connect(folder / "record.sqlite") as db:
        assert db.execute("SELECT count(vector) FROM passages").fetchone() == (0,)


def test_a_copy_that_cannot_be_written_leaves_the_record_in_use(tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite"
    with Catalogue(tmp_path / "record.sqlite") as record:
        put(record, make())
        record.copy_without_vectors(target)
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            record.copy_without_vectors(target)
        put(record, make("b.md"), "/cases/b.md")
        assert record.counts() == (2, 4)
        record.copy_without_vectors(tmp_path / "second.sqlite")


@pytest.mark.parametrize("read_only", [False, True], ids=["for writing", "for reading"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"not a database at all " * 100, id="other bytes"),
        pytest.param(b"SQLite format 3\x00" + b"\xff" * 500, id="rubbish behind the right header"),
    ],
)
def test_a_file_that_is_no_record_is_refused(content: bytes, read_only: bool, tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"record\.sqlite cannot be opened .*(backup|ingest)"):
        Catalogue(path, read_only=read_only)
    assert path.read_bytes() == content


@pytest.mark.parametrize("read_only", [False, True], ids=["for writing", "for reading"])
def test_a_record_of_another_version_is_refused_and_left_alone(read_only: bool, tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    Catalogue(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version={SCHEMA + 1}")
        db.execute("DROP TABLE days")  # the other format may have none
    before = path.read_bytes()
    with pytest.raises(IndexDamaged, match=f"format {SCHEMA + 1}, this Casebook reads format {SCHEMA}"):
        Catalogue(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["missing.sqlite", "empty.sqlite"])
def test_reading_where_nothing_is_makes_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(IndexDamaged, match=name):
        Catalogue(tmp_path / name, read_only=True)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.sqlite"]
    assert (tmp_path / "empty.sqlite").read_bytes() == b""


def test_an_empty_file_becomes_a_record_when_opened_for_writing(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    path.touch()
    with Catalogue(path) as record:
        assert record.counts() == (0, 0)
        assert (record.rows(), record.files(), list(record.documents())) == ({}, {}, [])
