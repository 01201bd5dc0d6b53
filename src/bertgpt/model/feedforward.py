"""The half of the block in which no token looks at another.

B batch, T tokens, D d_model, F d_ff.
"""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from .config import TransformerConfig

ACTIVATION_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {       # named as in Hugging Face configurations
    "gelu": F.gelu,                                      # exact: x times the normal distribution function
    "gelu_new": partial(F.gelu, approximate="tanh"),     # GPT-2's approximation
    "relu": F.relu,
}


class FeedForward(nn.Module):
    """Apply a two-layer perceptron to each token alone: a linear layer to F, an activation, a linear layer back.

    hidden: (B, T, D) -> (B, T, D)
    Vaswani et al. 2017, section 3.3; GELU: Hendrycks and Gimpel 2016.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.up_proj = nn.Linear(config.d_model, config.d_ff)
        self.down_proj = nn.Linear(config.d_ff, config.d_model)
        self.activation = ACTIVATION_FUNCTIONS[config.activation]

    def forward(self, hidden: Tensor) -> Tensor:
        widened = self.activation(self.up_proj(hidden))                                    # (B, T, F)
        return self.down_proj(widened)                                                     # (B, T, D)
