"""Whether a generation holds what the record holds: opened in a child process, which a damaged index may kill."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from assistant.catalogue import Catalogue
from assistant.errors import CasebookError, IndexDamaged
from assistant.index import Generation, warm_up
from assistant.schema import Passage, sha256_of

VERIFY_SECONDS = 300
SAMPLES = 20
_PROJECT = Path(__file__).resolve().parents[1]


def generation_digest(record: Catalogue, identity: str) -> str:
    """Return what names a generation's content: equal documents, recipe and model give an equal digest."""
    lines = [f"{row.id} {row.fingerprint} {row.recipe}" for row in record.rows().values()]
    # A file that changed in nothing that is read still has to be recorded as seen, or it would count as new for ever.
    lines += sorted(file.sha256 for file in record.files().values())
    return sha256_of("\n".join([identity, *lines]))[:16]


def verify_in_child(folder: Path, root: Path) -> None:
    """Open a generation in a child process, which a damaged index may kill; raise IndexDamaged then."""
    with checker(root) as child:
        check(child, folder)


def checker(root: Path) -> "subprocess.Popen[str]":
    """Start the child that checks: it waits for a generation's name, and ends where there comes none."""
    return subprocess.Popen(
        [sys.executable, "-m", "ingest.verify", str(root.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        cwd=_PROJECT,  # -m looks there, wherever the user stands
    )


def check(child: "subprocess.Popen[str]", folder: Path) -> None:
    """Have a started child check a generation; raise IndexDamaged with what it found wrong, or if it dies."""
    try:
        errors = child.communicate(folder.name, timeout=VERIFY_SECONDS)[1]
        said = errors.strip().splitlines() or [f"the process that opened it died (exit {child.returncode})"]
        wrong = said[-1] if child.returncode else ""
    except subprocess.TimeoutExpired:
        child.kill()
        wrong = f"no answer within {VERIFY_SECONDS} s"
    if wrong:
        raise IndexDamaged(f"The index {folder.name} did not pass its check: {wrong}")


def verify(folder: Path, root: Path) -> None:
    """Raise IndexDamaged unless record, Chroma, keyword index and manifest of a generation agree."""
    with closing(Generation(folder)) as generation, Catalogue(root / "record.sqlite", read_only=False) as record:
        documents, passages = record.counts()
        manifest = generation.manifest
        counts = {
            "documents": (documents, manifest.documents, len(generation.documents)),
            "passages": (passages, manifest.passages, *generation.sizes()[:2]),
            "sentences": (manifest.sentences, generation.sizes()[2]),
        }
        for name, numbers in counts.items():
            if len(set(numbers)) != 1:
                raise IndexDamaged(f"the numbers of {name} differ: {', '.join(map(str, numbers))}")
        if manifest.generation != generation_digest(record, manifest.identity):
            raise IndexDamaged("the record has changed since the generation was built")
        every = [document.id for document in generation.documents]
        chosen = every[:: max(1, len(every) // SAMPLES)]
        found = [each for document_id in chosen for each in _verify_sample(generation, record, document_id)]
        # Among hundreds of passages that are nearly the same, the graph may lose its way to one that is not.
        if found.count(True) * 2 < len(found):
            raise IndexDamaged(f"only {found.count(True)} of {len(found)} vectors are found by a search")


def _verify_sample(generation: Generation, record: Catalogue, document_id: str) -> Iterator[bool]:
    """Compare a document's first passage with the record; yield whether a search finds its vector."""
    for passage, vector in list(zip(record.passages(document_id), record.vectors(document_id), strict=True))[:1]:
        try:
            same = generation.passage(passage.id) == passage
        except KeyError:
            same = False
        if not same:
            raise IndexDamaged(f"the passage {passage.id} differs from the record")
        stored = generation.vector(passage.id)
        if stored is None or not np.isfinite(stored).all() or not np.allclose(stored, vector, atol=1e-6):
            raise IndexDamaged(f"the vector of {passage.id} is not found")
        if generation.sentences.rows(passage.id).keys() != record.sentences(document_id).get(_span(passage), {}).keys():
            raise IndexDamaged(f"the vectors of the sentences of {passage.id} are not found")
        terms = generation.terms(passage.text)
        if terms and not generation.keyword(terms, 1, [document_id]):
            raise IndexDamaged(f"the words of {passage.id} are not found")
        yield max(generation.dense(vector, 1).values(), default=0.0) >= 0.999


def _span(passage: Passage) -> tuple[int, int]:
    return passage.start, passage.end


def _main(root: Path) -> None:
    """Check the generation whose name comes in, as the child of ``verify_in_child``."""
    warm_up()  # while there is nothing to check yet
    if name := sys.stdin.read():
        verify(root / name, root)


if __name__ == "__main__":
    try:
        _main(Path(sys.argv[1]))
    except CasebookError as error:
        sys.exit(str(error))
