"""Arguments → files to read: only regular files that lie within their root, each with its document id.

A file that cannot be taken is refused by name and does not stop the others. An argument that makes no sense
(a missing path, an empty folder) stops all, because what is gone from a root is removed from the index.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import IngestRefused
from ingest.readers import READERS, not_read, suffix_of
from ingest.readers.canonical import inline

LARGEST_FILE = 100_000_000
LARGEST_JSONL = 1_000_000_000
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# What operating systems and Word leave lying about is as good as hidden.
_LITTER = ("thumbs.db", "desktop.ini", "__macosx")
_KINDS = (
    (stat.S_ISFIFO, "is a pipe and not a regular file"),
    (stat.S_ISSOCK, "is a socket and not a regular file"),
    (stat.S_ISBLK, "is a device and not a regular file"),
    (stat.S_ISCHR, "is a device and not a regular file"),
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: the root it was found under, where it is, and its document's id."""

    root: str
    path: Path
    document_id: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What the arguments name: files to read, files refused (document id or path, reason), and the roots."""

    files: tuple[SourceFile, ...]
    refused: tuple[tuple[str, str], ...]
    roots: tuple[str, ...]


class _Refusal(Exception):
    """Why one file is not taken."""


def find(arguments: Sequence[str]) -> Listing:
    """List the files that some folders and files hold, each root's in the order of their ids."""
    if not arguments or not all(arguments):  # an empty path would mean the current folder
        raise IngestRefused("nothing was named: give a folder or files to ingest")
    files: dict[str, SourceFile] = {}
    refused: list[tuple[str, str]] = []
    roots = dict.fromkeys(_root(argument) for argument in arguments)
    for root, name in roots:
        taken = 0
        for path, document_id in _candidates(root, name, refused):
            try:
                file = SourceFile(str(root), _checked(path, root, document_id), document_id)
                taken += 1
                other = files.setdefault(document_id, file)
                if other is not file:
                    raise _Refusal(f"its id {document_id!r} is also that of {other.path}: rename one of them")
            except _Refusal as refusal:
                refused.append((_shown(document_id), str(refusal)))
        if not taken and root.is_dir():
            raise IngestRefused(_nothing_in(root, refused))
    return Listing(tuple(files.values()), tuple(refused), tuple(str(root) for root, _ in roots))


def _root(argument: str) -> tuple[Path, str]:
    """Return an argument's resolved path and, for a file, the name that becomes its id."""
    if _ADDRESS.match(argument):
        raise IngestRefused(f"{argument}: web addresses are not read yet: save the page and give the file")
    path = Path(argument)
    try:
        root = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise IngestRefused(f"there is no file or folder {argument!r} that can be reached") from error
    return root, "" if root.is_dir() else path.name


def _candidates(root: Path, name: str, refused: list[tuple[str, str]]) -> Iterator[tuple[Path, str]]:
    """Yield the paths under a root with their ids, sorted by id; hidden ones are passed over."""
    if name:
        yield root, unicodedata.normalize("NFC", name)
        return
    found: list[tuple[str, Path]] = []
    for folder, subfolders, names in os.walk(root, onerror=lambda error: refused.append(_unread(root, error))):
        here = Path(folder)
        subfolders[:] = [each for each in subfolders if not _is_hidden(each)]
        # A link to a folder is a candidate that _checked refuses; it is never followed.
        links = [each for each in subfolders if (here / each).is_symlink()]
        found += [(_id(here / each, root), here / each) for each in (*names, *links) if not _is_hidden(each)]
    for document_id, path in sorted(found):
        yield path, document_id


def _id(path: Path, root: Path) -> str:
    return unicodedata.normalize("NFC", path.relative_to(root).as_posix())


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _LITTER


def _unread(root: Path, error: OSError) -> tuple[str, str]:
    folder = Path(error.filename)
    name = folder.relative_to(root).as_posix() if folder != root else str(root)
    return _shown(name), f"is a folder that cannot be opened: {error.strerror}"


def _checked(path: Path, root: Path, document_id: str) -> Path:
    """Return the real path of a file that may be read; whatever speaks against it is a refusal."""
    try:
        real = path.resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its links go round in a circle"
        raise _Refusal(f"cannot be reached: {reason}") from error
    if real != root and root not in real.parents:
        raise _Refusal("is a link to something outside the folder")
    if stat.S_ISDIR(status.st_mode):
        raise _Refusal("is a link to a folder, and such links are not followed")
    for is_kind, reason in _KINDS:
        if is_kind(status.st_mode):
            raise _Refusal(reason)
    if inline(document_id) != document_id:
        raise _Refusal("its name holds invisible or control characters, or is not valid text: rename it")
    suffix = suffix_of(document_id)
    if suffix not in READERS:
        raise _Refusal(not_read(suffix))
    largest = LARGEST_JSONL if suffix == ".jsonl" else LARGEST_FILE
    if status.st_size > largest:
        sizes = f"{status.st_size // 1_000_000} MB, and at most {largest // 1_000_000} MB are read"
        raise _Refusal(f"is too large ({sizes}): split it")
    if status.st_size == 0:
        raise _Refusal("is empty")
    return real


def _nothing_in(root: Path, refused: Sequence[tuple[str, str]]) -> str:
    example = f" (for one, {refused[-1][0]} {refused[-1][1]})" if refused else ""
    endings = ", ".join(READERS)
    return f"there is nothing to read in {str(root)!r}{example}: put files there that end in {endings}"


def _shown(name: str) -> str:
    """Return a file's name fit for a report: nothing in it can forge a line or hide."""
    return name if inline(name) == name else ascii(name)[1:-1]
