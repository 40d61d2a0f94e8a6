"""A baseline: a run that a person has looked at and found good, cut to what a diff needs, small enough to commit."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.errors import CasebookError
from assistant.evaluation.diff import DEEPEST
from assistant.evaluation.records import Run, jsonl, lines_of, read_run

_CITATION = ("number", "document_id", "start", "end")
_HIT = ("document_id", "start", "end")


def bless(run: Path, baseline: Path) -> Run:
    """Write a run as a baseline; by hand only. Raises CasebookError."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        raise CasebookError("A baseline is blessed by hand, and this is CI (the variable CI says so).")
    whole = read_run(run)
    cut = Run(
        provenance=whole.provenance,
        records=tuple(replace(record, answer=_cut(record.answer), seconds=0.0) for record in whole.records),
    )
    beside = baseline.with_name(f"{baseline.name}.tmp")
    try:
        beside.write_bytes(jsonl(list(lines_of(cut))))
        beside.replace(baseline)
    except OSError as error:
        raise CasebookError(f"{baseline} cannot be written ({error.strerror}). Name another place.") from error
    return cut


def _cut(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a diff looks at: the verdict, the sentences, the spans, the first documents; no timings."""
    first = list(dict.fromkeys(hit["document_id"] for hit in answer["hits"]))[:DEEPEST]
    best = {name: next(hit for hit in answer["hits"] if hit["document_id"] == name) for name in first}
    said = {number: sentence["text"] for sentence in answer["sentences"] for number in sentence["citations"]}
    return {
        "answer": answer["answer"] if answer["abstained"] else "",
        "abstained": answer["abstained"],
        "reason": answer["reason"],
        "sentences": answer["sentences"],
        "citations": [_cut_citation(citation, said.get(citation["number"])) for citation in answer["citations"]],
        "hits": [{name: hit[name] for name in _HIT} for hit in best.values()],
    }


def _cut_citation(citation: Mapping[str, Any], sentence: str | None) -> dict[str, Any]:
    """Return the span of a citation, and its quote where the sentence that cites it says something else."""
    kept = {name: citation[name] for name in _CITATION}
    return kept if citation.get("quote") == sentence else {**kept, "quote": citation.get("quote", "")}
