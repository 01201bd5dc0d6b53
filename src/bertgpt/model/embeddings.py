"""From ids to vectors: what the token is, where it stands, which text it belongs to.

B batch, T tokens, S tokens attended to (T and the cache's), D d_model.
"""

import torch
from torch import Tensor, nn

from .config import TransformerConfig
from .inputs import check_no_cache, check_padding_side


class Embeddings(nn.Module):
    """Sum the embeddings of token, position and, where there are segments, segment.

    input_ids: (B, T) int; position_ids: (T,) or (B, T) int; segment_ids: (B, T) int or None for all zero
    -> (B, T, D)
    Devlin et al. 2019, figure 2; Radford et al. 2018, section 3.1.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.n_positions, self.n_segments = config.max_len, config.n_segments
        self.token = nn.Embedding(config.vocab_size, config.d_model)
        self.position = nn.Embedding(config.max_len, config.d_model)
        self.segment = nn.Embedding(config.n_segments, config.d_model) if config.n_segments else None

    def forward(self, input_ids: Tensor, position_ids: Tensor, segment_ids: Tensor | None = None) -> Tensor:
        hidden = self.token(input_ids) + self.position(position_ids)                           # (B, T, D)
        if self.segment is not None:
            hidden = hidden + self.segment(torch.zeros_like(input_ids) if segment_ids is None else segment_ids)
        return hidden


def positions_from_the_left(attention_mask: Tensor, n_queries: int) -> Tensor:
    """Count positions from the left edge, as BERT does: no cache, and padding on the right. (B, S) bool -> (T,) int."""
    check_no_cache(n_queries, attention_mask.size(1))
    check_padding_side(attention_mask)
    return torch.arange(n_queries, device=attention_mask.device)                               # (T,)


def positions_of_real_tokens(attention_mask: Tensor, n_queries: int) -> Tensor:
    """Count the real tokens, so that padding on the left changes nothing: (B, S) bool -> (B, T) int."""
    return (attention_mask.cumsum(-1) - 1).clamp(min=0)[:, -n_queries:]                        # (B, T)
