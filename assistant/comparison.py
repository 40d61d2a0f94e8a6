"""Whom a question sets side by side, bodies and also hospitals, towns and people, and how it is put to one of them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from assistant.attribution import Bodies, Mention
from assistant.question import Asked, content_words, of_one, understand

# A question that sets things side by side.
_SIDE_BY_SIDE = re.compile(
    r"\b(?:compar(?:e|es|ed|ing)|differ\w*|versus|vs?|each|both|respectively|than|which (?:\w+ ){1,4}more)\b", re.I
)
_COMPARE = re.compile(
    r"^\W*(?:(?:please|can you|could you)\s+)*(?:compar(?:e|ing)(?:\s+and\s+contrast)?|contrast)\s+"
    r"|^\W*compared (?:to|with)\s+|\s*[,;:–-]\s*compare(?=\s)",
    re.I,
)
_EXCEPT = re.compile(
    r"\b(?:other than|apart from|aside from|except(?:ing)?(?: for)?|besides|excluding|unlike)\s+(?:the\s+)?", re.I
)
_ROW = r"\s*(?:,?\s*\b(?:and|or|versus|vs?)\b\.?|[,;&/])"
# What ends a name's phrase: of "WYAAT founded and when was CMAST" nothing is a row.
_NOT_IN_A_PHRASE = (
    r"(?!(?:each|both|one|those|that|not|did|do|does|is|are|was|were|be|has|have|had|will|would|can|could|should|may"
    r"|when|who|what|how|which|where|why|it|they|than|with|to|from|but|more|less)\b)"
)
# What may stand between two names of one row: "the Winchester hub and the new CDCs in | Bexley", "WYAAT with | CMAST".
_BETWEEN = re.compile(
    rf"(?:['’]s?)?(?:\s*\([^()]*\))?(?:(?P<near>\s+(?:with|than)\b)|(?:\s+{_NOT_IN_A_PHRASE}[a-z][\w-]*){{0,3}}?(?P<row>{_ROW}))"
    rf"\s*(?:{_NOT_IN_A_PHRASE}(?:[a-z][\w-]*|[A-Z]{{2,}}s?)[\s/]+){{0,4}}"
)
# What sets a name against what was said before.
_AGAINST = (
    r"\s+(?:than|(?:as )?compared? (?:to|with))\s+"
    r"(?:(?:in|at|of|for|by)\s+)?(?:the\s+)?"
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAY = re.compile(rf"(?:{_MONTHS}|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b", re.I)
# A name in more documents than this is no thing to be compared: NHS England.
_FEW_DOCUMENTS = 3
# Each costs a search.
_MOST = 8


def compared(asked: Asked, bodies: Bodies) -> tuple[Mention, ...]:
    """Return the bodies that a question names, and the other names that it sets beside them or beside one another.

    Hospitals, hubs and towns are told of on the pages of the bodies, so their documents are those that name them; they
    count for themselves, too, where no body is named.
    """
    named = bodies.all_mentions(asked.text)
    others = _others(asked, named, bodies) if _SIDE_BY_SIDE.search(asked.text) else []
    if bodies.are_several and not named and not others and not asked.is_cross:
        return _things(asked, bodies)
    every = sorted([*named, *others], key=lambda mention: mention.start)
    found = every if others and _joints(asked.text, every) else sorted(named, key=lambda mention: mention.start)
    return tuple(found[:_MOST])


def _others(asked: Asked, named: Sequence[Mention], bodies: Bodies) -> list[Mention]:
    """Return the names in a question that are no bodies' own, and that a few documents hold."""
    found = []
    for name in (single for whole in asked.names for single in _singly(whole, bodies)):
        start, documents = _at(asked.text, name), bodies.holding(name)
        inside = any(mention.start <= start < mention.start + len(mention.text) for mention in named)
        is_thing = not name.rstrip("s").isupper() and not _DAY.match(name) and not bodies.all_mentions(name)
        if start >= 0 and not inside and is_thing and 0 < len(documents) <= _FEW_DOCUMENTS:
            found.append(Mention(text=name, documents=documents, is_body=False, start=start))
    return found


def _things(asked: Asked, bodies: Bodies) -> tuple[Mention, ...]:
    """Return what a question names that few pages hold, as one mention with the pages that hold most of it."""
    held: dict[str, tuple[str, ...]] = {}
    for name in (single for whole in asked.names for single in _singly(whole, bodies)):
        if not name.rstrip("s").isupper() and len(bodies.holding(name)) <= _FEW_DOCUMENTS:
            held[name] = bodies.holding(name, general=True)
    counts = Counter(document for documents in held.values() for document in documents)
    if not counts:
        return ()
    most = max(counts.values())
    first = next(name for name, documents in held.items() if documents)
    return (
        Mention(
            text=first,
            documents=tuple(sorted(document for document, count in counts.items() if count == most)),
            is_body=False,
            start=max(_at(asked.text, first), 0),
        ),
    )


def _singly(names: str, bodies: Bodies) -> Iterator[str]:
    """Take a run of names apart at each "and" that joins two, and not the words of one trust's name."""
    words = re.split(r"\s+and\s+(?:the\s+)?", re.sub(r"['’]s\b", "", names))
    while words:
        size = next((n for n in range(len(words), 1, -1) if bodies.is_trust(" and ".join(words[:n]))), 1)
        yield " and ".join(words[:size])
        words = words[size:]


def excluding(asked: Asked, bodies: Bodies) -> tuple[Asked, frozenset[str]]:
    """Return a question without the bodies that it leaves out by "other than" and the like, and their documents."""
    match = _EXCEPT.search(asked.text)
    named = sorted(bodies.all_mentions(asked.text), key=lambda mention: mention.start) if match else []
    out: list[Mention] = []
    for mention in named:
        if match and (mention.start == match.end() or (out and _joints(asked.text, [out[-1], mention]))):
            out.append(mention)
    if match is None or not out:
        return asked, frozenset()
    end = out[-1].start + len(out[-1].text)
    rest = " ".join(f"{asked.text[: match.start()].rstrip(' ,')} {asked.text[end:].lstrip(' ,')}".split())
    documents = frozenset(document for mention in out for document in mention.documents)
    return (understand(rest), documents) if content_words(rest) else (asked, frozenset())


def put_to(asked: Asked, index: int, mentions: Sequence[Mention]) -> Asked:
    """Return a question on several bodies as it is put to one: its name in front, without the others of its row."""
    text, own = asked.text, mentions[index].text
    if joints := _joints(text, mentions):
        first, last = _at(text, mentions[0].text), _at(text, mentions[-1].text) + len(mentions[-1].text)
        begins, ends = (first, *(end for _, end in joints)), (*(start for start, _ in joints), last)
        rest = text[last:] if index == len(joints) else re.sub(r"^['’]s?(?!\w)", "", text[last:])
        text = text[:first] + text[begins[index] : ends[index]] + rest
    else:
        for mention in mentions[1:]:  # "Is WYAAT bigger than CMAST?"
            text = re.sub(rf"{_AGAINST}{re.escape(mention.text)}(?:['’]s?)?(?!\w)", "", text)
        other = next((mention.text for mention in mentions if _at(text, mention.text) >= 0), "")
        if other and _at(text, own) < 0:
            # Asked of another: "How many has WYAAT, and how does that compare with CMAST?"
            text = text.replace(other, own, 1)
    bare = re.sub(r"\b(\w+)\s+\1\b", r"\1", of_one(_COMPARE.sub(" ", text)))
    bare = bare if bare.replace(own, "").strip(" .,?!") else f"What is {own}?"
    return replace(understand(bare), text=f"{own}: {bare}")


def _at(text: str, name: str) -> int:
    """Return where a name stands by itself in a text, or -1."""
    match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return match.start() if match else -1


def _joints(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Return the spans that join each name to the next, if a text names all of them in one row; else nothing."""
    joints: list[tuple[int, int]] = []
    for one, after in pairwise(mentions):
        start, end = _at(text, one.text) + len(one.text), _at(text, after.text)
        between = _BETWEEN.fullmatch(text, start, end) if len(one.text) <= start <= end else None
        if between is None:
            return []
        joints.append(between.span("row" if between["row"] else "near"))
    return joints
