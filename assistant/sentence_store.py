"""The vectors of a generation's sentences and headings, as they lie on the disk: two arrays, memory-mapped.

``places`` [rows, 3] holds, in order, the number of a passage, and where a sentence of it starts and ends in the
document; HEADINGS stands for both in the row of the headings above a passage. ``vectors`` [rows, dimension] are unit
vectors of half precision, which moves a cosine by less than .001.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDER = "sentences"
HEADINGS = (-1, -1)

Place = tuple[int, int]


def write(folder: Path, passages: Iterable[Sequence[tuple[Place, bytes]]]) -> int:
    """Write the places and vectors of each passage, in the passages' order; return how many there are."""
    places: list[tuple[int, int, int]] = []
    vectors: list[npt.NDArray[np.float16]] = []
    for number, rows in enumerate(passages):
        for place, vector in sorted(rows):
            places.append((number, *place))
            vectors.append(np.frombuffer(vector, dtype=np.float16))
    folder.mkdir()
    np.save(folder / "places.npy", np.array(places, dtype=np.int32).reshape(-1, 3))
    np.save(folder / "vectors.npy", np.stack(vectors) if vectors else np.empty((0, 0), np.float16))
    return len(places)


class SentenceStore:
    """The stored vectors of one generation; one that an earlier Casebook published has none."""

    def __init__(self, folder: Path, passages: Sequence[str]) -> None:
        """Open the store in a folder, if there is one, of passages by id in the record's order."""
        self._rows: dict[str, dict[Place, int]] = {}
        self._spans: dict[str, tuple[int, int]] = {}
        self.vectors: npt.NDArray[np.float16] = np.empty((0, 0), np.float16)
        if not folder.is_dir():
            return
        self._places = np.load(folder / "places.npy", mmap_mode="r")
        self.vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        bounds = np.searchsorted(self._places[:, 0], np.arange(len(passages) + 1)).tolist()
        self._spans = dict(zip(passages, pairwise(bounds), strict=True))

    def rows(self, passage: str) -> dict[Place, int]:
        """Return the row of each place of a passage that has a vector."""
        if passage not in self._rows:
            begin, end = self._spans.get(passage, (0, 0))
            places = self._places[begin:end, 1:].tolist() if end > begin else []
            self._rows[passage] = {(first, last): begin + row for row, (first, last) in enumerate(places)}
        return self._rows[passage]

    def sentence_rows(self, passage: str) -> tuple[int, int]:
        """Return the first of a passage's rows that is a sentence's, and the one behind the last."""
        begin, end = self._spans.get(passage, (0, 0))
        return (begin + 1 if HEADINGS in self.rows(passage) else begin), end
