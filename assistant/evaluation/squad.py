"""Exact match and token F1 of short answers, normalised as the evaluation script of SQuAD 2.0 does."""

import re
import string
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Return a text in lower case without punctuation (ASCII), articles and surplus white space, in that order."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(text: str, answers: Iterable[str]) -> float:
    """Return 1 where a text is one of the answers, once both are normalised."""
    return float(normalised(text) in {normalised(answer) for answer in answers})


def f1(text: str, answers: Iterable[str]) -> float:
    """Return the best F1, over the answers, of the words that a text shares with one."""
    return max((_f1(normalised(text).split(), normalised(answer).split()) for answer in answers), default=0.0)


def _f1(found: list[str], wanted: list[str]) -> float:
    if not found or not wanted:
        return float(found == wanted)
    shared = (Counter(found) & Counter(wanted)).total()
    return 2 * shared / (len(found) + len(wanted))
