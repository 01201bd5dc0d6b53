"""Counts of right answers, against worked examples, definitions and enumeration."""

import numpy as np
import pytest

from bertgpt.evaluation import metrics


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


def test_span_scores_count_whole_spans_with_their_label():
    true = [{(0, 2, "A"), (5, 7, "B")}, set(), {(1, 2, "A")}]
    predicted = [{(0, 2, "B"), (5, 7, "B"), (8, 9, "A")}, {(3, 4, "A")}, {(1, 2, "A")}]
    scores = metrics.span_scores(true, predicted)
    assert scores == {"precision": 2 / 5, "recall": 2 / 3, "f1": pytest.approx(2 / (1 / (2 / 5) + 1 / (2 / 3)))}
    assert metrics.span_scores([set()], [set()])["f1"] == 0  # nothing to find, nothing found: no credit, no crash


def test_the_interval_of_f1_resamples_whole_texts():
    # Half of the texts are right and half wrong, with one span each: F1 is the share of right texts drawn.
    counts = metrics.span_counts([{(0, 1, "A")}] * 200, [{(0, 1, "A")}] * 100 + [{(0, 2, "A")}] * 100)
    interval = metrics.percentiles(tuple(np.transpose(counts)), metrics.f1_of)
    assert interval == pytest.approx((0.5 - 1.96 * 0.5 / 200**0.5, 0.5 + 1.96 * 0.5 / 200**0.5), abs=0.01)
    assert metrics.percentiles(tuple(np.zeros((3, 2))), metrics.f1_of) == (0, 0)


def test_distinct_falls_when_a_text_repeats_itself():
    assert metrics.distinct(list("abcd"), 2) == 1
    assert metrics.distinct(list("abab"), 2) == 2 / 3
    assert metrics.distinct(["a"], 2) == 0


def test_f1_differences_are_of_the_same_texts():
    ours, rival = [[1, 1, 1], [0, 1, 1]] * 10, [[0, 0, 1], [0, 1, 1]] * 10
    difference, (low, high) = metrics.f1_difference(ours, rival)
    assert difference == pytest.approx(0.5) and 0 < low < difference < high  # F1 is 1/2 against 0
    assert metrics.f1_difference(ours, ours) == (0.0, (0.0, 0.0))  # paired: no text differs
    low, high = metrics.percentiles(tuple(np.transpose(ours)), metrics.f1_of)
    assert low < high  # though one method alone is unsure


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
