"""Question sets in, records and figures out: no judge model, nothing that is not exact."""

from assistant.evaluation.questions import read_questions
from assistant.evaluation.records import read_run
from assistant.evaluation.runs import run
from assistant.evaluation.summary import summarise, summary_text

__all__ = ["read_questions", "read_run", "run", "summarise", "summary_text"]
