"""A generation with all that hangs on it, and what comes of asking it."""

from dataclasses import dataclass

from assistant.answerer import Span
from assistant.attribution import Bodies
from assistant.evidence import EvidenceScorer
from assistant.index import Generation
from assistant.readings import Readings
from assistant.retriever import Retriever
from assistant.thesaurus import synonyms
from assistant.vocabulary import Vocabulary

# An abbreviation that no more passages have is looked for in its long form too.
_RARE = 2
# A word that no more passages have is also looked for under the other names of what it means.
_HARDLY_USED = 5


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
    ``without`` names the bodies that a comparison asks of in vain; None where it is no comparison.
    """

    spans: tuple[Span, ...]
    reason: str | None
    score: float
    notes: tuple[str, ...] = ()
    without: tuple[str, ...] | None = None
