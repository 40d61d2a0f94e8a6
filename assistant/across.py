"""A question asked of all collaboratives: put to each of them, and answered with a sentence or two of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.answerer import Span, choose
from assistant.attribution import NO_BODY
from assistant.citing import extend
from assistant.evidence import Candidate
from assistant.notes import gap_notes
from assistant.opened import Findings, Opened
from assistant.parts import parts_of
from assistant.question import Asked, of_one, understand
from assistant.readings import logit_of
from assistant.refusal import SURE, certainty, gap_on, is_of_other_years, names_the_gap, rule_after_search
from assistant.schema import Hit

# So many bodies are asked at most, so many passages each; so many are shown, so many sentences each.
_ASKED, _PASSAGES, _SHOWN, _SENTENCES = 40, 3, 10, 2
# One body at least must have a sentence of this chance to answer, and the strongest be as strong as this (below).
_CHANCE, _STRONG_ENOUGH = 0.2, -2.0
# A body is shown whose strength (a logit) is not less than this, and so near to the strongest one's: where one answers
# for sure, others must nearly do so; where none does, all that come near are worth showing.
_LEAST, _WITHIN = -2.0, 4.0
# The strength of a sentence: a logistic regression over what the reader says of it and of its passage (logits), its
# words and meaning, and its passage's place in the ranking, fitted to questions put to all pages whose best passages
# were judged one by one (``tests/bench/results/answer-quality.md``).
_OWN, _ITS, _BASE, _FOUND, _CONSTANT = 0.24, 0.46, 5.5, 3.6, -6.2
# Of the bodies shown of a lesser strength, three in eight answer.
_DOUBTFUL = -1.0
# A second sentence of a body must have this strength, and come so near to its best one's.
_SECOND, _NEAR_BEST = -1.0, 1.5
# So many passages of a body are read for a later part of the question, which must have an answer of this chance.
_LATER, _SURE_LATER = 4, 0.7
# By how much a passage on collaboratives in general must lead those on any of them to answer alone.
_LEADS = 0.15
# A question for bodies by name, or for what others did, which no page on all of them answers.
_OF_BODIES = re.compile(
    r"^\W*(?:which|what|who|name|list|how many)\s+(?:\w+\s+){0,2}?"
    r"(?:collaboratives|alliances|federations|systems|bodies|groups|partnerships|areas|places)\b"
    r"|\b(?:others|anyone|anybody|elsewhere)\b",
    re.I,
)


@dataclass(frozen=True)
class Across:
    """A question across the bodies of a generation, and the documents that it may look into."""

    opened: Opened
    asked: Asked
    allowed: frozenset[str] | None

    def is_of_none(self, hits: Sequence[Hit]) -> bool:
        """Whether a passage on collaboratives in general answers for sure, or leads by far, on what is asked of all."""
        best = hits[0] if hits else None
        if best is None or _OF_BODIES.search(self.asked.text) or not self.is_general(best):
            return False
        next_best = max((hit.score for hit in hits if not self.is_general(hit)), default=0.0)
        return best.why.get("reader", 0.0) >= SURE or best.score - next_best >= _LEADS

    def is_general(self, hit: Hit) -> bool:
        """Whether a passage is about no collaborative of its own."""
        return self.opened.generation.document(hit.passage.document_id).metadata.type in NO_BODY

    @cached_property
    def _of_each(self) -> Asked:
        """What is asked of each body: of each a sentence or two, so never a list."""
        return replace(understand(of_one(self.asked.text)), is_list=False)

    def _put_to(self, hit: Hit, part: Asked) -> Asked:
        """Return what is asked of a passage's body, its name in front: the reader is surer whom it is about."""
        name = self.opened.bodies.short_name(hit.passage.document_id)
        return replace(part, is_list=False, text=part.text if self.is_general(hit) else f"{name}: {part.text}")

    def _whole(self, hit: Hit) -> Asked:
        """Return the whole question as it is put to a passage's body."""
        general = replace(self._of_each, text=self.asked.text)
        return general if self.is_general(hit) else self._put_to(hit, self._of_each)

    def bodies(self) -> list[list[Hit]]:
        """Return the best passages of each body, the best one first; the national context stands among them."""
        opened = self.opened
        hits = opened.retriever.retrieve(opened.expanded(self._of_each.text), documents=self.allowed, distinct=_ASKED)
        of_bodies: dict[str, list[Hit]] = {}
        for hit in hits:
            if opened.generation.document(hit.passage.document_id).metadata.type != "glossary":
                of_bodies.setdefault(hit.passage.document_id, []).append(hit)
        return [own[:_PASSAGES] for own in list(of_bodies.values())[:_ASKED]]

    def answer(self, bodies: Sequence[Sequence[Hit]]) -> Findings:
        """Ask each body for the sentences that answer best, and show those that likely do, the likeliest first."""
        opened, document_of = self.opened, self.opened.generation.document
        put = [(self._whole(own[0]), own) for own in bodies]
        if opened.readings is not None:
            opened.readings.read([(part.text, hit) for part, own in put for hit in own], document_of)
        found: list[tuple[Asked, list[Candidate]]] = []
        reasons: list[str | None] = []
        gaps: list[Candidate] = []
        best = 0.0
        for part, own in put:
            # A sentence or two are shown of each, so none that only introduces a list.
            scored = opened.scorer.score(part, own, document_of, frozenset())
            group = [candidate for candidate in scored if not candidate.text.endswith(":")]
            stated = [candidate for candidate in group if not candidate.is_gap]
            reason = rule_after_search(part, group, named=False)
            if reason is None and _best_chance(group) < _CHANCE:
                reason = "weak_evidence"
            reasons.append(reason)
            gaps += filter(None, [gap_on(group)])
            best = max(best, certainty(stated))
            if stated and not names_the_gap(group) and not is_of_other_years(part, stated):
                found.append((part, sorted(stated, key=lambda candidate: -_strength(candidate))))
        if None not in reasons:
            return Findings((), reasons[0], best, gap_notes(gaps[:1]), without=())
        found.sort(key=lambda one: -_strength(one[1][0]))
        strongest = _strength(found[0][1][0])
        if strongest < _STRONG_ENOUGH:
            return Findings((), "weak_evidence", best, without=())
        least = min(strongest, max(_LEAST, strongest - _WITHIN))
        shown = [(part, stated) for part, stated in found if _strength(stated[0]) >= least][:_SHOWN]
        spans: list[Span] = []
        for part, stated in shown:
            told = choose(part, _worth_showing(stated), opened.generation.terms, limit=_SENTENCES)
            extend(spans, [*told, *self._later(stated[0].hit, told)])
        return Findings(tuple(spans), None, best, _unsure([stated[0] for _, stated in shown]), without=())

    def _later(self, best: Hit, shown: Sequence[Span]) -> list[Span]:
        """Return what answers the later parts of a question, from the pages of a body that answers it.

        "Which collaboratives buy together, and what have they saved?"
        """
        opened, document = self.opened, best.passage.document_id
        spans: list[Span] = []
        for _, later in parts_of(self._of_each, [opened.bodies.short_name(document)])[1:]:
            put = self._put_to(best, later)
            hits = opened.retriever.retrieve(
                opened.expanded(later.text),
                documents={document} if self.allowed is None else {document} & self.allowed,
                distinct=1,
                context=" ".join([self.asked.text, *(span.text for span in shown)]),
            )
            places = [(span.document, span.start) for span in shown]
            group = opened.scorer.score(put, hits[:_LATER], opened.generation.document, frozenset(), places)
            if rule_after_search(put, group, named=True) is None and _best_chance(group) >= _SURE_LATER:
                spans += choose(put, group, opened.generation.terms, limit=1)
        return spans


def _best_chance(candidates: Sequence[Candidate]) -> float:
    return max(candidate.chance for candidate in candidates if not candidate.is_gap)


def _strength(candidate: Candidate) -> float:
    """Return the logit that a sentence of a body answers a question put to all bodies."""
    if candidate.reads is None or candidate.answers is None:
        return logit_of(candidate.chance)
    read = _OWN * logit_of(candidate.reads) + _ITS * logit_of(candidate.answers)
    return read + _BASE * candidate.base + _FOUND * min(candidate.hit.score, 1.0) + _CONSTANT


def _unsure(shown: Sequence[Candidate]) -> tuple[str, ...]:
    """Return a note that names the bodies of which what is shown likely does not answer."""
    doubtful = [best.document for best in shown if _strength(best) < _DOUBTFUL]
    names = dict.fromkeys(document.metadata.collaborative or document.title for document in doubtful)
    return (f"May only come near what is asked: {'; '.join(names)}.",) if names else ()


def _worth_showing(stated: Sequence[Candidate]) -> list[Candidate]:
    """Return the best sentence of a body, and those that may stand beside it."""
    least = max(_SECOND, _strength(stated[0]) - _NEAR_BEST)
    return [stated[0], *(candidate for candidate in stated[1:] if _strength(candidate) >= least)]
