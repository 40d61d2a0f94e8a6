"""A document and answers that rest on it, made by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assistant.evidence import Candidate
from assistant.schema import Answer, Citation, Document, Heading, Hit, Metadata, Passage, Sentence, Source, sha256_of

TEXT = "Alpha\n\nAlpha opened 20 beds in May 2021. Waiting lists fell by 12%.\n\nNobody knows the cost."
SOURCES = (Source(key="A1", title="News: beds", publisher="Alpha NHS Trust", url="https://a.example/x", date="2021"),)


def document(identifier: str = "alpha.md", name: str = "Alpha", text: str = TEXT) -> Document:
    """Return a document with a heading and sources."""
    return Document(
        id=identifier,
        sha256=sha256_of(text),
        title=f"The {name} collaborative",
        text=text,
        headings=(Heading(start=0, end=5, level=1, title="Alpha"),),
        metadata=Metadata(collaborative=name, aliases=(name,), sources=SOURCES),
    )


def named(page: Document, **metadata: Any) -> Document:
    """Return a document with something else in its front matter."""
    return replace(page, metadata=replace(page.metadata, **metadata))


def citation(quote: str, number: int = 1, source: Document | None = None, **changes: Any) -> Citation:
    """Return a citation of a quote."""
    held = source or document()
    start = held.text.index(quote)
    parts: dict[str, Any] = {
        "number": number,
        "document_id": held.id,
        "sha256": held.sha256,
        "title": held.title,
        "collaborative": held.metadata.collaborative,
        "sources": held.metadata.sources,
        "source_url": "https://a.example/x",
        "heading": held.heading_path(start),
        "page": None,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    }
    return Citation(**{**parts, **changes})


def candidate(source: Document, sentence: str, score: float, **changes: Any) -> Candidate:
    """Return a sentence of a document as a candidate, as good in words and meaning as its score."""
    start = source.text.index(sentence)
    parts: dict[str, Any] = {
        "document": source,
        "hit": hit_of(source),
        "start": start,
        "end": start + len(sentence),
        "score": score,
        "meaning": score,
        "words": score,
        "fits": True,
        "is_gap": False,
    }
    return Candidate(**{**parts, **changes})


def hit(rank: int = 1) -> Hit:
    """Return a hit on the document's first paragraph."""
    start, end = TEXT.index("Alpha opened"), TEXT.index("\n\nNobody")
    passage = Passage(
        id=f"alpha.md#{start}-{end}",
        document_id="alpha.md",
        start=start,
        end=end,
        heading_path=("Alpha",),
        page=None,
        text=TEXT[start:end],
    )
    return Hit(passage=passage, score=0.5, rank=rank, why={"dense": 0.5})


def hit_of(source: Document) -> Hit:
    """Return a hit on the whole of a document."""
    whole = replace(hit().passage, id=f"{source.id}#0", document_id=source.id, start=0, end=len(source.text))
    return replace(hit(), passage=replace(whole, text=source.text))


def answer(*quotes: str, **changes: Any) -> Answer:
    """Return an answer of some sentences of the document."""
    cited = tuple(citation(quote, number) for number, quote in enumerate(quotes, start=1))
    parts: dict[str, Any] = {
        "question": "How many beds?",
        "searched_for": "How many beds?",
        "text": " ".join(quotes),
        "sentences": tuple(Sentence(text=one.quote, citations=(one.number,)) for one in cited),
        "citations": cited,
        "hits": (hit(),),
        "timings_ms": {"total": 1.0},
        "generation": "abc",
    }
    return Answer(**{**parts, **changes})


def refusal(reason: str, text: str, **changes: Any) -> Answer:
    """Return a refusal."""
    return answer(text=text, reason=reason, **changes)


def text_of(*documents: Document) -> Callable[[str], str | None]:
    """Return what verify asks: the text of a document, or None."""
    texts = {held.id: held.text for held in documents or (document(),)}
    return texts.get
