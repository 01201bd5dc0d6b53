"""The activations against their formulas, and the network against its own definition: token by token."""

import math

import pytest
import torch
from reference import shake
from sizes import SIZES, B, D, F, T

from bertgpt import TransformerConfig
from bertgpt.model.feedforward import FeedForward

FORMULAS = {
    # Hendrycks and Gimpel 2016, section 2.
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "relu": lambda x: x.clamp(min=0),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_widen_bend_narrow(name):
    network = shake(FeedForward(TransformerConfig(**SIZES | {"activation": name})))
    hidden = 3 * torch.randn(B, T, D)
    widened = FORMULAS[name](hidden @ network.up_proj.weight.T + network.up_proj.bias)
    assert widened.shape == (B, T, F)
    torch.testing.assert_close(network(hidden), widened @ network.down_proj.weight.T + network.down_proj.bias)
