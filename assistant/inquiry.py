"""One question put to one generation: which bodies it is about, what is retrieved, which sentences answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.across import Across
from assistant.answerer import MAX_SENTENCES, Span, choose
from assistant.attribution import Mention
from assistant.citing import extend
from assistant.evidence import Candidate
from assistant.notes import notes_on
from assistant.opened import Findings, Opened
from assistant.parts import parts_of, put_to
from assistant.question import Asked, of_one
from assistant.refusal import SURE, certainty, rule_after_search
from assistant.schema import Hit

# Sentences for each part of a question, and for each body of a comparison.
_FEW = 5


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
        """Whether it asks of collaboratives in general."""
        return self.asked.is_cross and not self.mentions

    def retrieve(self, distinct: int) -> tuple[Hit, ...]:
        """Rank passages, those of the bodies that the question names before all others."""
        named = frozenset(document for mention in self.mentions for document in mention.documents)
        text = of_one(self.asked.text) if self.across else self.asked.text
        hits = self.opened.retriever.retrieve(
            self.opened.expanded(text),
            documents=self.allowed,
            distinct=distinct,
            boost=(lambda document: 1.0 if document in named else 0.0) if named else None,
            context="" if self.across else self.context,
        )
        readings = self.opened.readings
        return readings.ranked(text, hits, self.opened.generation.document) if readings else hits

    def answer(self, hits: Sequence[Hit]) -> Findings:
        """Choose the sentences of the answer; or say why there are none."""
        if self.across:
            every = Across(self.opened, self.asked, self.allowed)
            plain = replace(self, asked=replace(self.asked, is_cross=False))
            if every.is_of_none(hits):
                return plain.answer([hit for hit in hits if every.is_general(hit)])
            of_bodies = every.bodies()
            return every.answer(of_bodies) if of_bodies else plain.answer(hits)
        groups: list[frozenset[str] | None] = [frozenset(mention.documents) for mention in self.mentions]
        bodies = [mention for mention in self.mentions if mention.is_body]
        names = frozenset(stem for mention in bodies for stem in self.opened.generation.terms(mention.text))
        shown: list[list[Span]] = [[] for _ in groups or [None]]
        reasons: list[str] = []
        best = 0.0
        parts = parts_of(self.asked)
        answered: list[tuple[str, int, Asked, Sequence[Span]]] = []
        limit = _FEW if len(groups) > 1 or len(parts) > 1 else MAX_SENTENCES
        asked_of = {piece: self._to_whom(piece) if len(parts) > 1 else range(len(shown)) for piece, _ in parts}
        for piece, part in parts:
            for index in asked_of[piece]:
                documents = groups[index] if groups else None
                put = put_to(part, index, self.mentions) if len(groups) > 1 else part
                group = self._candidates(put, documents, names, hits)
                best = max(best, certainty(group))
                reason = rule_after_search(put, group, named=bool(self.mentions))
                if reason is not None:
                    reasons.append(reason)
                    continue
                chosen = choose(put, group, self.opened.generation.terms, limit=limit)
                own = shown[index]
                more = _not_yet_shown(group, own) if piece != parts[0][0] and _all_shown(chosen, own) else []
                if more:
                    chosen = [*chosen, *choose(put, more, self.opened.generation.terms, limit=1)]
                extend(own, chosen)
                answered.append((piece, index, put, chosen))
        spans = {(span.document.id, span.start): span for own in shown for span in own}
        if not spans:
            return Findings((), reasons[0], best)
        unanswered = self._unanswered(asked_of, {(piece, index) for piece, index, *_ in answered})
        notes = notes_on([(part, chosen) for *_, part, chosen in answered], unanswered)
        compared = {index for _, index, *_ in answered}
        without = [mention.text for index, mention in enumerate(self.mentions) if index not in compared]
        return Findings(tuple(spans.values()), None, best, notes, tuple(without) if len(groups) > 1 else None)

    def _to_whom(self, piece: str) -> Sequence[int]:
        """Return to which bodies a part of a question is put: those that it names, or all."""
        own = [index for index, mention in enumerate(self.mentions) if mention.text in piece]
        return own or range(max(len(self.mentions), 1))

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

    def _candidates(
        self, part: Asked, documents: frozenset[str] | None, names: frozenset[str], hits: Sequence[Hit]
    ) -> list[Candidate]:
        """Return the sentences of some documents; ``hits`` are the whole question's, where no body is named."""
        if documents is not None or part.text != self.asked.text:
            within = documents if self.allowed is None else (documents or self.allowed) & self.allowed
            question = self.opened.expanded(part.text)
            hits = self.opened.retriever.retrieve(question, documents=within, distinct=1, context=self.context)
        return self.opened.scorer.score(part, hits, self.opened.generation.document, names)


def _all_shown(chosen: Sequence[Span], spans: Sequence[Span]) -> bool:
    shown = {(span.document.id, span.start) for span in spans}
    return all((span.document.id, span.start) in shown for span in chosen)


def _not_yet_shown(group: Sequence[Candidate], spans: Sequence[Span]) -> list[Candidate]:
    """Return the sentences that surely answer too, where what answers best was shown for an earlier part."""
    shown = {(span.document.id, span.start) for span in spans}
    return [c for c in group if c.chance >= SURE and not c.is_gap and (c.document.id, c.start) not in shown]
