"""What Casebook itself says beside an answer: which part nothing answers, that figures differ, that posts change hands.

A note is never a part of the answer: it quotes no document and cites nothing.
"""

import re
from collections.abc import Sequence

from assistant.answerer import Span
from assistant.question import Asked

_POST = re.compile(
    r"\bwho(?:m|se)?\b(?:['’]s| is| are| currently| now)?\b(?!.*\b(?:was|were|did|first|founded|set up)\b)"
    r".*\b(?:chairs?|leads?|heads?|runs?|chief|ceos?|director|officer|sro|boss|secretary|president|in charge)\b",
    re.I,
)


def notes_on(asked: Asked, spans: Sequence[Span], unanswered: Sequence[str], bodies: Sequence[str]) -> tuple[str, ...]:
    """Return the notes on an answer.

    ``unanswered`` are the parts of the question, ``bodies`` the named bodies, that no sentence answers.
    """
    notes = [f"No passage found answers this part: “{part}”" for part in unanswered]
    notes += [f"No passage found answers this about {body}." for body in bodies]
    differing = [span for span in spans if span.differs]
    if differing:
        notes.append(f"The sources give different figures, the newest first: {'; '.join(map(dated, differing))}.")
    elif "person" in asked.wants and not asked.years and _POST.search(asked.text):
        notes.append(f"Posts change hands. This is as its source had it: {dated(spans[0])}.")
    return tuple(notes)


def dated(span: Span) -> str:
    """Return the dates of what a span rests on, in the sources' own words."""
    dates = dict.fromkeys(source.date or "undated" for source in span.document.sources_at(span.start, span.end))
    return ", ".join(dates) or "undated"
