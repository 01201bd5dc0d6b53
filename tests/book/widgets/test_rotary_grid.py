"""The grid of theta, window and mask in node, against the package's rotation and masks."""

import json

import pytest
import torch

from bertgpt.model.masks import causal_mask, combine, window_mask
from bertgpt.model.modern import rotary_angles, rotate
from bertgpt_book.widgets.rotary_grid import D_HEAD, N_TOKENS, THETAS


def test_a_score_is_that_of_two_equal_vectors_turned(in_node):
    for theta in THETAS:
        same = rotate(torch.ones(1, 1, N_TOKENS, D_HEAD), rotary_angles(torch.arange(N_TOKENS)[None], D_HEAD, theta))
        expected = (same @ same.mT)[0, 0] / D_HEAD  # (T, T)
        found = in_node(
            "rotary_grid.js",
            f"""import {{ score }} from "./widget.mjs";
            const n = {N_TOKENS}, all = [...Array(n).keys()];
            console.log(JSON.stringify(all.map((t) => all.map((s) => score(t - s, {theta}, {D_HEAD})))));""",
        )
        assert torch.tensor(found) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_token_0_comes_as_far_as_the_mask_hands_it_on(in_node, causal):
    for window in (0, 1, 3, N_TOKENS - 1):
        mask = window_mask(N_TOKENS, window)
        mask = combine(mask, causal_mask(N_TOKENS)) if causal else mask
        reach = torch.eye(N_TOKENS)
        for layers in (1, 2, 4):
            expected = torch.matrix_power(mask.float() + reach, layers)[:, 0] > 0  # which outputs depend on it
            found = in_node(
                "rotary_grid.js",
                f"""import {{ reached }} from "./widget.mjs";
                console.log(JSON.stringify(reached({json.dumps(mask.tolist())}, {layers})));""",
            )
            assert found == expected.tolist()
