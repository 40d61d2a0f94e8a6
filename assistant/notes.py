"""What Casebook itself says beside an answer: which part nothing answers, that figures differ, that posts change hands.

A note is never a part of the answer and cites nothing; it quotes a document only where that says what it does not hold.
"""

import re
from collections.abc import Sequence

from assistant.answerer import Span
from assistant.evidence import Candidate
from assistant.question import Asked

_POSTS = r"chairs?|leads?|heads?|chief|ceos?|director|officer|sro|boss|secretary|president|in charge"
_POST = re.compile(
    r"\bwho (?:(?:currently|now) )?(?:chairs|leads|heads|runs)\b"
    rf"|\bwho(?:['’]s| is| are) (?:\S+ ){{0,6}}?(?:{_POSTS})\b(?! (?:provider|trust|commissioner)s?\b)"
    r"|\bname of the (?:chair|lead|director|chief)\b",
    re.I,
)


def notes_on(answered: Sequence[tuple[Asked, Sequence[Span]]], unanswered: Sequence[str]) -> tuple[str, ...]:
    """Return the notes on an answer.

    ``answered`` are the parts of the question with their own sentences, put to one body each; ``unanswered`` are the
    parts and the bodies for which there are none: "by itself: “who paid?”", "about Beta.".
    """
    notes = [f"No passage found answers this {part}" for part in unanswered]
    for asked, spans in answered:
        differing = [span for span in spans if span.differs]
        if len(differing) > 1:
            notes.append(f"The sources give different figures, the newest first: {'; '.join(map(dated, differing))}.")
        elif spans and "person" in asked.wants and not asked.years and _POST.search(asked.text):
            when = dated(spans[0])
            notes.append(f"Posts change hands. The source of this is {when if when == 'undated' else f'dated {when}'}.")
    return tuple(dict.fromkeys(notes))


def gap_notes(gaps: Sequence[Candidate]) -> tuple[str, ...]:
    """Return what pages themselves say that their sources do not, in their own words."""
    return tuple(dict.fromkeys(f"The page “{gap.document.title}” says: “{gap.text}”" for gap in gaps))


def dated(span: Span) -> str:
    """Return the dates of what a span rests on, in the sources' own words."""
    sources = span.document.sources_at(span.start, span.end)
    dates = dict.fromkeys(source.date or "undated" for source in sources)
    return ", ".join(dates) or span.document.metadata.date or "undated"
