"""The grid of theta, window and mask in node, against the package's rotation and masks."""

import pytest
import torch

from bertgpt.model.masks import causal_mask, combine, window_mask
from bertgpt_book.modern.model import rotary_angles, rotate

T = 10


def test_a_score_is_that_of_two_equal_vectors_turned(in_node):
    thetas, d_head, found = in_node(
        "rotary_grid.js",
        f"""const all = [...Array({T}).keys()];
        const scores = page.THETAS.map((theta) => all.map((t) => all.map((s) => page.score(t - s, theta))));
        return [page.THETAS, page.D_HEAD, scores];""",
    )
    for theta, scores in zip(thetas, found, strict=True):
        same = rotate(torch.ones(1, 1, T, d_head), rotary_angles(torch.arange(T)[None], d_head, theta))
        assert torch.tensor(scores) == pytest.approx((same @ same.mT)[0, 0] / d_head, abs=1e-5)  # (T, T)


@pytest.mark.parametrize("causal", [False, True])
def test_token_0_comes_as_far_as_the_mask_hands_it_on(in_node, causal):
    masks = [window_mask(T, window) for window in (0, 1, 3, T - 1)]
    masks = [combine(mask, causal_mask(T)) if causal else mask for mask in masks]
    found = in_node(
        "rotary_grid.js",
        "return given.map((mask) => [1, 2, 4].map((layers) => page.reached(mask, layers)));",
        [mask.tolist() for mask in masks],
    )
    for mask, rows in zip(masks, found, strict=True):
        for layers, knows in zip((1, 2, 4), rows, strict=True):
            dependence = torch.matrix_power(mask.float() + torch.eye(T), layers)[:, 0] > 0
            assert knows == dependence.tolist()
