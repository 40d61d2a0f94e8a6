"""A Word file's zip archive, looked at before anything unpacks it: a small file can hold a flood."""

import zipfile
import zlib
from io import BytesIO

from assistant.errors import DocumentRefused

MOST_MEMBERS = 2_000
MOST_BYTES = 100_000_000
HIGHEST_RATIO = 100
# Small members of long runs (empty tables, styles) pack well and do no harm.
_SMALL = 1_000_000
_ENCRYPTED = 0x1


def check_package(data: bytes) -> None:
    """Refuse an archive that is damaged, locked, no Word file or larger inside than a document is."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_members(archive.infolist())
            # What members say of their size may be a lie. zipfile reads no more than that of each, and the
            # checksum fails then; so this reads at most MOST_BYTES.
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise DocumentRefused("is damaged, its zip archive is not whole: save it anew") from error
    if damaged is not None:
        raise DocumentRefused("is damaged, a part of its zip archive fails its checksum: save it anew")


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise DocumentRefused(f"holds {len(members)} parts; a Word document has at most {MOST_MEMBERS}")
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise DocumentRefused(f"unpacks to more than {MOST_BYTES // 1_000_000} MB")
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise DocumentRefused("needs a password: save a copy without one")
        if member.file_size > _SMALL and member.file_size > HIGHEST_RATIO * member.compress_size:
            raise DocumentRefused(
                f"unpacks to more than {HIGHEST_RATIO} times its size, as no document written by people does"
            )
    if not any(member.filename == "[Content_Types].xml" for member in members):
        raise DocumentRefused("is a zip archive and not a Word document")
