"""A file's bytes → documents in canonical text, one function a format (see ``registry.reader``)."""

from pathlib import PurePosixPath

from assistant.errors import DocumentRefused
from ingest.readers import docx, html, jsonl, markdown, pdf, text
from ingest.readers.registry import READERS, Reading, reader
from ingest.readers.signature import check_signature

__all__ = ["READERS", "Reading", "not_read", "read", "reader", "suffix_of"]

# Importing a format's module is what registers it.
_FORMATS = (docx, html, jsonl, markdown, pdf, text)


def suffix_of(name: str) -> str:
    """Return the ending of a name that its reader is looked up by."""
    return PurePosixPath(name).suffix.lower()


def not_read(suffix: str) -> str:
    """Say that there is no reader for names that end so, and for which there is."""
    return f"files that end in {suffix or 'nothing'} are not read; these are: {', '.join(READERS)}"


def read(data: bytes, document_id: str) -> Reading:
    """Read a file's bytes as its name says, or refuse them with a reason."""
    suffix = suffix_of(document_id)
    if suffix not in READERS:
        raise DocumentRefused(not_read(suffix))
    if not data:
        raise DocumentRefused("is empty")
    check_signature(data, suffix)
    try:
        return READERS[suffix](data, document_id)
    except (DocumentRefused, MemoryError):
        raise
    except Exception as error:
        # The libraries raise whatever a damaged file makes them trip over (KeyError, struct.error, …).
        detail = " ".join(str(error).split())[:200]
        raise DocumentRefused(f"cannot be read, it is damaged ({type(error).__name__}: {detail})") from error
