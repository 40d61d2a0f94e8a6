"""assistant/pipeline.py: which generation is opened, and what is said where none can be."""

from pathlib import Path

import pytest

from assistant import pipeline
from assistant.errors import IndexDamaged, IndexMismatch, IndexMissing
from assistant.generations import current_folder
from assistant.pipeline import Assistant, open_assistant
from assistant.settings import Settings
from tests.stand_in import StandIn, build


def test_without_an_index_there_is_no_assistant(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="Build it with"):
        open_assistant(Settings(index=tmp_path / "none"))


def test_the_next_generation_is_answered_from_without_a_restart(tmp_path: Path) -> None:
    from ingest.__main__ import main as ingest

    pages, index = tmp_path / "pages", tmp_path / "index"
    pages.mkdir()
    page = pages / "alpha.md"
    page.write_text("# Alpha\n\nAlpha opened 20 beds in May 2021.\n", encoding="utf-8")
    assert ingest([str(pages), "--index", str(index)]) == 0
    with open_assistant(Settings(index=index)) as casebook:
        first = casebook.ask("How many beds did Alpha open?")
        page.write_text("# Alpha\n\nAlpha opened 35 beds in May 2021.\n", encoding="utf-8")
        assert ingest([str(pages), "--index", str(index)]) == 0
        second = casebook.ask("How many beds did Alpha open?")
    assert (first.text, second.text) == ("Alpha opened 20 beds in May 2021.", "Alpha opened 35 beds in May 2021.")
    assert first.generation != second.generation
    assert first.citations[0].sha256 != second.citations[0].sha256


def test_an_index_of_another_model_is_refused(corpus_index: Path, casebook: Assistant) -> None:
    with pytest.raises(IndexMismatch, match="another one"):
        Assistant(corpus_index, StandIn("other"))


def test_a_generation_swept_away_while_it_is_opened_gives_way_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    build(index, {"one.md": "# One\n\nThe one and only page.\n"})
    real = pipeline.current_folder
    names = iter([index / "gen-0"])
    monkeypatch.setattr(pipeline, "current_folder", lambda root: next(names, None) or real(root))
    with Assistant(index, StandIn()) as assistant:
        assert [document.id for document in assistant.documents()] == ["one.md"]


def test_a_damaged_generation_that_nothing_follows_is_said_to_be_damaged(tmp_path: Path) -> None:
    build(tmp_path / "index", {"one.md": "# One\n\nThe one and only page.\n"})
    (current_folder(tmp_path / "index") / "record.sqlite").unlink()
    with pytest.raises(IndexDamaged, match=r"record\.sqlite"):
        Assistant(tmp_path / "index", StandIn())
