"""Counts of right answers, against worked examples, definitions and enumeration."""

import numpy as np
import pytest

from bertgpt_book.statistics import metrics


def test_a_proportion_of_no_cases_is_refused():
    with pytest.raises(ValueError, match="not less than 1"):
        metrics.wilson(0, 0)


def test_the_bootstrap_is_its_definition():
    # What was recorded before scipy drew for us: the same draws, the same numbers.
    values = np.random.default_rng(5).random(37)
    draws = np.random.default_rng(0).integers(len(values), size=(2000, len(values)))
    expected = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    assert metrics.bootstrap_interval(values) == pytest.approx(tuple(expected), rel=1e-12)


def test_a_reciprocal_rank_takes_the_best_right_candidate_and_ranks_ties_last():
    assert metrics.reciprocal_rank([3, 1, 2, 0], {1, 2}) == 1 / 2
    assert metrics.reciprocal_rank([5, 5, 5], {0}) == 1 / 3
    assert metrics.reciprocal_rank([5, 5, 4], {0, 1}) == 1  # a right one does not stand in a right one's way
    assert metrics.reciprocal_rank([-np.inf, 1, 0], {2}) == 1 / 2


@pytest.mark.parametrize("right", [0, 1])
def test_a_score_that_is_nan_is_refused(right):
    with pytest.raises(ValueError, match="NaN"):
        metrics.reciprocal_rank([np.nan, 1], {right})


def test_a_rank_needs_a_right_candidate():
    with pytest.raises(ValueError, match="^right is empty: name at least one"):
        metrics.reciprocal_rank([], set())


def test_clustered_cases_widen_the_interval():
    apart = metrics.share_interval([(1, 1)] * 20 + [(0, 1)] * 20)
    together = metrics.share_interval([(10, 10), (10, 10), (0, 10), (0, 10)])
    assert together[1] - together[0] > apart[1] - apart[0] and together == (0, 1)


def test_mcnemar_is_the_signed_root_of_chi_square():
    # McNemar 1947: (b - c)^2 / (b + c), of those who changed; 9 against 4, among 30 on which both agree.
    first = np.array([1] * 9 + [0] * 4 + [1] * 20 + [0] * 10, dtype=bool)
    second = np.array([0] * 9 + [1] * 4 + [1] * 20 + [0] * 10, dtype=bool)
    assert metrics.mcnemar(first, second) == pytest.approx((25 / 13) ** 0.5)
    assert metrics.mcnemar(second, first) == -metrics.mcnemar(first, second)
    assert metrics.mcnemar(first, first) == 0
