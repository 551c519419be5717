"""How sure is a number? 95 % intervals of a share, of two shares on the same photos, and of a mean over seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

_Z_95 = 1.959964  # the normal distribution lies within plus and minus this with 95 %


def share_interval(right: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share that was measured on `count` photos (Wilson 1927).

    right: the share, 0 to 1. It says how far the share may be off because other photos might have been drawn. Raises
    ValueError for no photo or a share out of range.
    """
    from scipy.stats import binomtest

    if count < 1 or not 0 <= right <= 1:
        raise ValueError(f"{right} of {count} photos is no share; give a number from 0 to 1 and one photo or more.")
    low, high = binomtest(round(right * count), count).proportion_ci(method="wilson")
    return float(low), float(high)


def paired_interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Return second minus first accuracy and its 95 % interval, (difference, low, high), on the same test photos.

    first and second: bool `(n,)`, which photos each of two classifiers got right. Only photos on which the two disagree
    count. Agresti and Min: Simple improved confidence intervals for comparing matched proportions, Statistics in
    Medicine 24, 2005 (half a photo is added to each of the four cases). An interval that holds 0: no difference shown.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if first.shape != second.shape or not first.size:
        raise ValueError(f"{first.size} and {second.size} answers; both must be of the same photos, one or more")
    count = len(first) + 2
    gained, lost = (second & ~first).sum() + 0.5, (first & ~second).sum() + 0.5
    middle = (gained - lost) / count
    half = _Z_95 * np.sqrt((gained + lost) / count - middle**2) / np.sqrt(count)
    low, high = max(middle - half, -1.0), min(middle + half, 1.0)  # shares differ by 1 at most
    return float(second.mean() - first.mean()), float(low), float(high)


def verdict(first: np.ndarray, second: np.ndarray) -> str:
    """Say whether the second of two classifiers is "better" or "worse", or "cannot tell" (see `paired_interval`)."""
    _, low, high = paired_interval(first, second)
    return "better" if low > 0 else "worse" if high < 0 else "cannot tell"


def mean_interval(
    values: Sequence[float], possible: tuple[float, float] = (-math.inf, math.inf)
) -> tuple[float, float, float]:
    """Return the mean of a result over seeds and its 95 % interval, (mean, low, high) (Student 1908).

    possible: the least and the greatest value that there can be, (0, 1) for shares, (-1, 1) for their differences; the
    interval ends there. With few values it would go on: three photos gave a gain of 0.333 from -1.101 to 1.768. Raises
    ValueError for fewer than two values, or a value that is not possible.
    """
    from scipy.stats import sem, t

    values = np.asarray(values, dtype=float)
    if values.size < 2:
        raise ValueError(f"{values.size} value has no spread; give the results of two or more seeds")
    least, most = possible
    if values.min() < least or values.max() > most:
        raise ValueError(
            f"the values are {values.min():.4g} to {values.max():.4g}, but {least:g} to {most:g} is possible"
        )
    middle, half = float(values.mean()), float(t.ppf(0.975, values.size - 1) * sem(values))
    return middle, max(middle - half, least), min(middle + half, most)


def difference_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """Return second minus first mean and its 95 % interval, (difference, low, high), of two separate samples.

    Welch: The generalization of Student's problem when several different population variances are involved, Biometrika
    34, 1947. Raises ValueError for fewer than two values in a sample.
    """
    from scipy.stats import ttest_ind

    if min(len(first), len(second)) < 2:
        raise ValueError(f"{len(first)} and {len(second)} values; give two or more of each")
    low, high = ttest_ind(second, first, equal_var=False).confidence_interval()
    return float(np.mean(second) - np.mean(first)), float(low), float(high)


def ratio_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """Return how many times the first the second is, pair by pair, and its 95 % interval, (ratio, low, high).

    The geometric mean of the ratios of pairs, such as seconds of two programs in the same round (Student, on their
    logarithms). Raises ValueError for values that are not above 0, or fewer than two pairs.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.shape != second.shape or min(first.min(), second.min()) <= 0:
        raise ValueError(f"{first.tolist()} and {second.tolist()} have no ratios; give pairs of values above 0")
    return tuple(float(np.exp(one)) for one in mean_interval(np.log(second / first)))


def rank_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """Return Spearman's rank correlation of two lists and its 95 % interval, (correlation, low, high).

    Bonett and Wright: Sample size requirements for estimating Pearson, Kendall and Spearman correlations, Psychometrika
    65, 2000. Raises ValueError for fewer than four pairs.
    """
    from scipy.stats import spearmanr

    if len(first) != len(second) or len(first) < 4:
        raise ValueError(f"{len(first)} and {len(second)} values; give four pairs or more")
    found = float(spearmanr(first, second).statistic)
    half = _Z_95 * math.sqrt((1 + found**2 / 2) / (len(first) - 3))
    middle = math.atanh(min(max(found, -1 + 1e-12), 1 - 1e-12))
    return found, math.tanh(middle - half), math.tanh(middle + half)


def bootstrap_interval(
    statistic: Callable[..., float], *samples: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Return a statistic of paired rows and its 95 % interval, (value, low, high), by drawing rows with repeats.

    statistic: takes the samples, arrays of equal length, and gives a number. Efron: Bootstrap methods, another look at
    the jackknife, Annals of Statistics 7, 1979 (percentiles). Raises ValueError for samples of unequal length.
    """
    samples, random = [np.asarray(one) for one in samples], np.random.default_rng(seed)
    count = len(samples[0])
    if any(len(one) != count for one in samples) or count < 2:
        raise ValueError(f"samples of {[len(one) for one in samples]} rows; give two or more rows, as many of each")
    again = (random.integers(0, count, count) for _ in range(draws))
    values = [statistic(*(one[rows] for one in samples)) for rows in again]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(statistic(*samples)), float(low), float(high)
