"""The block against torch's encoder layer, in both orders of norm and residual."""

import pytest
import torch
from reference import copied, pairs, shake
from sizes import SIZES, B, D, F, H, S
from torch import nn
from torch.nn import functional

from bertgpt import TransformerBlock, TransformerConfig, causal_mask, combine, padding_mask

ATTENTION_MASK = torch.tensor([[1] * S, [1, 1, 1, 1, 0, 0, 0]])  # (B, S)


@pytest.mark.parametrize("causal", [False, True], ids=["bidirectional", "causal"])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("norm_first", [False, True], ids=["norm last", "norm first"])
def test_the_block_is_torchs_encoder_layer(norm_first, activation, causal):
    config = TransformerConfig(**SIZES | {"norm_first": norm_first, "activation": activation, "norm_eps": 1e-5})
    block = shake(TransformerBlock(config))
    switches = dict(layer_norm_eps=1e-5, batch_first=True, norm_first=norm_first)
    layer = nn.TransformerEncoderLayer(D, H, F, dropout=0.0, activation=getattr(functional, activation), **switches)
    attention = block.attention
    with torch.no_grad():
        projections = attention.q_proj, attention.k_proj, attention.v_proj
        layer.self_attn.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
        layer.self_attn.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
    names = "self_attn.out_proj attention.out_proj, norm1 norm1, norm2 norm2, linear1 feedforward.up_proj"
    copied(pairs(layer, block, names + ", linear2 feedforward.down_proj"))

    order = causal_mask(S) if causal else torch.ones(S, S, dtype=torch.bool)
    hidden = torch.randn(B, S, D, requires_grad=True)
    ours = block(hidden, combine(order, padding_mask(ATTENTION_MASK)))
    theirs = layer(hidden, src_mask=~order, src_key_padding_mask=ATTENTION_MASK == 0)  # True = may not
    torch.testing.assert_close(ours, theirs)
    direction = torch.randn(B, S, D)
    torch.testing.assert_close(*(torch.autograd.grad(output, hidden, direction) for output in (ours, theirs)))
