"""An opened generation: what it finds, what it refuses, and that reading leaves it as it was."""

import hashlib
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.catalogue import Catalogue
from assistant.errors import DocumentUnknown, IndexDamaged, IndexMismatch, IndexMissing
from assistant.generations import Manifest, current_folder, read_manifest
from assistant.index import COLLECTION, Generation, forget_embedding_functions, open_chroma
from tests.stand_in import StandIn, build

PAGES = {
    "alpha.md": "# Alpha\n\nAlpha shortened waiting lists. One theatre serves every waiting patient.\n",
    "beta.md": "# Beta\n\nBeta moved payroll to one office.\n\n## Savings\n\nThe office saves money each year.\n",
    "gamma.md": "# Gamma\n\nGamma hired nurses from abroad.\n",
}
WORDS = sorted({word for text in PAGES.values() for word in text.lower().split() if word != "#"})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index that nobody may damage."""
    index = tmp_path_factory.mktemp("index") / "index"
    build(index, PAGES)
    return index


@pytest.fixture(scope="module")
def generation(root: Path) -> Iterator[Generation]:
    opened = Generation(current_folder(root))
    yield opened
    opened.close()


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    """Return a copy of the index, to be damaged."""
    return shutil.copytree(root, tmp_path / "index")


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# What it finds


def test_the_manifest_counts_what_is_there(generation: Generation) -> None:
    manifest = generation.manifest
    assert (manifest.documents, manifest.passages, manifest.sentences) == (3, *generation.sizes()[1:])
    assert generation.sizes()[0] == manifest.passages
    assert Manifest(**json.loads(json.dumps(manifest.to_json()))) == manifest


def test_documents_and_passages_are_those_of_the_record(root: Path, generation: Generation) -> None:
    with Catalogue(root / "record.sqlite") as record:
        assert generation.documents == tuple(record.documents())
        for document in generation.documents:
            assert generation.document(document.id) == document
            for passage in record.passages(document.id):
                assert generation.passage(passage.id) == passage
                assert document.text[passage.start : passage.end] == passage.text
        assert generation.file_hashes == {origin: row.sha256 for origin, row in record.files().items()}


def test_an_unknown_document_is_named(generation: Generation) -> None:
    with pytest.raises(DocumentUnknown, match=r"'delta.md'.*ingest list"):
        generation.document("delta.md")


@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), limit=st.integers(1, 10))
def test_dense_is_the_brute_force_cosine(root: Path, generation: Generation, words: list[str], limit: int) -> None:
    query = StandIn().encode_query(" ".join(words))
    with Catalogue(root / "record.sqlite") as record:
        exact = {
            passage.id: float(vector @ query)
            for document in record.documents()
            for passage, vector in zip(record.passages(document.id), record.vectors(document.id), strict=True)
        }
    found = generation.dense(query, limit)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert list(found.values()) == pytest.approx(sorted(exact.values(), reverse=True)[:limit], abs=2e-6)
    assert found == pytest.approx({name: exact[name] for name in found}, abs=2e-6)


def test_dense_scores_have_six_digits(generation: Generation) -> None:
    scores = generation.dense(StandIn().encode_query("office waiting nurses"), 10).values()
    assert all(score == round(score, 6) for score in scores)


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param(["beta.md"], {"beta.md"}, id="one"),
        pytest.param(["gamma.md", "alpha.md"], {"alpha.md", "gamma.md"}, id="two"),
        pytest.param(["delta.md"], set(), id="unknown"),
        pytest.param([], set(), id="none"),
    ],
)
def test_a_search_stays_within_the_documents_asked_for(
    generation: Generation, documents: list[str], expected: set[str]
) -> None:
    terms = generation.terms("theatre office nurses")
    found: list[dict[str, float]] = [
        generation.dense(StandIn().encode_query("theatre office nurses"), 10, documents),
        generation.keyword(terms, 10, documents),
        generation.keyword_sentences(terms, 10, documents),
    ]
    assert [{identifier.rsplit("#", 1)[0] for identifier in scores} for scores in found] == [expected] * 3


def test_a_filter_does_not_change_a_keyword_score(generation: Generation) -> None:
    terms = generation.terms("waiting lists at the theatre")
    everywhere = generation.keyword(terms, 10)
    assert generation.keyword(terms, 10, ["alpha.md"]) == everywhere


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("Waiting lists waited", ("wait", "list"), id="stems, each once"),
        pytest.param("the of and", (), id="stop words only"),
        pytest.param("Zoë's café", ("zoe", "s", "cafe"), id="accents folded"),
        pytest.param("", (), id="empty"),
        pytest.param("?! …", (), id="no word"),
        pytest.param("x" * 61, (), id="a word too long"),
    ],
)
def test_terms(generation: Generation, text: str, terms: tuple[str, ...]) -> None:
    assert generation.terms(text) == terms


def test_keyword_search_finds_every_form_of_a_word(generation: Generation) -> None:
    for form in ("nurse", "NURSES", "nursing"):
        found = generation.keyword(generation.terms(form), 10)
        assert [identifier.rsplit("#", 1)[0] for identifier in found] == ["gamma.md"]


def test_keyword_search_without_terms_finds_nothing(generation: Generation) -> None:
    assert generation.keyword((), 10) == {}
    assert generation.keyword_sentences((), 10) == {}


def test_keyword_search_reads_no_query_language(generation: Generation) -> None:
    assert generation.keyword(('document:"beta.md"', "*", "-nurs", "nurs OR offic"), 10) == {}


def test_a_passage_scores_as_its_best_sentence(generation: Generation) -> None:
    terms = generation.terms("waiting lists")  # two sentences of one passage say "waiting", the first "lists" too
    scores = generation.keyword_sentences(terms, 10)
    one = generation.keyword_sentences(terms, 1)
    assert one and one.items() <= scores.items()
    assert len(scores) == 1


def test_term_frequency_counts_passages(generation: Generation) -> None:
    assert [generation.term_frequency(term) for term in ("wait", "offic", "absent")] == [1, 2, 0]


def test_closing_one_reader_leaves_another_answering(root: Path) -> None:
    first, second = Generation(current_folder(root)), Generation(current_folder(root))
    query = StandIn().encode_query("payroll")
    expected = first.dense(query, 3)
    assert second.dense(query, 3) == expected
    second.close()
    assert first.dense(query, 3) == expected
    first.close()


# What it refuses


def test_another_model_is_refused_and_both_are_named(generation: Generation) -> None:
    generation.require("stand-in")
    with pytest.raises(IndexMismatch, match=r"stand-in.*another-model.*ingest rebuild"):
        generation.require("another-model")


def test_a_missing_index_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"no index at .*nowhere.*run\.py ingest --index"):
        current_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"gen-99", id="a generation that is gone"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\xff", id="no text"),
    ],
)
def test_a_pointer_to_nothing_is_refused(copied: Path, content: bytes) -> None:
    (copied / "CURRENT").write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"is damaged: .*ingest rebuild"):
        current_folder(copied)


def ask_everything(root: Path) -> None:
    """Open every part of a generation."""
    generation = Generation(current_folder(root))
    try:
        generation.sizes()
        generation.dense(StandIn().encode_query("payroll"), 3)
        generation.keyword(("payrol",), 3)
        assert generation.documents
    finally:
        generation.close()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, garbage, empty, Path.unlink], ids=["cut", "garbage", "empty", "gone"])
@pytest.mark.parametrize("name", ["record.sqlite", "manifest.json", "chroma/chroma.sqlite3", "keyword/*/meta.json"])
def test_a_damaged_file_is_refused_with_advice(copied: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(next(current_folder(copied).glob(name)))
    with pytest.raises(IndexDamaged, match=r"rebuild|Restore"):
        ask_everything(copied)


@pytest.mark.parametrize("damage", [cut, Path.unlink], ids=["cut", "gone"])
@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "length.bin"])
def test_a_damaged_vector_file_is_seen_before_chroma_opens_it(
    copied: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(next(current_folder(copied).glob(f"chroma/*/{name}")))
    with pytest.raises(IndexDamaged, match=rf"{name}.*not as it was published.*ingest rebuild"):
        Generation(current_folder(copied))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[]", id="a list"),
        pytest.param('{"generation": "x"}', id="fields missing"),
        pytest.param('{"surprise": 1}', id="a field too many"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"manifest.*ingest rebuild"):
        read_manifest(tmp_path)


def test_a_missing_collection_is_refused(copied: Path) -> None:
    client = open_chroma(current_folder(copied) / "chroma")
    client.delete_collection(COLLECTION)
    client.close()
    generation = Generation.__new__(Generation)  # the sizes of files would have told already
    generation.folder = current_folder(copied)
    generation._copy = None
    with pytest.raises(IndexDamaged, match="ingest rebuild"):
        generation.sizes()
    generation._client.close()


# Reading leaves it as it was


def test_reading_changes_no_file_but_chromas_own(copied: Path) -> None:
    before = hashes(copied)
    ask_everything(copied)
    after = hashes(copied)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert {Path(name).name for name in changed} <= {"chroma.sqlite3"}


def test_a_folder_that_cannot_be_written_is_read_from_a_private_copy(
    copied: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Injected, for an administrator may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    before = hashes(copied)
    generation = Generation(current_folder(copied))
    with caplog.at_level(logging.WARNING):
        found = generation.dense(StandIn().encode_query("Beta moved payroll to one office."), 1)
    assert [identifier.rsplit("#", 1)[0] for identifier in found] == ["beta.md"]
    assert "cannot be written: opening a private copy" in caplog.text
    private = generation._copy
    assert private is not None and Path(private.name).is_dir()
    generation.close()
    assert not Path(private.name).exists()
    assert hashes(copied) == before


READ_AS_NOBODY = """
import os, sys, pathlib
from assistant.index import Generation
from assistant.generations import current_folder
from tests.stand_in import StandIn
def ask(root):
    generation = Generation(current_folder(pathlib.Path(root)))
    vector, terms = StandIn().encode_query("payroll"), generation.terms("payroll")
    found = generation.dense(vector, 3), generation.keyword(terms, 3), generation.keyword_sentences(terms, 3)
    generation.close()
    return found
expected = ask(sys.argv[1])  # as whoever runs the tests, who also loads the libraries
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
assert all(expected) and ask(sys.argv[2]) == expected
"""


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another matter on Windows")
def test_a_read_only_folder_answers_as_a_writable_one(copied: Path) -> None:
    """An installed index: files that may be read and no more, by a user who owns nothing there."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        closed = shutil.copytree(copied, Path(place) / "index")
        for path in [*closed.rglob("*"), closed]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = hashes(closed)
        command = [sys.executable, "-c", READ_AS_NOBODY, str(copied), str(closed)]
        child = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (child.returncode, child.stderr.count("private copy")) == (0, 1), child.stderr
        assert hashes(closed) == before
        for path in [closed, *closed.rglob("*")]:
            path.chmod(0o755)


# Code that a stored configuration names is never run


def poison(chroma: Path, column: str, stored: str) -> None:
    with sqlite3.connect(chroma / "chroma.sqlite3") as db:
        db.execute(f"UPDATE collections SET {column} = ?", (stored,))
    db.close()


@pytest.mark.parametrize("column", ["schema_str", "config_json_str"])
@pytest.mark.parametrize(
    "stored",
    [
        pytest.param('{"embedding_function":{"type":"known","name":"evil","config":{}}}', id="close"),
        pytest.param('{"embedding_function": {"name": "evil", "type" : "known"}}', id="spaced"),
    ],
)
def test_a_stored_embedding_function_is_refused(copied: Path, column: str, stored: str) -> None:
    poison(current_folder(copied) / "chroma", column, stored)
    with pytest.raises(IndexDamaged, match=r"names an embedding function.*stranger"):
        ask_everything(copied)


class Marker:
    """An embedding function that leaves a mark when Chroma makes one from a stored configuration."""

    made: tuple[str, ...] = ()

    def __call__(self, input: list[str]) -> Any:  # Chroma looks at the name
        return [np.zeros(2, dtype=np.float32) for _ in input]

    @staticmethod
    def name() -> str:
        return "marker"

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> "Marker":
        Marker.made += (str(config),)
        return Marker()

    def get_config(self) -> dict[str, Any]:
        return {"evil": "yes"}

    def default_space(self) -> str:
        return "cosine"

    def supported_spaces(self) -> list[str]:
        return ["cosine", "l2", "ip"]

    def is_legacy(self) -> bool:
        return False


def test_no_embedding_function_can_be_made_from_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import chromadb
    from chromadb.utils.embedding_functions import known_embedding_functions

    monkeypatch.setattr(Marker, "made", ())
    monkeypatch.setitem(known_embedding_functions, "marker", Marker)
    stranger = chromadb.PersistentClient(str(tmp_path / "stranger"))
    stranger.create_collection("trap", embedding_function=Marker())  # type: ignore[arg-type]
    stranger.close()
    for name in ("stock", "ours"):
        shutil.copytree(tmp_path / "stranger", tmp_path / name)

    def add_to(client: Any) -> None:
        trap = client.get_collection("trap", embedding_function=None)
        trap.add(ids=["a"], embeddings=[[1.0, 0.0]], documents=["text"])
        assert trap.count() == 1
        client.close()

    add_to(chromadb.PersistentClient(str(tmp_path / "stock")))
    assert Marker.made, "the trap does not work with Chroma as it comes, so this test proves nothing"
    monkeypatch.setattr(Marker, "made", ())
    with pytest.warns(UserWarning, match="Could not reconstruct embedding function marker"):
        add_to(open_chroma(tmp_path / "ours"))
    assert Marker.made == ()
    assert known_embedding_functions == {}
    forget_embedding_functions()  # again, on nothing
