"""GPT against transformers' GPT-2, and what makes it one: no token sees what comes after it."""

import pytest
import torch
from reference import draw_ids, hf_gpt, our_gpt
from sizes import SIZES, B, L, S, T, V

from bertgpt import GPT, KVCache, TransformerConfig, bidirectional_mask, combine, padding_mask

WHOLE = torch.ones(B, S, dtype=torch.long)
RIGHT = torch.tensor([[1] * S, [1, 1, 1, 1, 1, 0, 0]])                        # (B, S)
LEFT = RIGHT.flip(1)
every_side = pytest.mark.parametrize("attention_mask", [WHOLE, RIGHT, LEFT], ids=["whole", "right", "left"])


def positions(attention_mask):
    """GPT-2 counts real tokens; transformers' forward has to be told."""
    return torch.tensor([[max(sum(row[:t + 1]) - 1, 0) for t in range(len(row))] for row in attention_mask.tolist()])


@every_side
@pytest.mark.parametrize("changes", [
    {}, {"activation_function": "gelu"}, {"activation_function": "relu"}, {"layer_norm_epsilon": 0.1}, {"n_head": 4},
    {"tie_word_embeddings": False},
], ids=str)
def test_gpt_is_transformers_gpt2(changes, attention_mask, ids):
    theirs = hf_gpt(**changes)
    expected = theirs(ids, attention_mask=attention_mask, position_ids=positions(attention_mask)).logits
    real = attention_mask == 1
    logits = our_gpt(theirs)(ids, attention_mask=attention_mask)
    torch.testing.assert_close(logits[real], expected[real], atol=1e-5, rtol=1e-5)
    assert logits.isfinite().all()               # padding's own rows may attend nowhere on the left


@every_side
def test_every_layer_is_transformers_layer(attention_mask, ids):
    theirs = hf_gpt()
    ours = our_gpt(theirs)
    seen = []
    for block in ours.blocks:
        block.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    seen.append(ours.encode(ids, attention_mask=attention_mask))
    states = theirs(ids, attention_mask=attention_mask, position_ids=positions(attention_mask),
                    output_hidden_states=True).hidden_states
    assert len(seen) == L + 1 == len(states)     # theirs are the blocks' inputs, and the last after its norm
    for mine, their in zip(seen, states):
        torch.testing.assert_close(mine[attention_mask == 1], their[attention_mask == 1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("t", range(S))
def test_a_later_token_never_moves_an_earlier_output(gpt, ids, t):
    changed = ids.clone()
    changed[:, t] = ids[:, t] % (V - 1) + 1
    before, after = gpt(ids), gpt(changed)                        # (B, S, V)
    torch.testing.assert_close(after[:, :t], before[:, :t], rtol=0, atol=0)
    assert (before[:, t:] != after[:, t:]).any(-1).all()          # or the test could not fail


def test_padding_on_the_left_does_not_use_up_positions(gpt):
    text = draw_ids(1, S)                                         # as long as there are positions
    padded = torch.cat([torch.zeros(1, 4, dtype=torch.long), text], dim=1)
    torch.testing.assert_close(gpt(padded, attention_mask=torch.tensor([[0] * 4 + [1] * S]))[:, 4:], gpt(text))


def test_a_cache_needs_the_mask_of_the_past_too(gpt, ids):
    cache = [KVCache() for _ in gpt.blocks]
    gpt(ids[:, :T], cache=cache)
    with pytest.raises(ValueError, match=rf"attention_mask must be .* of shape \({B}, {T + 1}\)"):
        gpt(ids[:, T:T + 1], attention_mask=WHOLE[:, :1], cache=cache)


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


class BidirectionalGPT(GPT):
    def build_mask(self, attention_mask, n_queries):
        return combine(bidirectional_mask(n_queries, attention_mask.size(1)), padding_mask(attention_mask))


def test_one_method_turns_gpt_into_a_reader_of_both_sides(gpt, ids):
    flipped = BidirectionalGPT(gpt.config).eval()
    flipped.load_state_dict(gpt.state_dict())
    changed = ids.clone()
    changed[:, -1] = ids[:, -1] % (V - 1) + 1
    assert (flipped(changed) != flipped(ids)).any(-1).all()
    assert not (gpt(changed) != gpt(ids)).any(-1)[:, :-1].any()


def test_a_token_beyond_the_last_position_is_refused_after_a_cache_too(gpt):
    cache = [KVCache() for _ in gpt.blocks]
    gpt(draw_ids(B, S), cache=cache)
    with pytest.raises(ValueError, match=f"max_len = {S}"):
        gpt(draw_ids(B, 1), cache=cache)


def test_gpt_refuses_berts_order_of_norms():
    with pytest.raises(ValueError, match="norm_first=True"):
        GPT(TransformerConfig.bert(**SIZES))


def test_residual_branches_start_narrower_the_deeper_the_stack():
    # Radford et al. 2019, section 2.3: 1 / sqrt(number of residual layers).
    model = GPT(TransformerConfig.gpt(**SIZES | {"d_model": 120, "d_ff": 400, "n_layers": 8}))
    for block in model.blocks:
        for branch in (block.attention.out_proj, block.feedforward.down_proj):
            torch.testing.assert_close(branch.weight.std().item(), 0.02 / 4, atol=2e-4, rtol=0)
        torch.testing.assert_close(block.feedforward.up_proj.weight.std().item(), 0.02, atol=1e-3, rtol=0)
