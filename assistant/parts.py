"""A question taken into the parts that it joins, and put to one of the bodies that it names."""

import re
from collections.abc import Sequence

from assistant.attribution import Mention
from assistant.question import Asked, content_words, proper_names, understand

_PARTS = re.compile(r",?\s+and\s+(?=(?:who|whom|whose|how|which|what|when|where|why)\b)", re.I)
_COMPARE = re.compile(r"^\W*(?:please\s+)?compare\s+", re.I)
_JOINT = r"(?:,?\s*\b(?:and|or|versus|vs\.?|with)\b|,)"
_BACK = re.compile(r"\b(?:it|its|they|them|their|he|she|his|her|this|that|these|those)\b", re.I)


def parts_of(asked: Asked) -> list[tuple[str, Asked]]:
    """Return the questions that a question joins with "and": "When was it set up, and who chairs it?".

    Each comes as it was put, and as it is understood.

    A later one that points back, and says little itself or names nothing, is given the first one's words.
    """
    first, *later = [piece for piece in _PARTS.split(asked.text) if piece.strip()] or [asked.text]
    if not later or asked.is_cross or not content_words(first):  # "When and how was it set up?" is one
        return [(asked.text, asked)]
    subject = ", ".join(content_words(first))
    return [(first, understand(first)), *((p, understand(f"{p} ({subject})" if _leans(p) else p)) for p in later)]


def put_to(asked: Asked, index: int, mentions: Sequence[Mention]) -> Asked:
    """Return a question on several bodies as it is put to one of them: without "compare" and the others' names."""
    text = _COMPARE.sub("", asked.text)
    for mention in (*mentions[:index], *mentions[index + 1 :]):
        name = rf"(?:the\s+)?{re.escape(mention.text)}"
        text, found = re.subn(rf"\b{name}\s*{_JOINT}\s+(?=\w)", "", text, count=1)
        text = text if found else re.sub(rf"\s*{_JOINT}\s+{name}\b", "", text, count=1)
    return understand(text)


def _leans(piece: str) -> bool:
    words = len(content_words(piece))
    return not words or (bool(_BACK.search(piece)) and (words <= 2 or not proper_names(piece)))
