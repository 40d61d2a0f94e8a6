"""A question taken into the parts that it joins, and put to one of the bodies, or other things, that it compares."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from assistant.attribution import Bodies, Mention
from assistant.question import Asked, content_words, of_one, proper_names, understand

_PARTS = re.compile(r",?\s+and\s+(?=(?:who|whom|whose|how|which|what|when|where|why)\b)", re.I)
_COMPARE = re.compile(r"^\W*(?:please\s+)?compar(?:e|ing)\s+|[\s,;:–-]+compare(?=\s)", re.I)
_JOINT = r"(?:,?\s*\b(?:and|or|versus|vs\.?|with|than)\b|,)"
_BACK = re.compile(r"\b(?:it|its|they|them|their|he|she|his|her|this|that|these|those)\b", re.I)
# A question that sets things side by side.
_SIDE_BY_SIDE = re.compile(
    r"\b(?:compar(?:e|es|ed|ing)|differ\w*|versus|vs|each|both|respectively|than|which (?:\w+ ){1,4}more)\b", re.I
)
# What may stand around a joint between two names: "the Winchester hub and the new centre in | Bexley".
_BETWEEN = re.compile(rf"(?:\s+[a-z][\w-]*){{0,3}}?\s*(?P<joint>{_JOINT})\s+(?:[\w-]+[\s/]+){{0,5}}")
# A name in more documents than this is no thing to be compared: NHS England.
_FEW_DOCUMENTS = 3


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


def compared(asked: Asked, bodies: Bodies) -> tuple[Mention, ...]:
    """Return the bodies that a question names, and the other names that it sets beside them or beside one another.

    Hospitals, hubs and towns are told of on the pages of the bodies, so their documents are those that name them.
    """
    mentions = bodies.all_mentions(asked.text)
    found = list(mentions)
    names = asked.names if _SIDE_BY_SIDE.search(asked.text) else ()
    for name in (one for whole in names for one in ([whole] if bodies.holding(whole) else whole.split(" and "))):
        documents = bodies.holding(name)
        inside = any(name in mention.text or mention.text in name for mention in mentions)
        if not inside and not name.rstrip("s").isupper() and 0 < len(documents) <= _FEW_DOCUMENTS:
            found.append(Mention(text=name, documents=documents, is_body=False))
    found.sort(key=lambda mention: asked.text.find(mention.text))
    return tuple(found) if len(found) > len(mentions) and _joints(asked.text, found) else tuple(mentions)


def put_to(asked: Asked, index: int, mentions: Sequence[Mention]) -> Asked:
    """Return a question on several bodies as it is put to one of them: its name in front, the others' left out."""
    text, own = asked.text, mentions[index].text
    if joints := _joints(text, mentions):
        first, last = text.find(mentions[0].text), text.find(mentions[-1].text) + len(mentions[-1].text)
        begins, ends = (first, *(end for _, end in joints)), (*(start for start, _ in joints), last)
        text = re.sub(r"\bthe\s+the\b", "the", text[:first] + text[begins[index] : ends[index]] + text[last:])
    else:
        for mention in (*mentions[:index], *mentions[index + 1 :]):
            name = rf"(?:the\s+)?{re.escape(mention.text)}"
            text, found = re.subn(rf"\b{name}\s*{_JOINT}\s+(?=\w)", "", text, count=1)
            text = text if found else re.sub(rf"\s*{_JOINT}\s+{name}\b", "", text, count=1)
    bare = understand(of_one(_COMPARE.sub("", text)))
    return replace(bare, text=f"{own}: {bare.text}")


def _joints(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Return the spans that join each name to the next, if a text names all of them in one row; else nothing."""
    joints: list[tuple[int, int]] = []
    if not all(mention.text in text for mention in mentions):
        return joints
    for one, after in pairwise(mentions):
        end = text.find(one.text) + len(one.text)
        between = _BETWEEN.fullmatch(text, end, max(text.find(after.text), end))
        if between is None:
            return []
        joints.append(between.span("joint"))
    return joints


def _leans(piece: str) -> bool:
    words = len(content_words(piece))
    return not words or (bool(_BACK.search(piece)) and (words <= 2 or not proper_names(piece)))
