"""Question → ranked hits: dense and keyword candidates, fused by a convex sum of min-max-scaled scores.

A convex combination beats reciprocal rank fusion on nearly every set measured (Bruch et al. 2023,
arXiv:2210.11934, found the same); the nearest single sentence of a passage counts on both sides.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from assistant.embedder import Embedder
from assistant.index import SCORE_DIGITS, Generation
from assistant.schema import Hit

DENSE_WEIGHT = 0.3
NEAREST_WEIGHT = 0.2
KEYWORD_WEIGHT = 0.35
SENTENCE_WEIGHT = 0.15
# Chosen on one half of MTRAG's conversations, .2 to .8 tried; the other half gains as well.
CONTEXT_WEIGHT = 0.5
CANDIDATES = 100
DISTINCT_DOCUMENTS = 10

Scores = Mapping[str, float]
# The cosine of a question with the nearest sentence of each passage, by id, where any is stored.
Nearest = Callable[[str, Collection[str]], Scores]


def min_max(scores: Scores) -> dict[str, float]:
    """Scale scores to 0…1; where all are equal each is 1."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {key: (score - low) / (high - low) if high > low else 1.0 for key, score in scores.items()}


def fuse(parts: Mapping[str, tuple[float, Scores]]) -> dict[str, tuple[float, dict[str, float]]]:
    """Return each passage's weighted sum and its parts; a passage that a part does not know has 0 there."""
    scaled = {name: min_max(scores) for name, (_, scores) in parts.items()}
    weights = {name: weight for name, (weight, _) in parts.items()}
    total = sum(weights.values()) or 1.0
    fused = {}
    for key in dict.fromkeys(key for scores in scaled.values() for key in scores):
        why = {name: round(scores.get(key, 0.0), SCORE_DIGITS) for name, scores in scaled.items()}
        fused[key] = (
            round(sum(weights[name] * value for name, value in why.items()) / total, SCORE_DIGITS),
            why,
        )
    return fused


def _with_context(
    fused: Mapping[str, tuple[float, dict[str, float]]], before: Mapping[str, tuple[float, dict[str, float]]]
) -> dict[str, tuple[float, dict[str, float]]]:
    """Return fused scores with a share of what the exchange before found added."""
    if not before:
        return dict(fused)
    added = {}
    for key in dict.fromkeys((*fused, *before)):
        score, why = fused.get(key, (0.0, {}))
        part = round(CONTEXT_WEIGHT * before.get(key, (0.0, {}))[0], SCORE_DIGITS)
        added[key] = (round(score + part, SCORE_DIGITS), {**why, "context": part})
    return added


def place(passage_id: str) -> tuple[str, int]:
    """Return what breaks a tie: document id and offset."""
    document, _, span = passage_id.rpartition("#")
    return document, int(span.split("-")[0])


class Retriever:
    """Ranks the passages of one generation."""

    def __init__(
        self, generation: Generation, embedder: Embedder, mode: str = "hybrid", nearest: Nearest = lambda _, __: {}
    ) -> None:
        self._generation, self._embedder, self._mode, self._nearest = generation, embedder, mode, nearest

    def retrieve(
        self,
        question: str,
        *,
        documents: Collection[str] | None = None,
        distinct: int = DISTINCT_DOCUMENTS,
        boost: Callable[[str], float] | None = None,
        context: str = "",
    ) -> tuple[Hit, ...]:
        """Return hits, best first, of at least ``distinct`` documents where there are that many.

        ``documents`` restricts the search; ``boost`` is added to the score of every passage of a document; what
        ``context``, the exchange before a follow-up, finds counts for a part.
        """
        manifest = self._generation.manifest
        wanted = min(distinct, manifest.documents if documents is None else len(set(documents)))
        limit = max(CANDIDATES, distinct)
        before = fuse(self._candidates(context, CANDIDATES, documents)) if context else {}
        while True:
            parts = self._candidates(question, limit, documents)
            fused = _with_context(fuse(parts), before)
            found = {place(key)[0] for key in fused}
            if len(found) >= wanted or limit >= manifest.passages or self._mode == "keyword":
                break
            limit *= 4
        scored = [
            (round(score + (boost(place(key)[0]) if boost else 0.0), SCORE_DIGITS), key, why)
            for key, (score, why) in fused.items()
        ]
        scored.sort(key=lambda item: (-item[0], place(item[1])))
        kept = _keep(scored, max(CANDIDATES, distinct), wanted)
        cosines = parts["dense"][1] if "dense" in parts else {}
        return tuple(
            Hit(
                passage=self._generation.passage(key),
                score=score,
                rank=rank,
                why={**why, "cosine": cosines[key]} if key in cosines else why,
            )
            for rank, (score, key, why) in enumerate(kept, start=1)
        )

    def _candidates(
        self, question: str, limit: int, documents: Collection[str] | None
    ) -> dict[str, tuple[float, Scores]]:
        parts: dict[str, tuple[float, Scores]] = {}
        if self._mode != "keyword":
            vector = self._embedder.encode_query(question)
            parts["dense"] = (DENSE_WEIGHT, self._generation.dense(vector, limit, documents))
        if self._mode != "dense":
            terms = self._generation.terms(question)
            parts["keyword"] = (KEYWORD_WEIGHT, self._generation.keyword(terms, limit, documents))
        if self._mode == "hybrid":
            sentences = self._generation.keyword_sentences(terms, limit * 2, documents)
            parts["sentence"] = (SENTENCE_WEIGHT, sentences)
            found = dict.fromkeys(key for _, scores in parts.values() for key in scores)
            if nearest := self._nearest(question, found):
                parts["nearest"] = (NEAREST_WEIGHT, nearest)
        return parts


def _keep(
    scored: Sequence[tuple[float, str, dict[str, float]]], limit: int, wanted: int
) -> list[tuple[float, str, dict[str, float]]]:
    """Keep the best, and behind them the best passage of each document that is still missing."""
    kept = list(scored[:limit])
    seen = {place(key)[0] for _, key, _ in kept}
    for item in scored[limit:]:
        if len(seen) >= wanted:
            break
        document = place(item[1])[0]
        if document not in seen:
            seen.add(document)
            kept.append(item)
    return kept
