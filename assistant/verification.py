"""Check an answer again, span by span, against the documents: the standard library only."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assistant.schema import REASONS, SCHEMA_VERSION

DocumentText = Callable[[str], str | None]
"""Gives the canonical text of a document id, or None where there is none."""


def verify(answer: Mapping[str, Any], text_of: DocumentText) -> list[str]:
    """Return what is wrong with an answer in the JSON contract; an empty list means that all holds.

    Every citation must be the slice of its document, whose SHA-256 must be the one named; every sentence must
    have a citation that exists, and an extractive one must be the very text of a quote; every citation must be used;
    the answer's text must be its sentences; a refusal must have a reason of the contract and nothing else.
    Raises KeyError, TypeError or AttributeError for what is no answer at all.
    """
    faults = list(_faults_of_the_whole(answer))
    for citation in answer["citations"]:
        faults.extend(f"citation {citation['number']}: {fault}" for fault in _citation_faults(citation, text_of))
    faults.extend(_sentence_faults(answer))
    if not answer["abstained"] and answer["answer"] != " ".join(s["text"] for s in answer["sentences"]):
        faults.append("the text of the answer is not its sentences")
    return faults


def _faults_of_the_whole(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["schema"] != SCHEMA_VERSION:
        yield f"the schema is {answer['schema']!r}; this Casebook knows {SCHEMA_VERSION}"
    reason = answer["reason"]
    if answer["abstained"] != (reason is not None) or answer["abstained"] == bool(answer["sentences"]):
        yield "an answer has sentences and no reason, a refusal a reason and no sentences"
    if reason is not None and reason not in REASONS:
        yield f"the reason {reason!r} is not one of the contract's ({', '.join(REASONS)})"
    if bool(answer["sentences"]) != bool(answer["citations"]):
        yield "there are citations without sentences, or sentences without citations"
    for number, count in Counter(citation["number"] for citation in answer["citations"]).items():
        if count > 1:
            yield f"citation {number}: the number stands there {count} times"


def _sentence_faults(answer: Mapping[str, Any]) -> Iterator[str]:
    quotes = {citation["number"]: citation["quote"] for citation in answer["citations"]}
    for place, sentence in enumerate(answer["sentences"], start=1):
        known = [quotes[number] for number in sentence["citations"] if number in quotes]
        if not known or len(known) != len(sentence["citations"]):
            yield f"sentence {place}: it names no citation, or one that is not there"
        elif not sentence["text"].strip():
            yield f"sentence {place}: it is empty"
        elif not any(sentence["text"] in quote for quote in known):
            yield f"sentence {place}: its words are not in what it cites"
    used = {number for sentence in answer["sentences"] for number in sentence["citations"]}
    for number in quotes:
        if answer["sentences"] and number not in used:
            yield f"citation {number}: no sentence rests on it"


def _citation_faults(citation: Mapping[str, Any], text_of: DocumentText) -> list[str]:
    if not isinstance(citation["document_id"], str):
        raise TypeError(f"a document id is a text, not {citation['document_id']!r}")
    text = text_of(citation["document_id"])
    if text is None:
        return [f"the document {citation['document_id']} is not in this index"]
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != citation["sha256"]:
        moved = " (the quote still stands in it)" if citation["quote"] in text else ""
        return [f"the document {citation['document_id']} has changed{moved}"]
    start, end = citation["start"], citation["end"]
    if not 0 <= start < end <= len(text) or text[start:end] != citation["quote"]:
        return [f"the quote is not characters {start} to {end} of {citation['document_id']}"]
    return []
