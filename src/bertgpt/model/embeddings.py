"""From ids to vectors: what the token is, where it stands, which text it belongs to.

Positions are learned, as in BERT and GPT-2, so there are only `max_len` of them.

B batch, T tokens, D d_model.
"""

import torch
from torch import Tensor, nn

from .config import TransformerConfig


class Embeddings(nn.Module):
    """Sum the embeddings of token, position and, where there are segments, segment.

    input_ids: (B, T) int; position_ids: (T,) or (B, S) int, the last T of which are those of input_ids;
    segment_ids: (B, T) int or None for all zero -> (B, T, D)
    Raises ValueError when a position reaches `max_len`, or segments come without a table for them.
    Devlin et al. 2019, figure 2; Radford et al. 2018, section 3.1.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.max_len = config.max_len
        self.token = nn.Embedding(config.vocab_size, config.d_model)
        self.position = nn.Embedding(config.max_len, config.d_model)
        self.segment = nn.Embedding(config.n_segments, config.d_model) if config.n_segments else None

    def forward(self, input_ids: Tensor, position_ids: Tensor, segment_ids: Tensor | None = None) -> Tensor:
        # The shape first: reading a value stalls an accelerator, and torch.compile cannot follow it.
        if position_ids.size(-1) > self.max_len and (longest := int(position_ids.max()) + 1) > self.max_len:
            raise ValueError(f"a text of {longest} tokens: this model has learned max_len = {self.max_len} positions")
        hidden = self.token(input_ids) + self.position(position_ids[..., -input_ids.size(1):])     # (B, T, D)
        if segment_ids is not None and (self.segment is None or segment_ids.shape != input_ids.shape):
            raise ValueError(f"segment_ids {(*segment_ids.shape,)}: one for each of input_ids, none if n_segments = 0")
        if self.segment is not None:
            hidden = hidden + self.segment(torch.zeros_like(input_ids) if segment_ids is None else segment_ids)
        return hidden
