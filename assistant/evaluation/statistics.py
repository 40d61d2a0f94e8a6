"""How sure a figure is: bootstrap intervals and a paired test, both seeded, so that they are the same each time."""

from collections.abc import Sequence

import numpy as np

SEED = 20240229
RESAMPLES = 2000
FLIPS = 10_000
_EXACT = 12  # up to so many differences, every assignment of signs is looked at


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a mean (Efron 1979); of one value, that value."""
    if not values:
        raise ValueError("a mean over nothing has no interval")
    chance = np.random.default_rng(SEED)
    sample = np.asarray(values, dtype=np.float64)
    # A column a resample would hold RESAMPLES times the values at once: counts of each do the same in less.
    counts = chance.multinomial(len(sample), np.full(len(sample), 1 / len(sample)), size=RESAMPLES)
    means = counts @ sample / len(sample)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return round(float(low), 6), round(float(high), 6)


def paired_p(differences: Sequence[float]) -> float:
    """Return the two-sided p of a paired randomisation test that the mean difference is zero.

    Under no difference each sign is as likely as the other (Fisher; Smucker, Allan and Carterette 2007).
    """
    changed = np.asarray([difference for difference in differences if difference], dtype=np.float64)
    if not len(changed):
        return 1.0
    observed = abs(changed.sum()) - 1e-12
    if len(changed) <= _EXACT:
        numbers = np.arange(2 ** len(changed))
        every = 1.0 - 2.0 * ((numbers[:, None] >> np.arange(len(changed))) & 1)
        return round(float((abs(every @ changed) >= observed).mean()), 6)
    chance = np.random.default_rng(SEED)
    signs = 1 - 2 * chance.integers(0, 2, size=(FLIPS, len(changed)), dtype=np.int8).astype(np.float64)
    extreme = int((abs(signs @ changed) >= observed).sum())
    return round((extreme + 1) / (FLIPS + 1), 6)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of them lies, between the two nearest by distance."""
    return float(np.quantile(np.asarray(values, dtype=np.float64), share))
