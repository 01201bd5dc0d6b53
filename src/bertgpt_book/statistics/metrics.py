"""Evaluation metrics and their confidence intervals.

Accuracy, macro F1 and the like come from scikit-learn, Wilson's interval and the bootstrap from scipy; here is what
they do not have. scipy.stats is imported where it is needed: it takes longer than the whole package.

n answers.
"""

import math

import numpy as np


def wilson(right: int, n: int) -> tuple[float, float]:
    """Compute Wilson's 95 % confidence interval of a proportion, `right` of n; ValueError for n = 0. Wilson 1927.

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    from scipy import stats

    interval = stats.binomtest(right, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap_interval(values) -> tuple[float, float]:
    """Compute the bootstrap's 95 % confidence interval of the mean of values (n,), at least two."""
    return percentiles((np.asarray(values, dtype=float),), np.mean)


def paired_difference(ours, rival) -> tuple[float, tuple[float, float]]:
    """Compute the mean difference of two methods on the same items, with its bootstrap interval.

    ours, rival: (n,) numbers, one per item -> mean of ours minus rival, (low, high)
    Items are resampled in pairs, so what is hard for both drops out.
    """
    each = np.subtract(ours, rival, dtype=float)  # (n,)
    return float(each.mean()), bootstrap_interval(each)


def mcnemar(first, second) -> float:
    """Compute McNemar's z statistic for two classifiers on the same items: significant at 5 % beyond 1.96.

    first, second: (n,) bool, where each is right; items on which they agree do not count
    McNemar 1947. Positive where the first is right more often; 0 where the two never differ.

    >>> round(mcnemar([True, True, True, False], [False, False, True, False]), 2)
    1.41
    """
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return (b - c) / math.sqrt(max(b + c, 1))


def percentiles(samples: tuple[np.ndarray, ...], statistic) -> tuple[float, float]:
    """Compute the percentile bootstrap's 95 % interval: 2,000 resamples, the same at each call. Efron 1979.

    samples: (n,) each; statistic: a function of them and of an axis
    """
    from scipy import stats

    settings: dict = dict(paired=True, vectorized=True, n_resamples=2000, method="percentile")
    interval = stats.bootstrap(samples, statistic, rng=np.random.default_rng(0), **settings).confidence_interval
    return float(interval.low), float(interval.high)


def reciprocal_rank(scores, right) -> float:
    """Compute one over the rank of the best right candidate: 1 when it comes first, 1/2 when second.

    scores: (n,), higher is better; right: indices of the right candidates, at least one
    A wrong candidate with the same score ranks before it, so that a constant score gains nothing.
    Raises ValueError when a score is NaN, or no candidate is right.

    >>> reciprocal_rank([0.2, 0.9, 0.4], {2})
    0.5
    """
    scores, right = np.asarray(scores, dtype=float), sorted(right)
    if not right:
        raise ValueError("right is empty: name at least one candidate that is right")
    if np.isnan(scores).any():
        raise ValueError("a score is NaN, which has no rank")
    return 1 / (1 + int((np.delete(scores, right) >= scores[right].max()).sum()))


def share_interval(groups) -> tuple[float, float]:
    """Compute the cluster bootstrap's interval of a proportion; groups: (right, cases) each, as of one name."""
    right, cases = np.asarray(groups).T  # (n,) each
    return percentiles((right, cases), lambda right, cases, axis: right.sum(axis) / cases.sum(axis))


def distinct(words: list[str], n: int) -> float:
    """Compute distinct-n, the share of a text's n-grams that differ: 1 when no n-gram is repeated.

    Li et al. 2016, section 5.2. It falls with length, so compare texts of one length.

    >>> distinct("and so on and so on".split(), 2)
    0.6
    """
    runs = list(zip(*(words[i:] for i in range(n))))
    return len(set(runs)) / max(len(runs), 1)
