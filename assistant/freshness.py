"""Whether the project's own index is up to date with ``corpus/``, and a child process that brings it so.

Only the default index is ever refreshed unasked; an index that the user named is theirs.
"""

import os
import subprocess
import sys
from pathlib import Path

from assistant.catalogue import RECIPE
from assistant.embedder import file_sha256
from assistant.errors import CasebookError, IndexDamaged, IndexMissing
from assistant.index import Generation, current_folder
from assistant.settings import PROJECT, Settings


def is_stale(settings: Settings) -> bool:
    """Whether the published generation was made from other files, another model or another recipe."""
    try:
        generation = Generation(current_folder(settings.index))
    except (IndexMissing, IndexDamaged):
        return True
    try:
        manifest = generation.manifest
        if manifest.model != settings.embedding_model or manifest.recipe != RECIPE:
            return True
        corpus = settings.corpus.resolve()
        now = {
            str(path): file_sha256(path)
            for path in sorted(corpus.rglob("*"))
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(corpus).parts)
        }
        then = {
            origin: sha256 for origin, sha256 in generation.file_hashes.items() if Path(origin).is_relative_to(corpus)
        }
        return now != then
    finally:
        generation.close()


def ensure_default_index(settings: Settings) -> None:
    """Ingest ``corpus/`` in a child process where the default index is missing or stale; its words go to stderr.

    Raises CasebookError where the ingest did nothing; a document that was refused is named and leaves the rest.
    """
    if not settings.default_index or not settings.corpus.is_dir() or not is_stale(settings):
        return
    print(f"Bringing the index up to date with {settings.corpus.name}/ …", file=sys.stderr, flush=True)  # noqa: T201
    command = [sys.executable, "-m", "ingest", str(settings.corpus)]
    paths = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    child = subprocess.run(command, stdout=sys.stderr, env={**os.environ, "PYTHONPATH": paths}, check=False)
    if child.returncode == 1 and not (settings.index / "CURRENT").is_file():
        raise CasebookError("The case studies could not be taken in; see the lines above.")
