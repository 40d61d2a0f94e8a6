"""Narrowing questions to some case studies: by collaborative, region, topic and type of body."""

from collections.abc import Iterator, Sequence

from assistant.schema import Document

FIELDS = ("collaborative", "region", "topic", "type")


def values_of(document: Document, field: str) -> Iterator[str]:
    """Yield what a case study says of itself under one filter."""
    data = document.metadata
    named = {
        "collaborative": (data.collaborative,),
        "region": (data.region,),
        "topic": data.topics,
        "type": (data.type,),
    }
    yield from filter(None, named[field])


def choices(documents: Sequence[Document]) -> dict[str, tuple[str, ...]]:
    """Return the values of each filter, in the order of the alphabet; a filter without any is left out."""
    every = {
        field: sorted({value for document in documents for value in values_of(document, field)}, key=str.casefold)
        for field in FIELDS
    }
    return {field: tuple(values) for field, values in every.items() if values}
