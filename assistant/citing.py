"""Sentences to be shown → an answer's parts: numbered citations, each bound to its span, its sources and its hit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assistant.answerer import Span
from assistant.retriever import place
from assistant.schema import Citation, Hit, Sentence


def extend(spans: list[Span], more: Sequence[Span]) -> None:
    """Add sentences that are not there yet; one list is enough, so a second introduction ends them."""
    places = {(span.document.id, span.start) for span in spans}
    introduced = any(span.text.endswith(":") for span in spans)
    for span in more:
        if introduced and span.text.endswith(":") and (span.document.id, span.start) not in places:
            break
        if (span.document.id, span.start) not in places:
            places.add((span.document.id, span.start))
            spans.append(span)


def cite(spans: Sequence[Span]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Bind each sentence to its span, and to those that say the same; the same span has one number."""
    citations: dict[tuple[str, int, int], Citation] = {}
    sentences = []
    for span in spans:
        for one in (span, *span.also):
            citations.setdefault((one.document.id, one.start, one.end), _citation(one, len(citations) + 1))
        numbers = (citations[one.document.id, one.start, one.end].number for one in (span, *span.also))
        sentences.append(Sentence(text=span.text, citations=tuple(dict.fromkeys(numbers))))
    return tuple(sentences), tuple(citations.values())


def _citation(span: Span, number: int) -> Citation:
    document = span.document
    sources = document.sources_at(span.start, span.end)
    return Citation(
        number=number,
        document_id=document.id,
        sha256=document.sha256,
        title=document.title,
        collaborative=document.metadata.collaborative,
        sources=sources,
        source_url=next((source.url for source in sources if source.url), document.metadata.source_url),
        heading=document.heading_path(span.start),
        page=document.page_at(span.start),
        start=span.start,
        end=span.end,
        quote=span.text,
    )


def table_of(citations: Sequence[Citation], without: Sequence[str]) -> dict[str, Any]:
    """Return the table of a comparison: a row for each body, with the numbers of its citations, or without any."""
    rows: dict[str, list[int]] = {}
    for citation in citations:
        rows.setdefault(citation.whose, []).append(citation.number)
    every = [*rows.items(), *((name, []) for name in without)]
    return {"rows": [{"collaborative": name, "citations": numbers} for name, numbers in every]}


def with_cited(hits: Sequence[Hit], spans: Sequence[Span]) -> tuple[Hit, ...]:
    """Return the ranking, and at its end the cited passages that only a part of the question found."""
    known = {hit.passage.id for hit in hits}
    cited = [one for span in spans for one in (span, *span.also)]
    more = {one.hit.passage.id: one.hit for one in cited if one.hit.passage.id not in known}
    last = hits[-1].score if hits else 1.0
    every = [*hits, *(replace(hit, score=min(hit.score, last)) for hit in more.values())]
    every.sort(key=lambda hit: (-hit.score, place(hit.passage.id)))
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(every, start=1))
