"""What makes GPT one: no token sees what comes after it."""

import pytest
import torch
from reference import LEFT, draw_ids
from sizes import SIZES, B, L, S, V

from bertgpt import GPT, KVCache, TransformerConfig


@pytest.mark.parametrize("t", range(S))
def test_a_later_token_never_moves_an_earlier_output(gpt, ids, t):
    changed = ids.clone()
    changed[:, t] = ids[:, t] % (V - 1) + 1
    before, after = gpt(ids), gpt(changed)  # (B, S, V)
    torch.testing.assert_close(after[:, :t], before[:, :t], rtol=0, atol=0)
    assert (before[:, t:] != after[:, t:]).any(-1).all()  # or the test could not fail


def test_padding_on_the_left_does_not_use_up_positions(gpt):
    text = draw_ids(1, S)  # as long as there are positions
    padded = torch.cat([torch.zeros(1, 4, dtype=torch.long), text], dim=1)
    torch.testing.assert_close(gpt(padded, attention_mask=torch.tensor([[0] * 4 + [1] * S]))[:, 4:], gpt(text))


@pytest.mark.parametrize("sizes", [[1] * S, [3, 1, 3], [6, 1]])
@pytest.mark.parametrize("attention_mask", [None, LEFT], ids=["whole", "left"])
def test_a_cache_read_piece_by_piece_equals_the_whole(gpt, ids, attention_mask, sizes):
    cache, read, pieces = [KVCache() for _ in gpt.blocks], 0, []
    for piece in ids.split(sizes, dim=1):
        read += piece.size(1)
        so_far = None if attention_mask is None else attention_mask[:, :read]
        pieces.append(gpt(piece, attention_mask=so_far, cache=cache))
        assert [layer.length for layer in cache] == [read] * L
    real = torch.ones_like(ids) if attention_mask is None else attention_mask
    whole = gpt(ids, attention_mask=attention_mask)
    torch.testing.assert_close(torch.cat(pieces, dim=1)[real == 1], whole[real == 1])


def test_a_token_beyond_the_last_position_is_refused_after_a_cache_too(gpt):
    cache = [KVCache() for _ in gpt.blocks]
    gpt(draw_ids(B, S), cache=cache)
    with pytest.raises(ValueError, match=f"max_len = {S}"):
        gpt(draw_ids(B, 1), cache=cache)


def test_residual_branches_start_narrower_the_deeper_the_stack():
    # Radford et al. 2019, section 2.3: 1 / sqrt(number of residual layers).
    model = GPT(TransformerConfig.gpt(**SIZES | {"d_model": 120, "d_ff": 400, "n_layers": 8}))
    for block in model.blocks:
        for branch in (block.attention.out_proj, block.feedforward.down_proj):
            torch.testing.assert_close(branch.weight.std().item(), 0.02 / 4, atol=2e-4, rtol=0)
        torch.testing.assert_close(block.feedforward.up_proj.weight.std().item(), 0.02, atol=1e-3, rtol=0)
