"""The attention explorer's arithmetic in node, against the package's masks and softmax."""

import numpy as np
import pytest
import torch
from sizes import B, H, S

from bertgpt.inference.probes import attention_maps
from bertgpt.model.attention import masked_softmax
from bertgpt.model.masks import bidirectional_mask, causal_mask, prefix_mask, window_mask
from bertgpt_book.widgets.mask_explorer import first_layer_scores

T = 5


@pytest.mark.parametrize("name", ["bert", "gpt"])
def test_first_layer_scores_become_the_first_map(name, ids, request):
    model = request.getfixturevalue(name)
    scores = first_layer_scores(model, ids)
    assert scores.shape == (B, H, S, S)
    mask = causal_mask(S) if name == "gpt" else None
    torch.testing.assert_close(masked_softmax(scores, mask), attention_maps(model, ids)[0])


@pytest.mark.parametrize("naive", [False, True])
def test_weights_are_the_package_s_masked_softmax(in_node, naive):
    generator = torch.Generator().manual_seed(3)
    cases = []
    for n in (1, 2, 3, 5, 7):
        scores = 30 * torch.randn(n, n, generator=generator, dtype=torch.float64)
        mask = torch.rand(n, n, generator=generator) > 0.4
        mask[0] = n > 2  # in some, a row that may attend nowhere
        cases += [(scores, mask), (scores, torch.zeros(n, n, dtype=torch.bool))]
    given = [(scores.tolist(), mask.tolist(), naive) for scores, mask in cases]
    found = in_node("masks.js", "return given.map((each) => page.maskedSoftmax(...each));", given)
    for weights, (scores, mask) in zip(found, cases, strict=True):
        weights = torch.from_numpy(np.array(weights, dtype=float))  # NaN comes as None
        plain = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)
        expected = plain if naive else masked_softmax(scores, mask)
        torch.testing.assert_close(weights, expected, equal_nan=True)
    assert ("None" in str(found)) is naive  # or no case has a closed row


def test_masks_are_the_package_s(in_node):
    everyone, causal, place = bidirectional_mask(T), causal_mask(T), torch.arange(T)
    cases = [("bidirectional", {}, everyone), ("causal", {}, causal)]
    for n in range(T + 2):
        cases.append(("prefix", {"prefix": n}, prefix_mask(T, n)))
        for causal_too in (False, True):
            band = window_mask(T, n) & (causal if causal_too else everyone)
            cases.append(("local", {"window": n, "causalToo": causal_too}, band))
        own = torch.arange(T * T).reshape(T, T) % (n + 2) > 0
        cases.append(("own", {"own": own.int().tolist()}, own))
        for side, is_padding in (("right", place >= T - n), ("left", place < n)):
            for causal_too in (False, True):
                options = {"padding": n, "side": side, "causalToo": causal_too}
                cases.append(("padding", options, (causal if causal_too else everyone) & ~is_padding))
    given = [(kind, T, options) for kind, options, _ in cases]
    found = in_node("masks.js", "return given.map((each) => page.buildMask(...each));", given)
    assert found == [mask.tolist() for *_, mask in cases]
