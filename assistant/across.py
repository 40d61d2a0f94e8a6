"""A question asked of all collaboratives: put to each of them, and answered with a sentence or two of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.answerer import Span, choose
from assistant.attribution import NO_BODY
from assistant.citing import extend
from assistant.opened import Findings, Opened
from assistant.question import Asked, of_one, understand
from assistant.refusal import SURE, certainty, rule_after_search
from assistant.schema import Hit

# So many bodies are asked at most, so many passages each; so many are shown, so many sentences each: those whose best
# sentence has this chance to answer, and this share of the best body's.
_ASKED, _PASSAGES, _SHOWN, _SENTENCES, _CHANCE, _SHARE = 40, 3, 8, 2, 0.1, 0.2
# By how much a passage on collaboratives in general must lead those on any of them to answer alone.
_LEADS = 0.15
# A question for bodies by name, which no page on all of them answers.
_COUNTS_BODIES = re.compile(
    r"^\W*(?:which|what|who|name|list|how many)\s+(?:\w+\s+){0,2}?"
    r"(?:collaboratives|alliances|federations|systems|bodies|groups|partnerships|areas|places)\b",
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
        if best is None or _COUNTS_BODIES.search(self.asked.text) or not self.is_general(best):
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

    def _put_to(self, document: str) -> Asked:
        """Return what is asked of a document's body, its name in front: the reader is surer whom it is about."""
        return replace(self._of_each, text=f"{self.opened.bodies.short_name(document)}: {self._of_each.text}")

    def bodies(self) -> list[list[Hit]]:
        """Return the best passages of each body, the best body first."""
        opened = self.opened
        hits = opened.retriever.retrieve(opened.expanded(self._of_each.text), documents=self.allowed, distinct=_ASKED)
        of_bodies: dict[str, list[Hit]] = {}
        for hit in hits:
            if not self.is_general(hit):
                of_bodies.setdefault(hit.passage.document_id, []).append(hit)
        return [own[:_PASSAGES] for own in list(of_bodies.values())[:_ASKED]]

    def answer(self, bodies: Sequence[Sequence[Hit]]) -> Findings:
        """Ask each body for the sentences that answer best, and show those that likely do, the likeliest first."""
        opened, document_of = self.opened, self.opened.generation.document
        put = [(self._put_to(own[0].passage.document_id), own) for own in bodies]
        if opened.readings is not None:
            opened.readings.read([(part.text, hit) for part, own in put for hit in own], document_of)
        found, reasons, best = [], [], 0.0
        for part, own in put:
            # A sentence or two are shown of each, so none that only introduces a list.
            scored = opened.scorer.score(part, own, document_of, frozenset())
            group = [candidate for candidate in scored if not candidate.text.endswith(":")]
            reason = rule_after_search(part, group, named=False)
            chance = max((candidate.chance for candidate in group if not candidate.is_gap), default=0.0)
            best = max(best, certainty(group))
            if reason is None and chance >= _CHANCE:
                found.append((chance, part, group))
            else:
                reasons.append(reason or "weak_evidence")
        found.sort(key=lambda one: -one[0])
        spans: list[Span] = []
        for chance, part, group in found[:_SHOWN]:
            if chance >= _SHARE * found[0][0]:
                extend(spans, choose(part, group, opened.generation.terms, limit=_SENTENCES))
        return Findings(tuple(spans), None if spans else reasons[0], best, without=())
