"""Run and qrels files as trec_eval reads them; documents are ranked by their best passage."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from assistant.evaluation.case import ranked_documents
from assistant.schema import EvaluationRecord

NAME = "casebook"


def trec_run(records: Sequence[EvaluationRecord]) -> str:
    """Return the rankings: query, Q0, document, rank, score, name.

    trec_eval ranks by score alone and breaks ties by id, so that the score is the rank counted from the end.
    """
    return "".join(f"{line}\n" for record in records for line in _ranking(record))


def _ranking(record: EvaluationRecord) -> Iterator[str]:
    ranked = ranked_documents(record.answer)
    for rank, document in enumerate(ranked, start=1):
        yield f"{_id(record.question.id)} Q0 {_id(document)} {rank} {len(ranked) + 1 - rank} {NAME}"


def trec_qrels(records: Sequence[EvaluationRecord]) -> str:
    """Return the labels: query, 0, document, 1."""
    pairs = ((record.question.id, document) for record in records for document in record.question.relevant)
    return "".join(f"{_id(query)} 0 {_id(document)} 1\n" for query, document in pairs)


def _id(identifier: str) -> str:
    """Return an id with its white space as percent codes, as columns are told apart by that."""
    return quote(identifier, safe="".join(map(chr, range(33, 127))).replace("%", ""), errors="backslashreplace")
