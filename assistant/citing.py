"""Sentences to be shown → numbered citations, each bound to its span, its sources and the hit it was found in."""

from collections.abc import Sequence

from assistant.answerer import Span
from assistant.schema import Citation, Sentence


def cite(spans: Sequence[Span]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Bind each sentence to its span; the same span has one number."""
    citations: dict[tuple[str, int, int], Citation] = {}
    sentences = []
    for span in spans:
        key = (span.document.id, span.start, span.end)
        if key not in citations:
            citations[key] = _citation(span, len(citations) + 1)
        sentences.append(Sentence(text=span.text, citations=(citations[key].number,)))
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
