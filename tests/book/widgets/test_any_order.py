"""A text in any order, without a browser: the page's products against Python's."""

import itertools

import numpy as np


def test_an_order_reads_the_answer_of_what_is_still_hidden(in_node):
    rng = np.random.default_rng(5)
    for n in (1, 3, 4):
        answers = rng.uniform(0.01, 0.99, (2**n, n))
        every = list(itertools.permutations(range(n)))
        found, costs, means = in_node(
            "any_order.js",
            """const every = page.orders(given.n);
            const costs = every.map((order) => page.nats(given.answers, order));
            return [every, costs, page.averages(costs)];""",
            {"answers": answers.tolist(), "n": n},
        )
        assert [tuple(order) for order in found] == every
        expected = [
            -sum(np.log(answers[sum(1 << s for s in order[i:]), t]) for i, t in enumerate(order)) for order in every
        ]
        np.testing.assert_allclose(costs, expected)
        np.testing.assert_allclose(means, [-np.log(np.exp(-np.array(expected)).mean()), np.mean(expected)])
