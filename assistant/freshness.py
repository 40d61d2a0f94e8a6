"""Whether the project's own index is up to date with ``corpus/``, and a child process that brings it so.

Only the default index is ever refreshed unasked; an index that the user named is theirs.
"""

import os
import subprocess
import sys

from assistant.catalogue import RECIPE
from assistant.embedder import file_sha256
from assistant.errors import CasebookError, IndexDamaged, IndexMissing
from assistant.generations import current_folder
from assistant.index import Generation
from assistant.schema import sha256_of
from assistant.settings import PROJECT, Settings

MARKER = "corpus.seen"


def corpus_digest(settings: Settings) -> str:
    """Return what names the files of the corpus, the model and the recipe that an index should be made of."""
    corpus = settings.corpus.resolve()
    files = [
        f"{path.relative_to(corpus).as_posix()} {file_sha256(path)}"
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(corpus).parts)
    ]
    return sha256_of("\n".join([RECIPE, settings.embedding_model, str(corpus), *files]))


def note_seen(settings: Settings, digest: str) -> None:
    """Note what the corpus held when it was taken in."""
    note = settings.index / f"{MARKER}.tmp"
    note.write_text(digest, encoding="ascii")
    note.replace(settings.index / MARKER)


def is_stale(settings: Settings) -> bool:
    """Whether the published generation is missing, damaged, or older than what the corpus holds now.

    What was seen is noted when an ingest of it has ended, so that a file which is refused is not tried for ever.
    """
    try:
        generation = Generation(current_folder(settings.index))
    except (IndexMissing, IndexDamaged):
        return True
    generation.close()
    if generation.manifest.model != settings.embedding_model or generation.manifest.recipe != RECIPE:
        return True
    marker = settings.index / MARKER
    return not marker.is_file() or marker.read_text(encoding="ascii") != corpus_digest(settings)


def ensure_default_index(settings: Settings) -> None:
    """Ingest ``corpus/`` in a child process where the default index is missing or stale; its words go to stderr.

    Raises CasebookError where the ingest did nothing; a document that was refused is named and leaves the rest.
    """
    if not settings.default_index or not settings.corpus.is_dir() or not is_stale(settings):
        return
    digest = corpus_digest(settings)
    sys.stderr.write(f"Bringing the index up to date with {settings.corpus.name}/ …\n")
    sys.stderr.flush()  # before the child's own words
    command = [sys.executable, "-m", "ingest", str(settings.corpus)]
    paths = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    child = subprocess.run(command, stdout=sys.stderr, env={**os.environ, "PYTHONPATH": paths}, check=False)
    if child.returncode == 1 and not (settings.index / "CURRENT").is_file():
        raise CasebookError("The case studies could not be taken in; see the lines above.")
    if child.returncode != 1:
        note_seen(settings, digest)
