"""Which sentences say the same, and which give different figures, so that neither is shown as a further answer."""

import re
from collections.abc import Callable, Iterable, Sequence

from assistant.evidence import Candidate
from assistant.figures import FACT, figures, newest
from assistant.question import Asked
from assistant.schema import Source

# How near to the best sentence one must come to be taken for as good an answer.
NEAR = 0.8
# Of the stems of the shorter of two sentences, the share in the longer one from which they say the same.
_SAME = 0.75
# The reader's word from which a sentence is taken to answer for certain, and to answer.
_CERTAIN = 0.8
_ANSWERS = 0.5
# A sentence of fewer stems is a name or the item of a list.
_WHOLE = 6
_DIGITS = re.compile(r"\d+")
# What makes of the same words or figures another statement: denied, meant, or not exact.
_QUALIFIES = re.compile(
    r"\b(?i:no|not|nor|never|without|would|will|could|should|due|to be|plan\w*|propos\w*|aim\w*|expect\w*)\b"
    r"|\b(?i:recommend\w*)\b|\b(?:may|might)\b|n['’]t\b"
    r"|\b(?i:about|around|nearly|almost|over|under|up to|more than|less than|at least|at most)(?=\s[£\dA-Z])"
)
# Types of fact that are compared; who holds a post, and where something is, is no figure.
_COMPARED = ("money", "share", "number", "date")


def rivals(chosen: Sequence[Candidate], asked: Asked) -> list[Candidate]:
    """Return sentences of one document, on different sources, that surely answer and give different figures."""
    compared = [want for want in _COMPARED if want in asked.wants]
    near = NEAR * max((candidate.score for candidate in chosen), default=0.0)
    sure = [c for c in chosen if c.fits and c.score >= near and (c.reads or 0) >= _CERTAIN]
    if not compared or asked.years or len(sure) < 2:
        return []
    first = sure[0]

    def told(candidate: Candidate) -> tuple[frozenset[str], tuple[Source, ...]]:
        sources = candidate.document.sources_at(candidate.start, candidate.end)
        return figures(candidate.text, compared[0], asked.counted), sources

    own, rests = told(first)
    others = [
        candidate
        for candidate in sure[1:]
        for figure, sources in [told(candidate)]
        if candidate.document.id == first.document.id and sources != rests and own and figure and not own & figure
    ]
    return [first, *others] if others else []


def adds_no_figure(candidate: Candidate, shown: Candidate, asked: Asked) -> bool:
    """Whether a sentence answers too, and gives only figures that are shown: it bears them out and adds nothing."""
    if candidate.document.id != shown.document.id or (candidate.reads or 0) < _ANSWERS:
        return False
    if not asked.wants or not asked.wants <= frozenset(_COMPARED) or _qualified(candidate) != _qualified(shown):
        return False
    own = {want: _given(candidate.text, want, asked) for want in asked.wants}
    return any(own.values()) and all(given <= _given(shown.text, want, asked) for want, given in own.items())


def _given(text: str, want: str, asked: Asked) -> frozenset[str]:
    """Return the figures of a kind in a text; of a date every part, for "September 2020" tells more than "2020"."""
    return frozenset(FACT[want].findall(text)) if want == "date" else figures(text, want, asked.counted)


def newest_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return candidates by the date of their newest source, undated ones last."""
    return sorted(candidates, key=lambda c: newest(c.document, c.start, c.end), reverse=True)


def alike(one: str, other: str, stems: Callable[[str], Iterable[str]]) -> bool:
    """Whether two sentences say the same in nearly the same words."""
    first, second = frozenset(stems(one)), frozenset(stems(other))
    return bool(first and second) and len(first & second) / min(len(first), len(second)) > _SAME


def bears_out(candidate: Candidate, shown: Candidate, stems: Callable[[str], Iterable[str]]) -> bool:
    """Whether nearly every word of a sentence, and every figure, stands in one that is shown: both may be cited."""
    own, other = frozenset(stems(candidate.text)), frozenset(stems(shown.text))
    given, told = frozenset(_DIGITS.findall(candidate.text)), frozenset(_DIGITS.findall(shown.text))
    same = len(own) >= _WHOLE and len(own & other) > _SAME * len(own) and given <= told
    return same and _qualified(candidate) == _qualified(shown)


def _qualified(candidate: Candidate) -> frozenset[str]:
    return frozenset(word.lower() for word in _QUALIFIES.findall(candidate.text))
