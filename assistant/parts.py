"""A question taken into the parts that it joins."""

import re
from collections.abc import Sequence

from assistant.question import Asked, content_words, proper_names, understand

_PARTS = re.compile(r",?\s+and\s+(?=(?:who|whom|whose|how|which|what|when|where|why)\b)", re.I)
# A part that only says beside whom the others' answers are to be set: "and how does that compare with CMAST?"
_SETS_BESIDE = re.compile(r"^how (?:do|does|did) (?:it|that|this|they|those|these) compare\b", re.I)
# Says that several are compared, not what is asked of each.
_COMPARES = re.compile(r"(?:compar\w*|contrast)$", re.I)
# A question of more parts is asked as one: each costs a search.
_MOST = 4


def parts_of(asked: Asked, named: Sequence[str] = ()) -> list[tuple[str, Asked]]:
    """Return the questions that a question joins with "and": "When was it set up, and who chairs it?".

    Each comes as it was put, and as it is understood.

    A later one that names nothing itself is given the first one's words, without the names of bodies (``named``) where
    these are several: it is put to each. A question put to all bodies, none of them named, stays whole.
    """
    pieces = [piece for piece in _PARTS.split(asked.text) if piece.strip()] or [asked.text]
    first, *later = [pieces[0], *(piece for piece in pieces[1:] if not _SETS_BESIDE.match(piece))]
    # "When and how was it set up?" is one.
    if len(pieces) == 1 or len(pieces) > _MOST or (asked.is_cross and not named) or not content_words(first):
        return [(asked.text, asked)]
    names = {word for name in named for word in content_words(name)} if len(named) > 1 else set()
    subject = ", ".join(word for word in content_words(first) if word not in names and not _COMPARES.match(word))
    given = f" ({subject})" if subject else ""
    return [(first, understand(first)), *((p, understand(p if proper_names(p) else p + given)) for p in later)]
