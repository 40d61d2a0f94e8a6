"""What several test modules share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.pipeline import Assistant, open_assistant
from assistant.settings import Settings
from tests.tiny_model import write_model

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def corpus_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index of corpus/, made once with the real embedding model; nobody writes to it."""
    from ingest.__main__ import main as ingest

    index = tmp_path_factory.mktemp("corpus") / "index"
    assert ingest([str(ROOT / "corpus"), "--index", str(index)]) == 0
    return index


@pytest.fixture(scope="session")
def casebook(corpus_index: Path) -> Iterator[Assistant]:
    """Return the assistant over corpus/, with the real embedding model."""
    with open_assistant(Settings(index=corpus_index)) as assistant:
        yield assistant


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny random model that our own arithmetic runs; nobody writes to it."""
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def pooled_otherwise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of one that sentence-transformers must run, with prompts; nobody writes to it."""
    prompts = {"query": "search : ", "document": "plan : "}
    return write_model(tmp_path_factory.mktemp("models") / "cls", pooling="cls", prompts=prompts)
