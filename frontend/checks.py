"""What is asked from outside, checked: hidden handlers can be called over HTTP with anything."""

from collections.abc import Mapping, Sequence

from assistant.errors import QuestionSetError
from assistant.schema import REASONS, Turn
from frontend.markup import sendable

LONGEST_QUESTION = 2_000
LONGEST_HISTORY = 40
ROLES = ("user", "assistant")


def unfit(question: str) -> str:
    """Return why a question cannot be asked, in words; empty where it can."""
    if not question:
        return REASONS["empty_question"] + " Type one below."
    if len(question) > LONGEST_QUESTION:
        return (
            f"The question has {len(question):,} characters, and at most {LONGEST_QUESTION:,} are read. "
            "Shorten it and ask again."
        )
    return ""


def as_turns(history: object) -> tuple[Turn, ...]:
    """Return a history as sent, ``[{role, text}]``; raises QuestionSetError for anything else."""
    if history is None:
        return ()
    wrong = "The history is not in its form. Send a list of {role: user or assistant, text}, at most "
    if not isinstance(history, Sequence) or isinstance(history, str) or len(history) > 2 * LONGEST_HISTORY:
        raise QuestionSetError(f"{wrong}{2 * LONGEST_HISTORY} turns.")
    turns = []
    for turn in history:
        role, text = (turn.get("role"), turn.get("text")) if isinstance(turn, Mapping) else (None, None)
        if role not in ROLES or not isinstance(text, str) or len(text) > 10 * LONGEST_QUESTION:
            raise QuestionSetError(f"{wrong}{10 * LONGEST_QUESTION:,} characters a turn; one is {turn!r:.80}.")
        turns.append(Turn(role=str(role), text=sendable(text)))
    return tuple(turns)


def as_filters(only: object) -> dict[str, tuple[str, ...]]:
    """Return filters as sent, ``{field: [value, …]}``; raises QuestionSetError for anything else."""
    if only is None:
        return {}
    if not isinstance(only, Mapping) or not all(isinstance(field, str) for field in only):
        raise QuestionSetError(f"The filters are {only!r:.80}. Send them as {{field: [value, …]}}.")
    filters = {}
    for field, values in only.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise QuestionSetError(f"The filter {field!r:.40} is {values!r:.80}. Send a list of texts.")
        filters[field] = tuple(sendable(value) for value in values)
    return filters
