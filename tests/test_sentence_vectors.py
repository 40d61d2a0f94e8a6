"""The vectors of sentences and headings: made at ingest, only where new, kept, and compared with questions."""

import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from assistant.attribution import Bodies
from assistant.catalogue import Catalogue
from assistant.generations import current_folder
from assistant.index import Generation
from assistant.readings import sentences_of
from assistant.sentence_store import FOLDER, HEADINGS, SentenceStore, write
from assistant.sentence_vectors import SentenceVectors, fitting, places_of, section_of
from ingest.pipeline import RECORD
from ingest.publish import publish
from ingest.verify import verify
from tests.stand_in import StandIn, build, ingest_folder, write_pages

PAGES = {
    "alpha.md": (
        "# Alpha\n\nAlpha shares theatres. Waits fell by half. Payroll stayed apart.\n\n## Money\n\nThe region paid.\n"
    ),
    "beta.md": "# Beta\n\nBeta moved payroll to one office.\n\n## People\n\n### Chairs\n\nAnn Lee chairs it.\n",
    "empty.md": "# Nothing but a title\n",
}
QUESTION = "who chairs the payroll office"


class Counting(StandIn):
    """A stand-in that keeps what it encodes."""

    def __init__(self, identity: str = "stand-in") -> None:
        super().__init__(identity)
        self.seen: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors, and keep the texts."""
        self.seen += texts
        return super().encode_passages(texts)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index that nobody may change."""
    index = tmp_path_factory.mktemp("index") / "index"
    build(index, PAGES)
    return index


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an index of its own, with its pages beside it."""
    build(tmp_path / "index", PAGES)
    return tmp_path / "index"


def _of(generation: Generation, store: SentenceStore | None = None) -> SentenceVectors:
    bare = Bodies(generation.documents).without_names
    return SentenceVectors(generation.sentences if store is None else store, StandIn(), bare)


def test_every_sentence_and_every_heading_above_has_its_vector(whole: Path) -> None:
    with closing(Generation(current_folder(whole))) as generation, Catalogue(whole / RECORD) as record:
        held = 0
        for document in generation.documents:
            for passage in record.passages(document.id):
                places = places_of(document, passage)
                rows = generation.sentences.rows(passage.id)
                assert list(rows) == sorted(place for place, _ in places)
                for place, text in places:
                    stored = generation.sentences.vectors[rows[place]]
                    bare = fitting(text, Bodies(generation.documents).without_names, StandIn())
                    assert stored.tolist() == StandIn().encode_query(bare).astype(np.float16).tolist()
                    held += 1
        assert held == len(generation.sentences.vectors) >= 8


def test_the_same_cosines_where_none_is_stored(whole: Path, tmp_path: Path) -> None:
    """What an index lacks is made while it is asked, to the same figures."""
    with closing(Generation(current_folder(whole))) as generation:
        ids = [f"{d.id}#{p.start}-{p.end}" for d in generation.documents for p in generation._record.passages(d.id)]
        none = SentenceStore(tmp_path / "no such folder", ids)
        stored, made = _of(generation), _of(generation, none)
        passages = [generation.passage(identifier) for identifier in ids]
        placed = [
            (passage, document, span)
            for passage in passages
            for document in [generation.document(passage.document_id)]
            for span in sentences_of(document, passage)
        ]
        assert stored.meanings(QUESTION, placed).tolist() == made.meanings(QUESTION, placed).tolist()
        assert stored.meanings(QUESTION, placed).max() > 0.2
        sections = stored.sections(QUESTION, passages)
        assert sections.tolist() == made.sections(QUESTION, passages).tolist()
        assert [bool(value) for value in sections] == [
            bool(section_of(p)) and bool(value) for p, value in zip(passages, sections, strict=True)
        ]
        assert made.best(QUESTION, ids) == {}, "a search does not wait for vectors to be made"


def test_the_nearest_sentence_of_a_passage_counts_and_no_heading(whole: Path) -> None:
    with closing(Generation(current_folder(whole))) as generation:
        vectors = _of(generation)
        ids = [p.id for d in generation.documents for p in generation._record.passages(d.id)]
        best = vectors.best("chairs", ids)
        for identifier, nearest in best.items():
            passage = generation.passage(identifier)
            document = generation.document(passage.document_id)
            spans = sentences_of(document, passage)
            meanings = vectors.meanings("chairs", [(passage, document, span) for span in spans])
            assert nearest == pytest.approx(float(meanings.max()), abs=1e-6)
        with_sentences = [i for i in ids if set(generation.sentences.rows(i)) - {HEADINGS}]
        assert sorted(best) == sorted(with_sentences)
        assert vectors.best("chairs", []) == {} and vectors.best("chairs", ["nowhere#0-1"]) == {}


def test_only_what_is_new_is_encoded(root: Path) -> None:
    pages = write_pages(root.parent / "index-pages", {"beta.md": PAGES["beta.md"].replace("Ann Lee", "Bo Kay")})
    counting = Counting()
    ingest_folder(root, pages, embedder=counting)
    assert {"Bo Kay chairs it."} <= set(counting.seen)
    assert not any("theatres" in text or "region" in text for text in counting.seen)


def test_a_new_body_s_name_is_left_out_of_what_others_say(root: Path) -> None:
    """The name of a body that comes in later is left out of sentences that were encoded with it."""
    front = "---\ntitle: Gamma\ncollaborative: Payroll Alliance\naliases: [Payroll]\ntype: collaborative\n---\n\n"
    pages = write_pages(root.parent / "index-pages", {"gamma.md": f"{front}# Gamma\n\nGamma began in 2020.\n"})
    counting = Counting()
    ingest_folder(root, pages, embedder=counting)
    assert "stayed apart." in counting.seen
    assert "Waits fell by half." not in counting.seen
    with Catalogue(root / RECORD) as record:
        verify(current_folder(root), root)
        assert record.counts()[0] == 4


def test_another_model_encodes_everything_anew(root: Path) -> None:
    counting = Counting("another")
    ingest_folder(root, root.parent / "index-pages", embedder=counting)
    assert {"Waits fell by half.", "The region paid.", "People. Chairs"} <= set(counting.seen)


def test_nothing_of_a_removed_document_is_kept(root: Path) -> None:
    (root.parent / "index-pages" / "beta.md").unlink()
    ingest_folder(root, root.parent / "index-pages")
    with Catalogue(root / RECORD) as record:
        assert record.sentences("beta.md") == {} and record.sentences("alpha.md")
    with closing(Generation(current_folder(root))) as generation:
        ids = [p.id for d in generation.documents for p in generation._record.passages(d.id)]
        assert len(generation.sentences.vectors) == sum(len(generation.sentences.rows(i)) for i in ids)


def test_an_index_of_an_earlier_casebook_answers_and_says_what_it_lacks(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Catalogue(root / RECORD) as record:
        record._db.execute("DROP TABLE sentences")
    with Catalogue(root / RECORD) as record:  # opened again, the table is there, and empty
        assert record.sentences("alpha.md") == {}
        publish(root, record, model="stand-in", identity="stand-in", precision="exact")
    with closing(Generation(current_folder(root))) as generation, caplog.at_level(logging.WARNING):
        assert generation.sentences.vectors.size == 0
        assert len(_of(generation).sections(QUESTION, [])) == 0
    assert "has no vectors of sentences" in caplog.text and "ingest rebuild" in caplog.text


def test_what_is_written_is_found_again(tmp_path: Path) -> None:
    vector = np.ones(4, np.float16)
    rows = [[((7, 9), vector.tobytes()), (HEADINGS, (vector * 2).tobytes())], [], [((0, 3), (vector * 3).tobytes())]]
    assert write(tmp_path / FOLDER, rows) == 3
    store = SentenceStore(tmp_path / FOLDER, ["a#5-9", "a#9-12", "b#0-3"])
    assert store.rows("a#5-9") == {HEADINGS: 0, (7, 9): 1}
    assert store.rows("a#9-12") == {} and store.rows("c#0-1") == {}
    assert [store.sentence_rows(name) for name in ("a#5-9", "a#9-12", "b#0-3")] == [(1, 2), (2, 2), (2, 3)]
    assert store.vectors[:, 0].tolist() == [2.0, 1.0, 3.0]


@pytest.mark.parametrize("words", [10, 31, 200], ids=["short", "counted", "cut"])
def test_an_endless_sentence_keeps_its_beginning(words: int) -> None:
    text = " ".join(["abcdefg"] * words)
    kept = fitting(text, str, StandIn())
    assert text.startswith(kept) and len(kept.split()) <= StandIn.max_tokens
    assert (kept == text) == (words <= StandIn.max_tokens)
