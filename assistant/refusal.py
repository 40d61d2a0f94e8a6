"""When not to answer: certain rules first, then the strength of the evidence.

A rule fires only where it is certain: a person's private details, advice about a patient, a year that no source
speaks of, a name that the corpus does not hold, a gap that the corpus itself names, a figure that no evidence holds.
"""

import re
from collections.abc import Sequence

from assistant.agreement import NEAR
from assistant.attribution import Bodies
from assistant.evidence import Candidate
from assistant.question import Asked
from assistant.readings import chance_of, logit_of
from assistant.vocabulary import Vocabulary

# The least certainty with which anything is answered (docs/refusal.md), and where the reader has read nothing.
WEAK, WEAK_UNREAD = 0.36, 0.03
# And with which a part of a question, of which another part has no answer: who asks what the pages do not hold mostly
# does so in all parts.
SURE_ALONE = 0.9
# The logit of the certainty: of the best sentence's score by meaning and words, of the reader's logits of it and of its
# passage, a constant. Near misses share the page's words as answers do: so the first counts for little here, and for
# much where sentences are chosen (docs/refusal.md).
_BASE, _OWN, _ITS, _CONSTANT = 0.9, 0.45, 0.18, 0.6
# What the cosine of the question with the nearest passage adds to it, and the cosine, also taken for an unknown one,
# that adds nothing.
NEARNESS, USUAL = 2.7, 0.55
# A chance to answer from which no figure is asked for besides: it may be told in words, or as several.
SURE = 0.5
# What a sentence on what the sources do not say must share with the question, in words and in meaning, to be about it.
_OF_THIS = 0.3
_STRICT = frozenset({"money", "share", "number", "date", "time"})
OUT_OF_SCOPE_MEANING = 0.22

_KIN = "patient|mother|father|mum|dad|wife|husband|child|son|daughter|baby"
_COMPLAINTS = "symptoms?|pain|rash|lump|fever|tests?|scan|blood pressure|diagnosis"
_CARE = r"should|treat\w*|prescri\w*|take|give|safe|mean|normal|worr\w*|stop|refer"
_DRUGS = "dose|dosage|tablets?|antibiotics?|painkillers?"
_ROLES = "chair|director|chief|lead(?! provider| trust| commissioner)|surgeon|doctor|professor|sir|dr|mr|mrs|ms|patient"
_NAME = r"(?-i:[A-Z][a-z]+ [A-Z][a-z]+)"
_PERSON = rf"(?:he|she|(?:the |our )?(?:{_ROLES})|{_NAME})"
_OF_THEM = rf"(?:\b(?:his|her)|\b(?:{_ROLES})(?: executive)?['’]s?|{_NAME}['’]s?)"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.I | re.S)


_CLINICAL = _any(
    rf"\b(?:{_DRUGS})\b.*\b(?:should|safe|take|taking|give|stop)\b",
    rf"\b(?:should|safe|take|taking|give|stop)\b.*\b(?:{_DRUGS})\b",
    rf"\b(?:my|her|his) (?:\w+ ){{0,2}}(?:{_KIN}|{_COMPLAINTS})\b.*\b(?:{_CARE})\b",
    r"\bshould (?:i|she|he|my \w+|(?:the|a|this) patient) (?:take|stop taking"
    r"|be (?:given|treated|prescribed|operated|referred|discharged))\b",
    rf"\bhow (?:do|should) (?:i|we|you) treat (?:\w+ ){{0,2}}(?:{_KIN}|{_COMPLAINTS}|disease|infection|sepsis)\b",
    r"\bwhat (?:drug|medicine|treatment|antibiotic)s? is best\b",
    # Not what a trust or a pharmacy should buy, share or move.
    r"\bwhat (?:drug|medicine|treatment|antibiotic)s? (?:should|would)\b"
    rf"(?! the (?!{_KIN})| be (?!given|taken|used|prescribed))",
)
_PRIVATE = (
    r"\b(?:home address|(?:phone|telephone|mobile) number|e-?mail address|date of birth|birthday|nhs number"
    r"|national insurance|married|spouse|religion|sexuality|bank details|passport)\b"
)
# Collaboratives speak of these too, so they must be somebody's: places have names of two words like people.
_DETAILS = r"\b(?:salary|salaries|sick leave|health (?:problems?|issues)|illness(?:es)?)\b"
_PERSONAL = _any(
    rf"^(?=.*\b(?:who|he|she|his|her|{_ROLES})\b|.*\b{_NAME}\b).*{_PRIVATE}",
    rf"\b{_NAME} {_DETAILS}|{_DETAILS} (?:does|did|do|has|have|is|was) {_PERSON}",
    rf"{_OF_THEM} (?:[\w-]+ ){{0,3}}?{_DETAILS}",
    rf"{_DETAILS} (?:of|for) (?:[\w-]+ ){{0,3}}?(?:\b(?:{_ROLES})\b|{_NAME})",
    rf"\b(?:does|did|has|had) {_PERSON} (?:have |had )?(?:any )?{_DETAILS}|\b(?:is|was) {_PERSON} (?:ill|religious)\b",
    rf"\bhow old (?:is|are|was) (?:the |our )?(?:he|she|{_ROLES}|{_NAME})\b",
    rf"\b(?:age|ethnicity) of (?:the )?(?:{_ROLES}|{_NAME})\b",
    rf"\bwhere (?:does|do|did) (?:the )?(?:he|she|{_ROLES}|{_NAME}) (?!go\b)(?:\w+ )?live\b",
    rf"\bhow much (?:does|do|did|is|was) (?:the |our )?(?:he|she|{_ROLES}|{_NAME})\b.{{0,40}}\b(?:earn|paid)\b",
    rf"\b(?:his|her|{_NAME}['’]s) medical (?:history|record)",
)
# What makes a name one of a body: "Nottingham and Nottinghamshire provider collaborative". Abbreviations in it may be
# written otherwise in the documents.
_IS_A_BODY = r"(?:['’]s)?(?: [a-z-]+){0,3} (?:collaborative|alliance|federation)\b"
_PLAIN_NAME = re.compile(r"[A-Z][a-z]+(?:(?: |-)(?:and |of |the |& )?[A-Z][a-z]+)*")
_TASK = _any(
    r"^\W*(?:please |can you |could you )?(?:(?:write|compose|draft|generate|create)(?: me| us)? (?:an?|some) "
    r"(?!(?:[\w-]+ ){0,2}(?:list|summary|overview|comparison|table|timeline|briefing)\b)"
    r"|(?:translate|solve|sing|play)\b)",
    r"^\W*(?:what is |what's |calculate )?\d[\d.,]*(?:\s?[-+*x×/÷]\s?\d[\d.,]*)+\s*[=?]*\s*$",
)


def rule_before_search(asked: Asked) -> str | None:
    """Return the reason to refuse that needs no search, or None."""
    if not asked.text:
        return "empty_question"
    if _CLINICAL.search(asked.text):
        return "clinical_advice"
    if _TASK.search(asked.text):
        return "out_of_scope"
    if _PERSONAL.search(asked.text):
        return "personal_data"
    return None


def unknown_names(asked: Asked, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the names in a question that hold a word which the corpus, spelled in any way, does not."""
    each = (piece for name in asked.names for piece in re.split(r"\s+(?:and|&)\s+", name))
    return tuple(name for name in each if any(vocabulary.is_strange(word) for word in name.split()))


def unknown_body(asked: Asked, bodies: Bodies) -> str | None:
    """Return the name of a collaborative, in plain words, that no document holds as it stands in the question.

    Its words may all be known: "the Nottingham and Nottinghamshire provider collaborative".
    """
    if bodies.all_mentions(asked.text):
        return None
    each = (name for name in asked.names if _PLAIN_NAME.fullmatch(name) and not bodies.holding(name, general=True))
    return next((name for name in each if re.search(re.escape(name) + _IS_A_BODY, asked.text)), None)


def certainty(candidates: Sequence[Candidate]) -> float:
    """Return how likely anything seen answers: what the reader says of the best sentence, how near any passage is.

    Nearness tells whether a question can be answered here at all, not which sentence does. Where the reader has read
    nothing, the best sentence's chance alone.
    """
    stated = [candidate for candidate in candidates if not candidate.is_gap]
    told = [
        _BASE * candidate.base + _OWN * logit_of(candidate.reads) + _ITS * logit_of(candidate.answers)
        for candidate in stated
        if candidate.reads is not None and candidate.answers is not None
    ]
    if not told:
        return max((candidate.chance for candidate in stated), default=0.0)
    nearest = max(candidate.hit.why.get("cosine", USUAL) for candidate in stated)
    return chance_of(max(told) + NEARNESS * (nearest - USUAL) + _CONSTANT)


def least_certainty(candidates: Sequence[Candidate], *, alone: bool = False) -> float:
    """Return the certainty under which these candidates are no answer; of a part that stands ``alone`` more is asked.

    It does where another part of its question has no answer.
    """
    if all(candidate.reads is None for candidate in candidates):
        return WEAK_UNREAD
    return SURE_ALONE if alone else WEAK


def rule_after_search(asked: Asked, candidates: Sequence[Candidate], *, named: bool) -> str | None:
    """Return the reason why this evidence does not answer, or None where it does."""
    if not candidates:
        return "nothing_retrieved"
    stated = [candidate for candidate in candidates if not candidate.is_gap]
    if not stated:
        return "not_in_corpus"
    best = stated[0]
    if names_the_gap(candidates):
        return "not_in_corpus"
    if is_of_other_years(asked, stated):
        return "not_in_corpus" if named else "weak_evidence"
    if asked.wants & _STRICT and not any((c.fits and c.score >= NEAR * best.score) or c.chance >= SURE for c in stated):
        return "not_in_corpus" if named else "weak_evidence"
    if certainty(stated) < least_certainty(stated):
        if max(candidate.meaning for candidate in stated) < OUT_OF_SCOPE_MEANING:
            return "out_of_scope"
        return "not_in_corpus" if named else "weak_evidence"
    return None


def is_of_other_years(asked: Asked, stated: Sequence[Candidate]) -> bool:
    """Whether the best sentences have nothing to do with a year that is asked for."""
    return any(not any(_is_of_year(c, year) for c in stated[:5]) for year in asked.years)


def _is_of_year(candidate: Candidate, year: int) -> bool:
    """Whether a sentence stands in a passage, or rests on a source, of a year."""
    sources = candidate.document.sources_at(candidate.start, candidate.end)
    around = [
        candidate.hit.passage.text,
        *candidate.hit.passage.heading_path,
        *(source.date for source in sources),
    ]
    short = rf"\b(?:{year}|{year - 1}[/-]{year % 100:02d})\b"
    return any(re.search(short, text) for text in around)


def names_the_gap(candidates: Sequence[Candidate]) -> bool:
    """Whether what the corpus says it does not hold is nearer to the question than what it holds."""
    gap = next((candidate for candidate in candidates if candidate.is_gap), None)
    best = next((candidate for candidate in candidates if not candidate.is_gap), None)
    if gap is None or best is None or best.chance >= SURE:
        return False
    return gap.score >= best.score or (gap.words > 0 and gap.words >= best.words and gap.meaning >= best.meaning - 0.02)


def gap_on(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the sentence in which a page says that its sources do not say what is asked, or None."""
    about = [c for c in candidates if c.is_gap and min(c.words, c.meaning) >= _OF_THIS]
    return max(about, key=lambda c: c.words + c.meaning, default=None)
