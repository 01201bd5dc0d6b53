"""From logits to tokens in the page and in the engine, against torch and the package's own cuts."""

import json

import pytest
import torch

from bertgpt.inference.decoding import filter_logits

V, TOP = 60, 12
LOGITS = (torch.randn(V, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 2).tolist()


def run(in_node, *expressions):
    """Evaluate expressions with what sampling.js and playground_live.js export, and the logits: -> a list."""
    return in_node(
        ("sampling.js", "playground_live.js"),
        f"""const {{ softmax, nucleus, mostProbable, draw, sample, lookOf, drawId }} = page;
        const logits = given;
        return [{", ".join(expressions)}];""",
        LOGITS,
    )


def test_the_softmax_is_torchs_and_a_row_without_a_score_has_none(in_node):
    rows = [[0.0], [1.0, -2.0, 3.5], [1000.0, 999.0], [-1e9, 0.0]]
    found, nowhere = run(in_node, f"{rows}.map(softmax)", "softmax([-Infinity, -Infinity])")
    for row, p in zip(rows, found, strict=True):
        assert p == pytest.approx(torch.tensor(row, dtype=torch.float64).softmax(-1).tolist(), abs=1e-15)
    assert nowhere == [None, None]  # NaN, as JSON writes it


def test_the_most_probable_are_topks_and_of_equal_ones_the_first(in_node):
    found, ties, none = run(
        in_node, "mostProbable(logits, 7)", "mostProbable([1, 3, 3, 2, 3], 2)", "mostProbable(logits, 0)"
    )
    p, best = torch.tensor(LOGITS).softmax(-1).topk(7)
    assert [each["id"] for each in found] == best.tolist()
    assert [each["p"] for each in found] == pytest.approx(p.tolist(), abs=1e-6)
    assert [each["id"] for each in ties] == [1, 2] and none == []


def test_a_number_falls_as_often_on_an_id_as_the_softmax_says(in_node):
    grid = [(i + 0.5) / 4000 for i in range(4000)]
    ids, greedy, edges, short = run(
        in_node,
        f"{grid}.map((u) => sample(logits, 0.7, u))",
        "sample(logits, 0)",
        "[0, 0.4999, 0.5, 0.7499, 0.75, 0.9999].map((u) => draw([0.5, 0.25, 0, 0.25], u))",
        "draw([0.7, 0.2999999, 0], 0.99999999)",
    )
    shares = torch.bincount(torch.tensor(ids), minlength=V) / len(grid)
    expected = (torch.tensor(LOGITS, dtype=torch.float64) / 0.7).softmax(-1)
    torch.testing.assert_close(shares.double(), expected, atol=5e-4, rtol=0)
    assert greedy == int(torch.tensor(LOGITS).argmax())
    assert edges == [0, 0, 1, 1, 3, 3] and short == 1  # the last: shares that sum to a little less than 1


def test_the_nucleus_ends_with_the_token_that_reaches_its_share(in_node):
    p = [0.5, 0.25, 0.25]
    found = run(in_node, *(f"nucleus({p}, {top_p})" for top_p in (0.4, 0.5, 0.6, 1)))
    assert found == [[0.5, 0, 0], [0.5, 0, 0], [0.5, 0.25, 0], p]


def test_the_playground_draws_from_the_tokens_that_the_packages_cuts_leave(in_node):
    settings = [(1.0, 0, 1.0), (0.5, 0, 1.0), (1.0, 5, 1.0), (2.0, 0, 0.9), (1.3, 8, 0.7), (0.0, 0, 1.0)]
    ordered, order = torch.tensor(LOGITS, dtype=torch.float64).sort(descending=True)
    numbers = [(i + 0.5) / 97 for i in range(97)]
    given = [dict(temperature=temperature, topK=k, topP=p) for temperature, k, p in settings]
    [found] = run(
        in_node, f"{json.dumps(given)}.map((each) => {numbers}.map((u) => drawId(lookOf(logits, {TOP}), each, u)))"
    )
    for (temperature, top_k, top_p), ids in zip(settings, found, strict=True):
        if temperature == 0:
            assert ids == [order[0]] * 97
            continue
        p = filter_logits(ordered[None] / temperature, top_k or None, top_p if top_p < 1 else None).softmax(-1)[0]
        assert ids == [order[int((p.cumsum(0) > number).nonzero()[0])] for number in numbers]
