"""Intervals against published tables, by hand, against SciPy, and by counting how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from helpers import training


def test_interval_against_published_and_extreme_values():
    # Wilson's interval for 15 of 148 and for 0 of 20, as tabled by Newcombe (1998, method 3).
    np.testing.assert_allclose(training.share_interval(15 / 148, 148), (0.0624, 0.1605), atol=1e-4)
    np.testing.assert_allclose(training.share_interval(0.0, 20), (0.0, 0.1611), atol=1e-4)
    low, high = training.share_interval(1.0, 50)
    assert high == pytest.approx(1.0) and low < 0.95
    for right, count in ((1.2, 10), (0.5, 0)):
        with pytest.raises(ValueError):
            training.share_interval(right, count)


def test_intervals_end_where_it_is_possible():
    low, high = training.mean_interval([0, 0, 1], possible=(-1, 1))[1:]
    # The mean is 1/3, the deviation 0.577, and t with 2 degrees of freedom 4.303: -1.101 to 1.768 without the ends.
    assert (low, high) == (-1, 1)
    assert training.mean_interval([0, 0, 1]) == pytest.approx((1 / 3, -1.101, 1.768), abs=1e-3)
    with pytest.raises(ValueError, match="0 to 1 is possible"):
        training.mean_interval([0.5, 1.5], possible=(0, 1))
    # One photo: (1.5 - 0.5) / 3 plus 1.96 deviations is 1.18.
    found, low, high = training.paired_interval(np.array([False]), np.array([True]))
    assert found == 1 and low < 0 and high == 1


def test_a_paired_difference_by_hand():
    first = np.array([True] * 80 + [False] * 20)
    second = np.array([True] * 78 + [False] * 2 + [True] * 12 + [False] * 8)
    found, low, high = training.paired_interval(first, second)
    assert found == pytest.approx(0.10)
    # Agresti and Min: cases 12 and 2 become 12.5 and 2.5, of 102.
    middle, half = 10 / 102, 1.96 * np.sqrt((15 - 10**2 / 102) / 102**2)
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-4)


def test_paired_intervals_cover_the_truth():
    """Of 95 % intervals about 95 % must hold the true difference; here 0.05, from 100 photos each."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        case = rng.choice(4, 100, p=(0.7, 0.05, 0.10, 0.15))  # both right, first only, second only, none
        _, low, high = training.paired_interval((case == 0) | (case == 1), (case == 0) | (case == 2))
        covered += low <= 0.05 <= high
    assert 930 <= covered <= 980


def test_no_difference_has_an_interval_around_zero():
    right = np.ones(50, bool)
    found, low, high = training.paired_interval(right, right)
    assert found == 0 and low < 0 < high
    with pytest.raises(ValueError, match="same photos"):
        training.paired_interval(right, right[:10])


def test_mean_interval_agrees_with_scipy():
    values = [0.91, 0.93, 0.90, 0.96, 0.92]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert training.mean_interval(values) == pytest.approx((np.mean(values), expected.low, expected.high))
    with pytest.raises(ValueError, match="two or more"):
        training.mean_interval([0.9])


def test_verdict_follows_the_interval():
    wrong, right, mixed = np.zeros(100, bool), np.ones(100, bool), np.arange(100) < 50
    assert training.verdict(wrong, right) == "better" and training.verdict(right, wrong) == "worse"
    assert training.verdict(mixed, ~mixed) == training.verdict(right, right) == "cannot tell"


def test_differences_and_ratios_by_hand():
    first, second = [1.0, 2.0, 3.0], [4.0, 6.0, 5.0, 9.0]
    # Welch: variances 1 and 14/3, standard error the root of 1/3 + 14/12, that is of 1.5.
    half = stats.t.ppf(0.975, 2.25 / (1 / 18 + (14 / 12) ** 2 / 3)) * np.sqrt(1.5)
    assert training.difference_interval(first, second) == pytest.approx((4, 4 - half, 4 + half), abs=1e-6)
    ratio, low, high = training.ratio_interval([1, 1, 1], [2, 4, 8])
    assert ratio == pytest.approx(4) and low * high == pytest.approx(16) and low == pytest.approx(0.715, abs=1e-3)
    for bad in (([1], [2, 3]), ([1, 0], [1, 1])):
        with pytest.raises(ValueError):
            training.ratio_interval(*bad)
    with pytest.raises(ValueError, match="two or more"):
        training.difference_interval([1], [1, 2])


def test_a_rank_correlation_and_a_bootstrap_cover_the_truth():
    random, covered, means = np.random.default_rng(3), 0, 0
    truth = 6 / np.pi * np.arcsin(0.6 / 2)  # Spearman's of a normal pair whose Pearson correlation is 0.6
    for seed in range(400):
        pair = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 40)
        _, low, high = training.rank_interval(*pair.T)
        covered += low <= truth <= high
        _, low, high = training.bootstrap_interval(lambda one: one.mean(), pair[:, 0], draws=200, seed=seed)
        means += low <= 0 <= high
    assert 360 <= covered <= 396 and 355 <= means <= 396
    assert training.rank_interval([1, 2, 3, 4, 5], [2, 4, 6, 8, 9])[0] == pytest.approx(1)
    with pytest.raises(ValueError, match="four pairs"):
        training.rank_interval([1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="as many of each"):
        training.bootstrap_interval(np.mean, np.ones(3), np.ones(4))
