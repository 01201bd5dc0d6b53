"""The grid of theta, window and mask in node, against the package's rotation and masks."""

import pytest
import torch

from bertgpt.model.masks import causal_mask, combine, window_mask
from bertgpt.model.modern import rotary_angles, rotate
from bertgpt_book.widgets.rotary_grid import D_HEAD, N_TOKENS, THETAS


def test_a_score_is_that_of_two_equal_vectors_turned(in_node):
    found = in_node(
        "rotary_grid.js",
        f"""const all = [...Array({N_TOKENS}).keys()];
        return given.map((theta) => all.map((t) => all.map((s) => page.score(t - s, theta, {D_HEAD}))));""",
        list(THETAS),
    )
    for theta, scores in zip(THETAS, found, strict=True):
        same = rotate(torch.ones(1, 1, N_TOKENS, D_HEAD), rotary_angles(torch.arange(N_TOKENS)[None], D_HEAD, theta))
        assert torch.tensor(scores) == pytest.approx((same @ same.mT)[0, 0] / D_HEAD, abs=1e-5)  # (T, T)


@pytest.mark.parametrize("causal", [False, True])
def test_token_0_comes_as_far_as_the_mask_hands_it_on(in_node, causal):
    masks = [window_mask(N_TOKENS, window) for window in (0, 1, 3, N_TOKENS - 1)]
    masks = [combine(mask, causal_mask(N_TOKENS)) if causal else mask for mask in masks]
    found = in_node(
        "rotary_grid.js",
        "return given.map((mask) => [1, 2, 4].map((layers) => page.reached(mask, layers)));",
        [mask.tolist() for mask in masks],
    )
    for mask, rows in zip(masks, found, strict=True):
        for layers, knows in zip((1, 2, 4), rows, strict=True):
            dependence = torch.matrix_power(mask.float() + torch.eye(N_TOKENS), layers)[:, 0] > 0
            assert knows == dependence.tolist()
