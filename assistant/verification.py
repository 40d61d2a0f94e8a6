"""Check an answer again, span by span, against the documents: the standard library only."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

DocumentText = Callable[[str], str | None]
"""Gives the canonical text of a document id, or None where there is none."""


def verify(answer: Mapping[str, Any], text_of: DocumentText) -> list[str]:
    """Return what is wrong with an answer in the JSON contract; an empty list means that all holds.

    Every citation must be the slice of its document, whose SHA-256 must be the one named; every sentence must
    have a citation that exists, and an extractive one must be the very text of a quote; the answer's text must be
    its sentences; a refusal must have a reason and nothing else.
    """
    faults: list[str] = []
    citations = {citation["number"]: citation for citation in answer["citations"]}
    if answer["abstained"] != (answer["reason"] is not None) or answer["abstained"] == bool(answer["sentences"]):
        faults.append("an answer has sentences and no reason, a refusal a reason and no sentences")
    if bool(answer["sentences"]) != bool(citations):
        faults.append("there are citations without sentences, or sentences without citations")
    for number, citation in citations.items():
        faults.extend(f"citation {number}: {fault}" for fault in _citation_faults(citation, text_of))
    for place, sentence in enumerate(answer["sentences"], start=1):
        known = [citations[number] for number in sentence["citations"] if number in citations]
        if not known or len(known) != len(sentence["citations"]):
            faults.append(f"sentence {place}: it names no citation, or one that is not there")
        elif not any(sentence["text"] in citation["quote"] for citation in known):
            faults.append(f"sentence {place}: its words are not in what it cites")
    if not answer["abstained"] and answer["answer"] != " ".join(s["text"] for s in answer["sentences"]):
        faults.append("the text of the answer is not its sentences")
    return faults


def _citation_faults(citation: Mapping[str, Any], text_of: DocumentText) -> list[str]:
    text = text_of(citation["document_id"])
    if text is None:
        return [f"the document {citation['document_id']} is not in this index"]
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != citation["sha256"]:
        moved = " (the quote still stands in it)" if citation["quote"] in text else ""
        return [f"the document {citation['document_id']} has changed{moved}"]
    if text[citation["start"] : citation["end"]] != citation["quote"]:
        return [f"the quote is not characters {citation['start']} to {citation['end']} of {citation['document_id']}"]
    return []
