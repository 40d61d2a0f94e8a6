"""A question taken into the parts that it joins."""

import re

from assistant.question import Asked, content_words, proper_names, understand

_PARTS = re.compile(r",?\s+and\s+(?=(?:who|whom|whose|how|which|what|when|where|why)\b)", re.I)
_BACK = re.compile(r"\b(?:it|its|they|them|their|he|she|his|her|this|that|these|those)\b", re.I)
# A part that only says beside whom the others' answers are to be set: "and how does that compare with CMAST?"
_SETS_BESIDE = re.compile(r"^how (?:do|does|did) (?:it|that|this|they|those|these) compare\b", re.I)
# A question of more parts is asked as one: each costs a search.
_MOST = 4


def parts_of(asked: Asked) -> list[tuple[str, Asked]]:
    """Return the questions that a question joins with "and": "When was it set up, and who chairs it?".

    Each comes as it was put, and as it is understood.

    A later one that points back, and says little itself or names nothing, is given the first one's words.
    """
    pieces = [piece for piece in _PARTS.split(asked.text) if piece.strip()] or [asked.text]
    first, *later = [pieces[0], *(piece for piece in pieces[1:] if not _SETS_BESIDE.match(piece))]
    # "When and how was it set up?" is one.
    if len(pieces) == 1 or len(pieces) > _MOST or asked.is_cross or not content_words(first):
        return [(asked.text, asked)]
    subject = ", ".join(content_words(first))
    return [(first, understand(first)), *((p, understand(f"{p} ({subject})" if _leans(p) else p)) for p in later)]


def _leans(piece: str) -> bool:
    words = len(content_words(piece))
    return not words or (bool(_BACK.search(piece)) and (words <= 2 or not proper_names(piece)))
