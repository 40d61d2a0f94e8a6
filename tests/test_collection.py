"""What Chroma's collection holds of a passage, and what its files hold on the disk."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant.generations import current_folder
from assistant.index import COLLECTION, Generation, open_chroma
from assistant.schema import Document, Metadata, Passage, sha256_of
from ingest.publish import node_metadata
from tests.stand_in import StandIn, build, ingest_folder

# What other LlamaIndex programs can filter by


def _document(**fields: Any) -> Document:
    return Document(id="a.md", sha256=sha256_of("Text."), title="A", text="Text.", metadata=Metadata(**fields))


def _passage(page: int | None = None) -> Passage:
    return Passage(id="a#0-5", document_id="a.md", start=0, end=5, heading_path=("H", "I"), page=page, text="Text.")


def test_each_topic_is_a_key_and_nothing_is_a_list() -> None:
    topics = ("payroll", "waiting lists")
    fields = node_metadata(_document(collaborative="Alpha", region="North", topics=topics), _passage())
    assert {key: value for key, value in fields.items() if key.startswith("topic:")} == {
        "topic:payroll": 1,
        "topic:waiting lists": 1,
    }
    assert (fields["collaborative"], fields["region"], fields["heading"]) == ("Alpha", "North", "H > I")
    assert (fields["start"], fields["end"], fields["sha256"]) == (0, 5, sha256_of("Text."))
    assert all(isinstance(value, str | int) for value in fields.values())


@pytest.mark.parametrize("page", [pytest.param(None, id="without pages"), pytest.param(3, id="with pages")])
def test_a_page_is_there_only_where_there_are_pages(page: int | None) -> None:
    assert node_metadata(_document(), _passage(page)).get("page") == page


def test_what_is_empty_is_no_key() -> None:
    assert set(node_metadata(_document(), _passage())) == {"title", "heading", "start", "end", "sha256"}


def test_topics_and_collaboratives_can_be_filtered_by(tmp_path: Path) -> None:
    page = "---\ncollaborative: Gamma\ntopics: [payroll, waiting lists]\n---\n\nGamma.\n"
    build(tmp_path / "index", {"beta.md": "# Beta\n\nBeta.\n", "gamma.md": page})
    with opened(tmp_path / "index") as collection:
        assert collection.get(where={"topic:waiting lists": 1})["ids"] == ["gamma.md#0-6"]
        assert collection.get(where={"collaborative": "Gamma"})["ids"] == ["gamma.md#0-6"]


# What Chroma's files hold


@contextmanager
def opened(root: Path) -> Iterator[Any]:
    """Open the published collection as any program does."""
    client = open_chroma(current_folder(root) / "chroma")
    yield client.get_collection(COLLECTION, embedding_function=None)
    client.close()


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101])
def test_the_graph_is_whole_on_disk_and_nothing_lies_behind_it(tmp_path: Path, count: int) -> None:
    """Else each reader would build a part anew; and Chroma writes out the room for more as it finds it in memory."""
    lines = "\n".join(json.dumps({"_id": str(n), "text": f"The text of number {n}."}) for n in range(count))
    (tmp_path / "corpus.jsonl").write_text(lines, encoding="utf-8")
    ingest_folder(tmp_path / "index", tmp_path / "corpus.jsonl")
    chroma = current_folder(tmp_path / "index") / "chroma"
    with closing(sqlite3.connect(chroma / "chroma.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM embeddings_queue").fetchone()[0] <= 1
    (lengths,), (vectors,) = chroma.rglob("length.bin"), chroma.rglob("data_level0.bin")
    assert list(chroma.rglob("index_metadata.pickle"))
    assert lengths.stat().st_size == 4 * count and vectors.stat().st_size % count == 0
    with closing(Generation(current_folder(tmp_path / "index"))) as generation:
        assert len(generation.dense(StandIn().encode_query("number 0"), 1000)) == count
