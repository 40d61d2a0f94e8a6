"""Metrics of one ranking against what is relevant, with binary gains; None where nothing is relevant.

They agree with ir_measures (a test holds them to it), which needs a compiler where it has no wheel.
"""

import math
from collections.abc import Sequence


def ndcg(ranked: Sequence[str], relevant: Sequence[str], k: int) -> float | None:
    """Return nDCG@k (Järvelin and Kekäläinen 2002)."""
    wanted = set(relevant)
    if not wanted:
        return None
    gains = [1.0 / math.log2(rank + 2) for rank, one in enumerate(ranked[:k]) if one in wanted]
    ideal = [1.0 / math.log2(rank + 2) for rank in range(min(k, len(wanted)))]
    return sum(gains) / sum(ideal)


def recall(ranked: Sequence[str], relevant: Sequence[str], k: int) -> float | None:
    """Return recall@k: the share of the relevant that is among the first k."""
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant)) if relevant else None


def precision(ranked: Sequence[str], relevant: Sequence[str], k: int) -> float | None:
    """Return precision@k: the share of the first k places that hold something relevant."""
    return len(set(ranked[:k]) & set(relevant)) / k if relevant else None


def reciprocal_rank(ranked: Sequence[str], relevant: Sequence[str]) -> float | None:
    """Return RR: one over the rank of the first that is relevant, zero where none is."""
    if not relevant:
        return None
    return next((1.0 / rank for rank, one in enumerate(ranked, start=1) if one in set(relevant)), 0.0)
