"""assistant/freshness.py: the project's own index is brought up to date unasked, one that is named never."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.freshness import corpus_digest, ensure_default_index, is_stale, note_seen
from assistant.settings import Settings
from tests.stand_in import ingest_folder

ROOT = Path(__file__).resolve().parents[1]
PAGE = "# Alpha\n\nAlpha opened 20 beds in May 2021.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of an index that was made from a corpus of one page."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "alpha.md").write_text(PAGE, encoding="utf-8")
    ingest_folder(tmp_path / "index", corpus)
    settings = Settings(index=tmp_path / "index", corpus=corpus, embedding_model="stand-in")
    note_seen(settings, corpus_digest(settings))
    return settings


def test_what_is_as_it_was_is_fresh(settings: Settings) -> None:
    assert not is_stale(settings)
    (settings.corpus / "alpha.md").write_text(PAGE, encoding="utf-8")  # the same bytes at another time
    (settings.corpus / ".notes").write_text("hidden", encoding="utf-8")
    assert not is_stale(settings)


def test_without_an_index_there_is_none_to_be_fresh(tmp_path: Path) -> None:
    assert is_stale(Settings(index=tmp_path / "none", corpus=tmp_path))


def test_a_change_makes_it_stale(settings: Settings) -> None:
    page = settings.corpus / "alpha.md"
    page.write_text(PAGE + "More.\n", encoding="utf-8")
    assert is_stale(settings)
    page.write_text(PAGE, encoding="utf-8")
    (settings.corpus / "beta.md").write_text("# Beta\n\nBeta waits.\n", encoding="utf-8")
    assert is_stale(settings)
    (settings.corpus / "beta.md").unlink()
    page.rename(settings.corpus / "omega.md")
    assert is_stale(settings)


def test_another_model_makes_it_stale(settings: Settings) -> None:
    assert is_stale(settings.model_copy(update={"embedding_model": "another"}))


def test_a_damaged_index_is_stale(settings: Settings) -> None:
    (settings.index / "CURRENT").write_text("gen-99\n", encoding="utf-8")
    assert is_stale(settings)


def test_what_was_taken_in_from_elsewhere_does_not_count(settings: Settings, tmp_path: Path) -> None:
    upload = tmp_path / "upload.md"
    upload.write_text("# Upload\n\nAn upload waits.\n", encoding="utf-8")
    ingest_folder(settings.index, upload)
    assert not is_stale(settings)


def test_a_named_index_is_never_touched(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    (settings.corpus / "alpha.md").write_text(PAGE + "More.\n", encoding="utf-8")
    before = (settings.index / "CURRENT").read_text(encoding="utf-8")
    capfd.readouterr()
    ensure_default_index(settings)
    assert (settings.index / "CURRENT").read_text(encoding="utf-8") == before
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_first_question_takes_the_corpus_in_and_a_second_does_not(tmp_path: Path) -> None:
    for package in ("assistant", "ingest"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "picture.png").write_bytes(b"refused, and not tried for ever")
    page = tmp_path / "corpus" / "alpha.md"
    page.write_text(PAGE, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("CASEBOOK_")}

    def asked() -> tuple[str, str]:
        command = [sys.executable, "-m", "assistant", "ask", "How many beds did Alpha open?", "--json"]
        child = subprocess.run(
            command, cwd=tmp_path, env={**kept, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
        )
        return json.loads(child.stdout)["answer"], child.stderr

    answer, words = asked()
    assert answer == "Alpha opened 20 beds in May 2021."
    assert words.startswith("Bringing the index up to date with corpus/") and "Refused: picture.png" in words
    assert asked() == (answer, "")
    page.write_text(PAGE.replace("20 beds", "35 beds"), encoding="utf-8")
    answer, words = asked()
    assert answer == "Alpha opened 35 beds in May 2021."
    assert "1 updated" in words
