"""A stand-in for the embedding model whose vectors a reader can compute, and an ingest that uses it.

Run as a program it is the child of the kill tests: ``python -m tests.stand_in INDEX FOLDER``.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.catalogue import Catalogue
from ingest.lock import writing
from ingest.pipeline import RECORD, Ingest
from ingest.report import IngestReport
from ingest.sandbox import Limits

DIMENSIONS = 64


class StandIn:
    """A word is a one in the dimension of its letters' sum; a token is a word."""

    precision = "exact"
    max_tokens = 60

    def __init__(self, identity: str = "stand-in") -> None:
        self.identity = identity

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words of each text."""
        return [len(text.split()) for text in texts]

    def is_word(self, text: str) -> bool:
        """Return that no word is known."""
        return False

    def encode_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return unit vectors of word counts."""
        return np.array([self.encode_query(text) for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)

    def encode_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return the unit vector of a text's word counts; an empty text is the first axis."""
        counts = np.zeros(DIMENSIONS, dtype=np.float32)
        for word in text.lower().split() or ["\x40"]:
            counts[sum(map(ord, word)) % DIMENSIONS] += 1
        return counts / np.float32(np.linalg.norm(counts))


def ingest_folder(
    index: Path, folder: Path | str, *, embedder: StandIn | None = None, check: bool = False, yes: bool = False
) -> IngestReport:
    """Ingest a folder or file with the stand-in."""
    with writing(index), Catalogue(index / RECORD) as record:
        ingest = Ingest(index, record, embedder or StandIn(), model="stand-in", progress=lambda *_: None)
        return ingest.run([str(folder)], check=check, yes=yes, limits=Limits())


def write_pages(folder: Path, pages: dict[str, str]) -> Path:
    """Write Markdown pages by file name; return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def build(root: Path, pages: dict[str, str]) -> IngestReport:
    """Ingest pages, kept beside the index in ``pages/``, into the index at ``root``."""
    return ingest_folder(root, write_pages(root.parent / f"{root.name}-pages", pages))


if __name__ == "__main__":
    ingest_folder(Path(sys.argv[1]), sys.argv[2])
