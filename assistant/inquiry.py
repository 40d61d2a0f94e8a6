"""One question put to one generation: which bodies it is about, what is retrieved, which sentences answer."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.across import Across
from assistant.answerer import Span, choose
from assistant.attribution import Mention
from assistant.citing import extend
from assistant.comparison import put_to
from assistant.evidence import Candidate
from assistant.further import MAX_SENTENCES
from assistant.notes import gap_notes, notes_on
from assistant.opened import Findings, Opened
from assistant.parts import parts_of
from assistant.question import Asked, of_one
from assistant.refusal import SURE, certainty, gap_on, least_certainty, rule_after_search
from assistant.schema import Hit

# Sentences for each part of a question, and for each body of a comparison.
_FEW = 5
# What puts the passages of bodies that are named before all others.
_FIRST = 1.0
# So many passages on others that are as near are read, where the own ones of the one that is named do not answer.
_ELSEWHERE = 5
# The least certainty with which they are an answer.
_SURE_ELSEWHERE = 0.9
# So much, in characters, of the question and of what answers its first parts is searched for with a later one.
_BEFORE = 1500


@dataclass(frozen=True, slots=True)
class _Told:
    """A part of the question as it was put, the sentences that answer it, whether they would do so alone."""

    put: Asked
    spans: Sequence[Span]
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question taken apart, the bodies that it names, the documents it may look into, the exchange before it."""

    opened: Opened
    asked: Asked
    mentions: tuple[Mention, ...]
    allowed: frozenset[str] | None
    context: str = ""

    @property
    def across(self) -> bool:
        """Whether it asks of collaboratives in general: in so many words, or by naming nobody where there are several.

        "What have others done about eye care?" is put to all of them.
        """
        return not self.mentions and (self.asked.is_cross or self._names_nobody)

    @property
    def _names_nobody(self) -> bool:
        bodies = self.opened.bodies
        return not self.context and bodies.are_several and all(map(bodies.is_everybodys, self.asked.names))

    def retrieve(self, distinct: int) -> tuple[Hit, ...]:
        """Rank passages, those of the bodies that the question names before all others."""
        named = frozenset(document for mention in self.mentions for document in mention.documents)
        text = of_one(self.asked.text) if self.across else self.asked.text
        hits = self.opened.retriever.retrieve(
            self.opened.expanded(text),
            documents=self.allowed,
            distinct=distinct,
            boost=(lambda document: _FIRST if document in named else 0.0) if named else None,
            context="" if self.across else self.context,
        )
        readings = self.opened.readings
        return readings.ranked(text, hits, self.opened.generation.document) if readings else hits

    def answer(self, hits: Sequence[Hit]) -> Findings:
        """Choose the sentences of the answer; or say why there are none."""
        if not self.across:
            own = self._of_named(hits)
            return self._told_elsewhere(own, hits) if own.reason and len(self.mentions) == 1 else own
        every = Across(self.opened, self.asked, self.allowed)
        if every.is_of_none(hits):
            return self._of_named([hit for hit in hits if every.is_general(hit)])
        of_bodies = every.bodies()
        if all(every.is_general(own[0]) for own in of_bodies):
            return self._of_named(hits)
        found = every.answer(of_bodies)
        told = {span.document.id for span in found.spans}
        if self.asked.is_cross or len(told) != 1:
            return found
        return self._of_one(*told) or found

    def _of_one(self, document: str) -> Findings | None:
        """Answer in full from the only body that has an answer; None where it then has none."""
        own = replace(self, allowed=frozenset({document}))
        found = own._of_named(own.retrieve(1))
        return None if found.reason else found

    def _of_named(self, hits: Sequence[Hit]) -> Findings:
        """Put each part of the question to each body that it names, or to all pages."""
        parts = parts_of(self.asked, [mention.text for mention in self.mentions])
        several = len(self.mentions) > 1
        limit = _FEW if several or len(parts) > 1 else MAX_SENTENCES
        asked_of = self._to_whom([piece for piece, _ in parts])
        told: dict[tuple[str, int], _Told] = {}
        reasons: list[str] = []
        gaps: list[Candidate] = []
        best = 0.0
        for piece, part in parts:
            for index in asked_of[piece]:
                put = put_to(part, index, self.mentions) if several else part
                before = _shown(told, index)
                group = self._candidates(put, index, hits, before)
                best = max(best, certainty(group))
                if reason := rule_after_search(put, group, named=bool(self.mentions)):
                    reasons.append(reason)
                    gaps += filter(None, [gap_on(group)])
                    continue
                chosen = self._chosen(put, group, before, limit, first=piece == parts[0][0])
                alone = certainty(group) >= least_certainty(group, alone=True)
                told[piece, index] = _Told(put, chosen, alone)
        answered = _sure_alone(told, asked_of)
        shown = [_shown(answered, index) for index in range(len(self.mentions) or 1)]
        spans = {(span.document.id, span.start): span for own in shown for span in own}
        if not spans:
            return Findings((), reasons[0], best, gap_notes(gaps))
        put_and_told = [(one.put, one.spans) for one in answered.values()]
        notes = (*notes_on(put_and_told, self._unanswered(asked_of, answered)), *gap_notes(gaps))
        having = {index for _, index in answered}
        without = tuple(self._name_of(mention) for index, mention in enumerate(self.mentions) if index not in having)
        return Findings(tuple(spans.values()), None, best, notes, without if several else None)

    def _told_elsewhere(self, own: Findings, hits: Sequence[Hit]) -> Findings:
        """Ask the pages on others that name the one body whose own do not answer; only a sure answer counts.

        "In South West London" is where other bodies work too.
        """
        mention, opened = self.mentions[0], self.opened
        name = _words(mention.text)
        nearest = max((hit.score for hit in hits), default=0.0) - _FIRST
        there = [
            hit
            for hit in hits
            if hit.score >= nearest and hit.passage.document_id not in mention.documents
            if name in _words(hit.passage.text)
        ]
        if not there:
            return own
        group = opened.scorer.score(self.asked, there[:_ELSEWHERE], opened.generation.document, frozenset())
        if certainty(group) < _SURE_ELSEWHERE or rule_after_search(self.asked, group, named=True):
            return own
        note = f"The pages on {mention.text} do not say; this stands in those on others, where it is named."
        return Findings(tuple(choose(self.asked, group, opened.generation.terms)), None, certainty(group), (note,))

    def _chosen(
        self, put: Asked, group: Sequence[Candidate], own: Sequence[Span], limit: int, *, first: bool
    ) -> list[Span]:
        """Choose sentences; where all were shown for an earlier part, one that surely answers too is added."""
        terms = self.opened.generation.terms
        chosen = choose(put, group, terms, limit=limit)
        more = _not_yet_shown(group, own) if not first and _all_shown(chosen, own) else []
        return [*chosen, *choose(put, more, terms, limit=1)] if more else chosen

    def _name_of(self, mention: Mention) -> str:
        """Return the full name of a body, or what else is named as it was written."""
        documents = [self.opened.generation.document(document) for document in mention.documents]
        whole = documents[0].metadata.collaborative if mention.is_body and len(documents) == 1 else ""
        return whole or mention.text

    def _to_whom(self, pieces: Sequence[str]) -> dict[str, Sequence[int]]:
        """Return to which bodies each part is put: those that it names, else those of the part before, else all."""
        every: Sequence[int] = range(max(len(self.mentions), 1))
        asked_of: dict[str, Sequence[int]] = {}
        last = every
        for piece in pieces:
            named = {document for one in self.opened.bodies.all_mentions(piece) for document in one.documents}
            own = [
                index
                for index, mention in enumerate(self.mentions)
                if (named & set(mention.documents) if mention.is_body else mention.text in piece)
            ]
            asked_of[piece] = last = own or last if len(pieces) > 1 else every
        return asked_of

    def _unanswered(self, pieces: Mapping[str, Sequence[int]], answered: Collection[tuple[str, int]]) -> list[str]:
        """Name the parts and the bodies without an answer, and the part that one body alone has none to."""
        told, bodies = {piece for piece, _ in answered}, {index for _, index in answered}
        named = list(enumerate(self.mentions))
        return [
            *(f"by itself: “{piece}”" for piece in pieces if piece not in told),
            *(f"about {mention.text}." for index, mention in named if index not in bodies),
            *(
                f"about {mention.text}: “{piece}”"
                for piece in pieces
                for index, mention in named
                if len(named) > 1 and piece in told and index in bodies
                if index in pieces[piece] and (piece, index) not in answered
            ),
        ]

    def _candidates(self, part: Asked, index: int, hits: Sequence[Hit], shown: Sequence[Span]) -> list[Candidate]:
        """Return the sentences of a body's documents; ``hits`` are the whole question's, where no body is named.

        ``shown`` answers the parts before: the exchange before this one.
        """
        generation = self.opened.generation
        documents = frozenset(self.mentions[index].documents) if self.mentions else None
        if documents is not None or part.text != self.asked.text:
            within = documents if self.allowed is None else (documents or self.allowed) & self.allowed
            question = self.opened.expanded(part.text)
            before = " ".join([self.asked.text, *(span.text for span in shown)])[:_BEFORE] if shown else self.context
            hits = self.opened.retriever.retrieve(question, documents=within, distinct=1, context=before)
        names = frozenset(term for one in self.mentions if one.is_body for term in generation.terms(one.text))
        places = [(span.document, span.start) for span in shown]
        thorough = part.text != self.asked.text
        return self.opened.scorer.score(part, hits, generation.document, names, places, thorough=thorough)


def _shown(told: Mapping[tuple[str, int], _Told], index: int) -> list[Span]:
    """Return what answers the parts put to one body, each sentence once."""
    spans: list[Span] = []
    for (_, own), one in told.items():
        if own == index:
            extend(spans, one.spans)
    return spans


def _sure_alone(
    told: Mapping[tuple[str, int], _Told], asked_of: Mapping[str, Sequence[int]]
) -> dict[tuple[str, int], _Told]:
    """Leave out what is not sure, of a body that has no answer to another part."""
    torn = {index for piece, bodies in asked_of.items() for index in bodies if (piece, index) not in told}
    return {key: one for key, one in told.items() if key[1] not in torn or one.alone}


def _words(text: str) -> str:
    words = " ".join(re.findall(r"[^\W_]+", text.lower()))
    return f" {words} "


def _all_shown(chosen: Sequence[Span], spans: Sequence[Span]) -> bool:
    shown = {(span.document.id, span.start) for span in spans}
    return all((span.document.id, span.start) in shown for span in chosen)


def _not_yet_shown(group: Sequence[Candidate], spans: Sequence[Span]) -> list[Candidate]:
    """Return the sentences that surely answer too, where what answers best was shown for an earlier part."""
    shown = {(span.document.id, span.start) for span in spans}
    return [c for c in group if c.chance >= SURE and not c.is_gap and (c.document.id, c.start) not in shown]
