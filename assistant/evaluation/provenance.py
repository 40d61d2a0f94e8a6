"""What a run was made of: set, corpus, index, settings and versions, so that two can be told apart."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from assistant.generations import current_folder, read_manifest
from assistant.schema import Document, Question, sha256_of
from assistant.settings import Settings

# What the answers of an index may hang on.
PACKAGES = ("chromadb", "numpy", "sentence-transformers", "tantivy", "tokenizers", "torch")
# Where things lie says nothing of what they are, and threads change no answer.
_PLACES = frozenset({"index", "corpus", "threads"})


def set_digest(questions: Sequence[Question]) -> str:
    """Return what names a question set: the digest of all that its questions say, in their order."""
    return sha256_of(json.dumps([asdict(question) for question in questions], sort_keys=True))


def corpus_digest(documents: Iterable[Document]) -> str:
    """Return what names the documents of an index, by id and text."""
    return sha256_of("\n".join(sorted(f"{document.id} {document.sha256}" for document in documents)))


def provenance(settings: Settings, name: str, questions: Sequence[Question]) -> dict[str, Any]:
    """Return the provenance of a run that is to come, but for what ``run`` adds itself."""
    manifest = read_manifest(current_folder(settings.index))
    return {
        "set": name,
        "set_sha256": set_digest(questions),
        "index": {
            "model": manifest.model,
            "identity": manifest.identity,
            "precision": manifest.precision,
            "recipe": manifest.recipe,
            "documents": manifest.documents,
            "passages": manifest.passages,
        },
        "settings": settings.model_dump(mode="json", exclude=set(_PLACES)),
        "versions": versions(),
    }


def program(folder: Path = Path(__file__).parents[1]) -> str:
    """Return what names the program that answers: the digest of its source, where the reader's weights are named too.

    Else a run that was stopped would go on with the answers of a program that has changed since.
    """
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    return sha256_of(
        "\n".join(f"{name} {sha256_of(files[name].read_text(encoding='utf-8'))}" for name in sorted(files))
    )


def versions() -> dict[str, str]:
    """Return the versions of Casebook, Python, the machine's kind and the packages that answers may hang on."""
    found = {"casebook": program()[:16]}
    found |= {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
