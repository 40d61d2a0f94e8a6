"""The record's sentences → their vectors, kept in the record: only what is not there yet is encoded."""

from collections.abc import Callable, Iterator

import numpy as np

from assistant.attribution import Bodies
from assistant.catalogue import Catalogue, Span
from assistant.embedder import Embedder
from assistant.schema import sha256_of
from assistant.sentence_vectors import fitting, places_of

# Encoded in one go and committed together: enough to fill the encoder's rows, few enough to commit often.
BATCH = 512

_Stored = dict[Span, dict[Span, tuple[str, bytes]]]
_Text = tuple[str, Span, Span, str, str]


def encode_sentences(record: Catalogue, embedder: Embedder, progress: Callable[[int, int, str], None]) -> None:
    """Bring the vectors of all sentences and headings up to date, a batch of documents a commit.

    What is encoded leaves out the names of bodies, so a new body's name may change sentences on others.
    """
    bodies = Bodies(record.documents())
    kept: dict[str, _Stored] = {}
    new: list[_Text] = []
    documents = record.counts()[0]
    for number, (identifier, texts) in enumerate(_texts(record, embedder, bodies), start=1):
        before = record.sentences(identifier)
        same: _Stored = {}
        missing: list[_Text] = []
        for text in texts:
            _, passage, place, _, key = text
            known = before.get(passage, {}).get(place)
            if known is not None and known[0] == key:
                same.setdefault(passage, {})[place] = known
            else:
                missing.append(text)
        if not missing and same == before:
            continue
        kept[identifier] = same
        new += missing
        if len(new) >= BATCH:
            _commit(record, embedder, kept, new)
            kept, new = {}, []
            progress(number, documents, "vectors of sentences")
    _commit(record, embedder, kept, new)


def _texts(record: Catalogue, embedder: Embedder, bodies: Bodies) -> Iterator[tuple[str, list[_Text]]]:
    """Yield each document's id and what is encoded of it, with its place and a key that names it and the model."""
    for document in record.documents():
        texts: list[_Text] = []
        for passage in record.passages(document.id):
            for place, sentence in places_of(document, passage):
                text = fitting(sentence, bodies.without_names, embedder)
                key = sha256_of(f"{embedder.identity}\n{text}")[:32]
                texts.append((document.id, (passage.start, passage.end), place, text, key))
        yield document.id, texts


def _commit(record: Catalogue, embedder: Embedder, kept: dict[str, _Stored], new: list[_Text]) -> None:
    """Encode what is new, and write it with what is kept of the same documents."""
    different = list(dict.fromkeys(text for *_, text, _ in new))
    made = dict(zip(different, embedder.encode_passages(different).astype(np.float16), strict=True)) if new else {}
    for identifier, passage, place, text, key in new:
        kept[identifier].setdefault(passage, {})[place] = (key, made[text].tobytes())
    if kept:
        record.put_sentences(kept)
