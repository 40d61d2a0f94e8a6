"""A follow-up and its history → a standalone question, and what was carried over, without a language model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.attribution import Bodies
from assistant.question import EMPTY_WORDS, content_words, proper_names, understand
from assistant.schema import Turn

_THINGS = "same|collaborative|programme|trusts?|committee|board|network|scheme|project|group|hub|partnership"
_POINTS_BACK = re.compile(
    rf"\b(?:it|its|they|them|their|theirs|there|that|this|those|these|he|she|his|her|him|the (?:{_THINGS}))\b", re.I
)
_COMPARES = re.compile(r"\b(?:compar\w+|differ\w*|than|versus|vs|the same as|unlike)\b", re.I)
_GOES_ON = re.compile(
    r"^(?:and|but|so|or|also|what about|how about|what else|anything else|yes|no|ok|sure)\b|^(?:why|how|when|who)\?*$",
    re.I,
)
_CONTEXT_CHARACTERS = 1500
# A question of so many words of its own tells its topic.
_ENOUGH_WORDS = 3


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be searched for by itself, and the names and words it was given from before.

    ``context`` is the exchange before, whose passages are likely to matter again; empty where the topic is another.
    """

    text: str
    carried: tuple[str, ...] = ()
    context: str = ""


def standalone(question: str, history: Sequence[Turn], bodies: Bodies) -> Standalone:
    """Return a question completed from the user's earlier turns, or as it is where it needs nothing.

    A follow-up keeps the body that was named last, one that compares puts it beside the one it names, one that asks of
    all keeps none; one that says almost nothing by itself, or where no body was named, keeps the last question's words
    too.
    """
    earlier = [turn.text for turn in history if turn.role == "user" and turn.text.strip()]
    text = question.strip()
    if not earlier or not text:
        return Standalone(text)
    words = content_words(text)
    named = bodies.all_mentions(text)
    names_one = bool(named)
    context = _context(history) if not named or set(named) & set(bodies.all_mentions(earlier[-1])) else ""
    thin = len(words) <= 2
    points_back = bool(_POINTS_BACK.search(text))
    leans = bool(_GOES_ON.match(text)) or points_back or thin
    last = next((found for turn in reversed(earlier) if (found := bodies.all_mentions(turn))), ())
    if names_one and points_back and _COMPARES.search(text):  # "How does that compare with CMAST?"
        beside = tuple(mention.text for mention in last if mention not in named)
        return Standalone(f"{text} ({', '.join(beside)})" if beside else text, beside, context)
    of_all = bool(last) and not names_one and understand(text).is_cross
    if not leans or (names_one and not _GOES_ON.match(text)) or (of_all and not thin):
        return Standalone(text, context="" if of_all else context)
    carried: list[str] = []
    if not names_one and not of_all:
        carried.extend(mention.text for mention in last)
    if thin or _GOES_ON.match(text) or not (carried or names_one):
        carried.extend(_topic(earlier, bodies, {word.lower() for word in words}))
    return Standalone(f"{text} ({', '.join(carried)})" if carried else text, tuple(carried), context)


def _topic(earlier: Sequence[str], bodies: Bodies, present: set[str]) -> list[str]:
    """Return the words of the last question that said enough to tell its topic, and of those since."""
    words: list[str] = []
    for turn in reversed(earlier):
        mentioned = " ".join(mention.text for mention in bodies.all_mentions(turn)).lower()
        whole = [name for name in proper_names(turn) if name.split()[0].lower() in EMPTY_WORDS]  # "One LSC"
        within = {word for name in whole for word in name.split()}
        own = whole + [word for word in content_words(turn) if word.lower() not in mentioned and word not in within]
        words += [word for word in own if word.lower() not in present | {known.lower() for known in words}]
        if len(own) >= _ENOUGH_WORDS:
            break
    return words


def _context(history: Sequence[Turn]) -> str:
    """Return the last question and what was answered to it."""
    asked = max(index for index, turn in enumerate(history) if turn.role == "user" and turn.text.strip())
    return " ".join(turn.text for turn in history[asked:])[:_CONTEXT_CHARACTERS]
