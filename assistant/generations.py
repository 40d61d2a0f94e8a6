"""A generation as it lies on the disk: the folder that is pointed to, its manifest, the hashes of its files."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.embedder import file_sha256
from assistant.errors import IndexDamaged, IndexMissing

REBUILD = "Run: python3 run.py ingest rebuild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation holds and how it was made; ``generation`` is a digest of its content."""

    generation: str
    number: int
    model: str
    identity: str
    precision: str
    recipe: str
    documents: int
    passages: int
    sentences: int
    published: str
    files: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as it is written."""
        return {name: getattr(self, name) for name in self.__slots__}


def current_folder(root: Path) -> Path:
    """Return the folder of the published generation. Raises IndexMissing, IndexDamaged."""
    pointer = root / "CURRENT"
    if not pointer.is_file():
        raise IndexMissing(f"There is no index at {root}. Build it with: python3 run.py ingest --index {root} FOLDER")
    name = pointer.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"gen-\d+", name):
        raise IndexDamaged(f"The index is damaged: {pointer} holds {name[:40]!r} and names no generation. {REBUILD}")
    if not (root / name / "manifest.json").is_file():
        raise IndexDamaged(f"The index is damaged: {root} points to {name}, which is not whole. {REBUILD}")
    return root / name


def read_manifest(folder: Path) -> Manifest:
    """Return a generation's manifest. Raises IndexDamaged."""
    try:
        manifest = Manifest(**json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
        if not isinstance(manifest.files, dict):
            raise TypeError("files is not a list of names and hashes")
    except (OSError, ValueError, TypeError) as error:
        raise IndexDamaged(
            f"The index is damaged: the manifest of {folder.name} cannot be read ({error}). {REBUILD}"
        ) from error
    return manifest


def file_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a generation that no reader changes, by relative path."""
    return {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"manifest.json", "chroma.sqlite3"} and not path.name.endswith(".lock")
    }
