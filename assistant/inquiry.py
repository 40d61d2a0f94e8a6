"""One question put to one generation: which bodies it is about, what is retrieved, which sentences answer."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from assistant.answerer import MAX_SENTENCES, Span, choose
from assistant.attribution import Bodies, Mention
from assistant.evidence import Candidate, EvidenceScorer
from assistant.index import Generation
from assistant.notes import notes_on
from assistant.parts import parts_of, put_to
from assistant.question import Asked, of_one, understand
from assistant.readings import Readings
from assistant.refusal import SURE, certainty, rule_after_search
from assistant.retriever import Retriever, place
from assistant.schema import Hit
from assistant.thesaurus import synonyms
from assistant.vocabulary import Vocabulary

# Documents of these types are about no collaborative: a question across collaboratives passes them by.
_NO_BODY = frozenset({"national", "glossary"})
# A question across collaboratives looks at so many of them, so many passages each, and shows so many at most, so many
# sentences each: those whose best sentence has this chance to answer.
_ACROSS, _ACROSS_PASSAGES, _ACROSS_SHOWN, _ACROSS_SENTENCES, _ACROSS_CHANCE = 40, 3, 8, 2, 0.1
# By how much a passage on collaboratives in general must lead those on any of them to answer alone.
_LEADS = 0.15
# A question for bodies by name, which no page on all of them answers.
_COUNTS_BODIES = re.compile(
    r"^\W*(?:which|what|who|name|list|how many)\s+(?:\w+\s+){0,2}?"
    r"(?:collaboratives|alliances|federations|systems|bodies|groups|partnerships|areas|places)\b",
    re.I,
)
# An abbreviation that no more passages have is looked for in its long form too.
_RARE = 2
# A word that no more passages have is also looked for under the other names of what it means.
_HARDLY_USED = 5
# Sentences for each part of a question, and for each body of a comparison.
_FEW = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """A generation and all that hangs on it."""

    generation: Generation
    retriever: Retriever
    bodies: Bodies
    vocabulary: Vocabulary
    scorer: EvidenceScorer
    readings: Readings | None

    def expanded(self, text: str) -> str:
        """Return a question with other forms of its abbreviations, and other words for those that hardly occur."""

        def rarest(phrase: str) -> int:
            return min((self.generation.term_frequency(term) for term in self.generation.terms(phrase)), default=0)

        longer = self.vocabulary.expanded(text, lambda word: rarest(word) <= _RARE)
        also = [other for phrase, others in synonyms(text) if rarest(phrase) <= _HARDLY_USED for other in others]
        known = [other for other in dict.fromkeys(also) if rarest(other)]
        return f"{longer} ({'; '.join(known)})" if known else longer


@dataclass(frozen=True, slots=True)
class Findings:
    """The sentences that answer, or the reason why there are none.

    ``score`` is the best chance that anything seen answers; ``notes`` say what of the question is not answered.
    """

    spans: tuple[Span, ...]
    reason: str | None
    score: float
    notes: tuple[str, ...] = ()


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
            plain = replace(self, asked=replace(self.asked, is_cross=False))
            if self._is_of_none(hits):
                return plain.answer([hit for hit in hits if self._is_general(hit)])
            of_bodies = self._bodies()
            return self._answer_across(of_bodies) if of_bodies else plain.answer(hits)
        groups: list[frozenset[str] | None] = [frozenset(mention.documents) for mention in self.mentions]
        names = frozenset(stem for mention in self.mentions for stem in self.opened.generation.terms(mention.text))
        spans: list[Span] = []
        reasons: list[str] = []
        best = 0.0
        parts = parts_of(self.asked)
        answered: list[tuple[str, int, Asked, Sequence[Span]]] = []
        limit = _FEW if len(groups) > 1 or len(parts) > 1 else MAX_SENTENCES
        for piece, part in parts:
            for index, documents in enumerate(groups or [None]):
                put = put_to(part, index, self.mentions) if len(groups) > 1 else part
                group = self._candidates(put, documents, names, hits)
                best = max(best, certainty(group))
                reason = rule_after_search(put, group, named=bool(self.mentions))
                if reason is not None:
                    reasons.append(reason)
                    continue
                chosen = choose(put, group, self.opened.generation.terms, limit=limit)
                more = _not_yet_shown(group, spans) if piece != parts[0][0] and _all_shown(chosen, spans) else []
                if more:
                    chosen = [*chosen, *choose(put, more, self.opened.generation.terms, limit=1)]
                _extend(spans, chosen)
                answered.append((piece, index, put, chosen))
        if not spans:
            return Findings((), reasons[0], best)
        unanswered = self._unanswered([piece for piece, _ in parts], {(piece, index) for piece, index, *_ in answered})
        notes = notes_on([(part, chosen) for *_, part, chosen in answered], unanswered)
        return Findings(tuple(spans), None, best, notes)

    def _unanswered(self, pieces: Sequence[str], answered: Collection[tuple[str, int]]) -> list[str]:
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
                if len(named) > 1 and piece in told and index in bodies and (piece, index) not in answered
            ),
        ]

    def _is_of_none(self, hits: Sequence[Hit]) -> bool:
        """Whether a passage on collaboratives in general answers for sure, or leads by far, on what is asked of all."""
        best = hits[0] if hits else None
        if best is None or _COUNTS_BODIES.search(self.asked.text) or not self._is_general(best):
            return False
        next_best = max((hit.score for hit in hits if not self._is_general(hit)), default=0.0)
        return best.why.get("reader", 0.0) >= SURE or best.score - next_best >= _LEADS

    def _is_general(self, hit: Hit) -> bool:
        """Whether a passage is about no collaborative of its own."""
        return self.opened.generation.document(hit.passage.document_id).metadata.type in _NO_BODY

    @property
    def _of_each(self) -> Asked:
        """What is asked of each body: of each a sentence or two, so never a list."""
        return replace(understand(of_one(self.asked.text)), is_list=False)

    def _bodies(self) -> list[list[Hit]]:
        """Return the best passages of each body, the best body first."""
        opened = self.opened
        hits = opened.retriever.retrieve(opened.expanded(self._of_each.text), documents=self.allowed, distinct=_ACROSS)
        of_bodies: dict[str, list[Hit]] = {}
        for hit in hits:
            if opened.generation.document(hit.passage.document_id).metadata.type not in _NO_BODY:
                of_bodies.setdefault(hit.passage.document_id, []).append(hit)
        return [own[:_ACROSS_PASSAGES] for own in list(of_bodies.values())[:_ACROSS]]

    def _answer_across(self, bodies: Sequence[Sequence[Hit]]) -> Findings:
        """Ask each body for the sentences that answer best, and show those that likely do, the likeliest first."""
        opened, part = self.opened, self._of_each
        if opened.readings is not None:  # all at once, so that every processor is busy
            opened.readings.told(part.text, [hit for own in bodies for hit in own], opened.generation.document)
        found, reasons, best = [], [], 0.0
        for own in bodies:
            # A sentence or two are shown of each, so none that only introduces a list.
            group = [c for c in self._scored(part, own, frozenset()) if not c.text.endswith(":")]
            reason = rule_after_search(part, group, named=False)
            chance = max((candidate.chance for candidate in group if not candidate.is_gap), default=0.0)
            best = max(best, certainty(group))
            if reason is None and chance >= _ACROSS_CHANCE:
                found.append((chance, group))
            else:
                reasons.append(reason or "weak_evidence")
        spans: list[Span] = []
        for _, group in sorted(found, key=lambda pair: -pair[0])[:_ACROSS_SHOWN]:
            _extend(spans, choose(part, group, opened.generation.terms, limit=_ACROSS_SENTENCES))
        return Findings(tuple(spans), None if spans else reasons[0], best)

    def _candidates(
        self, part: Asked, documents: frozenset[str] | None, names: frozenset[str], hits: Sequence[Hit]
    ) -> list[Candidate]:
        """Return the sentences of some documents; ``hits`` are the whole question's, where no body is named."""
        if documents is not None or part.text != self.asked.text:
            within = documents if self.allowed is None else (documents or self.allowed) & self.allowed
            question = self.opened.expanded(part.text)
            hits = self.opened.retriever.retrieve(question, documents=within, distinct=1, context=self.context)
        return self._scored(part, hits, names)

    def _scored(self, part: Asked, hits: Sequence[Hit], names: frozenset[str]) -> list[Candidate]:
        return self.opened.scorer.score(part, hits, self.opened.generation.document, names)


def with_cited(hits: Sequence[Hit], spans: Sequence[Span]) -> tuple[Hit, ...]:
    """Return the ranking, and at its end the cited passages that only a part of the question found."""
    known = {hit.passage.id for hit in hits}
    more = {span.hit.passage.id: span.hit for span in spans if span.hit.passage.id not in known}
    last = hits[-1].score if hits else 1.0
    every = [*hits, *(replace(hit, score=min(hit.score, last)) for hit in more.values())]
    every.sort(key=lambda hit: (-hit.score, place(hit.passage.id)))
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(every, start=1))


def _extend(spans: list[Span], more: Sequence[Span]) -> None:
    """Add sentences that are not there yet; one list is enough, so a second introduction ends them."""
    places = {(span.document.id, span.start) for span in spans}
    introduced = any(span.text.endswith(":") for span in spans)
    for span in more:
        if introduced and span.text.endswith(":") and (span.document.id, span.start) not in places:
            break
        if (span.document.id, span.start) not in places:
            spans.append(span)


def _all_shown(chosen: Sequence[Span], spans: Sequence[Span]) -> bool:
    shown = {(span.document.id, span.start) for span in spans}
    return all((span.document.id, span.start) in shown for span in chosen)


def _not_yet_shown(group: Sequence[Candidate], spans: Sequence[Span]) -> list[Candidate]:
    """Return the sentences that surely answer too, where what answers best was shown for an earlier part."""
    shown = {(span.document.id, span.start) for span in spans}
    return [c for c in group if c.chance >= SURE and not c.is_gap and (c.document.id, c.start) not in shown]
