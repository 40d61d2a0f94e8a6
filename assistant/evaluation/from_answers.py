"""Answers that people found good, as questions of a set: what was cited then must be cited again."""

from collections.abc import Mapping, Sequence
from typing import Any


def question_row(
    identifier: str, answer: Mapping[str, Any], history: Sequence[Mapping[str, str]] = (), kind: str = "liked"
) -> dict[str, Any]:
    """Return an answer in the JSON contract as a row of a question set; a good refusal must be refused again."""
    abstained = bool(answer["abstained"])
    cited = {(citation["document_id"], citation["quote"]): None for citation in answer["citations"]}
    return {
        "id": identifier,
        "text": answer["question"],
        "kind": kind,
        "tags": [],
        "history": [dict(turn) for turn in history],
        "answerable": not abstained,
        "reason": answer["reason"],
        "must_cite": [{"document": document, "quote": quote} for document, quote in cited],
        "must_not_cite": [],
        "must_state": [],
        "must_not_state": [],
        "relevant": list(dict.fromkeys(document for document, _ in cited)),
    }
