"""The list of formats: a new one is one function under ``@reader``."""

from collections.abc import Callable
from dataclasses import dataclass

from assistant.schema import Document


@dataclass(frozen=True)
class Reading:
    """What one file gave: its documents, what was odd, and the parts of it that were refused by name."""

    documents: tuple[Document, ...]
    warnings: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


Reader = Callable[[bytes, str], Reading]

READERS: dict[str, Reader] = {}


def reader(*suffixes: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader of files whose names end so."""

    def register(function: Reader) -> Reader:
        READERS.update(dict.fromkeys(suffixes, function))
        return function

    return register
