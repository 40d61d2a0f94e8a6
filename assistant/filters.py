"""``--only NAME=VALUE``: which documents pass, by what their front matter says."""

from collections.abc import Mapping, Sequence

from assistant.errors import CasebookError
from assistant.schema import Document

FILTERS = ("collaborative", "region", "topic", "type", "document")
_KNOWN = 40


def passing(documents: Sequence[Document], only: Mapping[str, Sequence[str]]) -> frozenset[str] | None:
    """Return the ids of the documents that pass every filter, or None without any filter.

    Values of one filter are alternatives; a collaborative also passes by an alias. Raises CasebookError for a
    filter that is not there and for one that nothing passes.
    """
    if not only:
        return None
    within = frozenset(document.id for document in documents)
    for name, values in only.items():
        if name not in FILTERS:
            raise CasebookError(f"{name!r} is no filter; there are: {', '.join(FILTERS)}.")
        wanted = {value.casefold() for value in values}
        chosen = frozenset(document.id for document in documents if wanted & _values(document, name))
        if not chosen:
            known = sorted({value for document in documents for value in _values(document, name)})
            raise CasebookError(f"No document has {name} {', '.join(values)!r}. Known: {'; '.join(known[:_KNOWN])}.")
        within &= chosen
    return within


def _values(document: Document, name: str) -> set[str]:
    metadata = document.metadata
    values = {
        "collaborative": (metadata.collaborative, *metadata.aliases),
        "region": (metadata.region,),
        "topic": metadata.topics,
        "type": (metadata.type,),
        "document": (document.id,),
    }[name]
    return {value.casefold() for value in values if value}
