"""Question sets in, records and figures out: no judge model, nothing that is not exact."""

from assistant.evaluation.questions import read_questions
from assistant.evaluation.runs import run, summarise, summary_text

__all__ = ["read_questions", "run", "summarise", "summary_text"]
