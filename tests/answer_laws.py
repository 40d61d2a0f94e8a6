"""The laws that every answer keeps, whatever was asked."""

import json
from typing import Any

from assistant.pipeline import Assistant
from assistant.schema import REASONS, Answer
from assistant.verification import verify


def _text_of(casebook: Assistant) -> Any:
    return {document.id: document.text for document in casebook.documents()}.get


def keeps_the_laws(casebook: Assistant, answer: Answer) -> None:
    """Fail where an answer breaks a law: its spans, its numbers, its sources, its ranking."""
    assert verify(json.loads(json.dumps(answer.to_json())), _text_of(casebook)) == []
    assert answer.abstained == (not answer.citations) == (not answer.sentences)
    assert answer.reason is None or answer.reason in REASONS
    assert answer.text.strip()
    shown = [sentence.citations[0] for sentence in answer.sentences]
    assert len(set(shown)) == len(shown), "no sentence stands there twice"
    assert answer.generation == casebook.generation
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        document = casebook.document(citation.document_id)
        assert document.text[citation.start : citation.end] == citation.quote
        assert (citation.sha256, citation.title) == (document.sha256, document.title)
        assert citation.collaborative == document.metadata.collaborative
        assert citation.heading == document.heading_path(citation.start)
        assert citation.sources == document.sources_at(citation.start, citation.end)
        assert citation.page is None
    # Each sentence stands under the hit it was found in or goes on with its list; headings are never shown as one.
    headings = {(d.id, h.start) for d in casebook.documents() for h in d.headings}
    assert not headings & {(citation.document_id, citation.start) for citation in answer.citations}
    _ranks_well(answer)


def _ranks_well(answer: Answer) -> None:
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    keys = [(-hit.score, hit.passage.document_id, hit.passage.start) for hit in answer.hits]
    assert keys == sorted(keys)
    assert len({hit.passage.id for hit in answer.hits}) == len(answer.hits)
    assert all(hit.score == round(hit.score, 6) for hit in answer.hits)
