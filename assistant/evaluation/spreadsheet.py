"""A run as CSV that Excel opens: a row for each question."""

import csv
import io
from collections.abc import Sequence

from assistant.evaluation.metrics import METRICS
from assistant.evaluation.shortfalls import label_lost, shortfalls
from assistant.schema import EvaluationRecord

_FIRST = ("id", "kind", "tags", "question", "answerable", "refused", "reason", "answer", "cited", "wrong", "label lost")
# A cell that begins so is run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(records: Sequence[EvaluationRecord]) -> str:
    """Return the table; write it as UTF-8 with a byte order mark, or Excel takes it for another encoding."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*_FIRST, *METRICS, "seconds"])
    for record in records:
        question, answer = record.question, record.answer
        texts = [
            question.id,
            question.kind,
            ", ".join(question.tags),
            question.text,
            {True: "yes", False: "no", None: ""}[question.answerable],
            "yes" if answer["abstained"] else "no",
            answer["reason"] or "",
            answer["answer"],
            "\n".join(f"{c['document_id']} {c['start']}–{c['end']}" for c in answer["citations"]),
            "; ".join(shortfalls(record)),
            "yes" if label_lost(record) else "",
        ]
        figures = [record.scores.get(name) for name in METRICS]
        cells = [f"'{text}" if text.startswith(_FORMULA) else text for text in texts]
        writer.writerow([*cells, *("" if figure is None else figure for figure in figures), record.seconds])
    return out.getvalue()
