"""The block both models are made of: attention, feed-forward, two residuals, two norms.

The mask is handed through. Nothing here knows whether it builds BERT or GPT.

B batch, T tokens, S tokens attended to, D d_model.
"""

from torch import Tensor, nn

from .attention import KVCache, MultiHeadAttention
from .config import TransformerConfig
from .feedforward import FeedForward


def build_norm(config: TransformerConfig) -> nn.Module:
    """Make a layer norm: (..., D) -> (..., D). Ba et al. 2016."""
    return nn.LayerNorm(config.d_model, eps=config.norm_eps)


class TransformerBlock(nn.Module):
    """Apply self-attention, then a feed-forward network, each with a residual connection and a layer norm.

    hidden: (B, T, D), mask: bool, broadcasts to (B, H, T, S) -> (B, T, D)
    Vaswani et al. 2017, section 3.1 (BERT normalises the sum); Radford et al. 2019, section 2.3
    (GPT-2, the input).
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.norm_first = config.norm_first
        self.attention = MultiHeadAttention(config)
        self.norm1 = build_norm(config)
        self.feedforward = FeedForward(config)
        self.norm2 = build_norm(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor, mask: Tensor | None = None, cache: KVCache | None = None) -> Tensor:
        if self.norm_first:
            hidden = hidden + self.dropout(self.attention(self.norm1(hidden), mask, cache))
            return hidden + self.dropout(self.feedforward(self.norm2(hidden)))
        hidden = self.norm1(hidden + self.dropout(self.attention(hidden, mask, cache)))
        return self.norm2(hidden + self.dropout(self.feedforward(hidden)))
