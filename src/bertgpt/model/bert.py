"""BERT: an encoder. Every token sees the whole text, so a hidden state knows both sides.

Laid out line by line like gpt.py. Compare them: diff bert.py gpt.py

B batch, T tokens, S tokens attended to, D d_model, V vocabulary, N chosen positions.
"""

import torch
from torch import Tensor, nn

from .block import TransformerBlock, initialise
from .config import TransformerConfig
from .embeddings import Embeddings
from .heads import MaskedLMHead, NextSentenceHead, Pooler
from .masks import bidirectional_mask, combine, padding_mask, real_tokens


class BERT(nn.Module):
    """Encode a text by blocks of bidirectional self-attention; the pooler waits for a head that reads it.

    input_ids, segment_ids, attention_mask (1 = token, 0 = padding): (B, T) -> hidden (B, T, D)
    Pad on the right: positions count from the left edge. Devlin et al. 2019, section 3.
    """

    def __init__(self, config: TransformerConfig, *, pooler: bool = True):
        super().__init__()
        if config.norm_first:
            raise ValueError("BERT normalises residual sums: its config needs norm_first=False")
        self.config = config
        self.embeddings = Embeddings(config)
        self.embedding_norm = nn.LayerNorm(config.d_model, eps=config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList([TransformerBlock(config) for _ in range(config.n_layers)])
        self.pooler = Pooler(config) if pooler else None
        self.apply(initialise)

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        """Let every token attend to every real token, on both sides of it."""
        order = bidirectional_mask(n_queries, attention_mask.size(1), attention_mask.device)   # (T, S)
        return combine(order, padding_mask(attention_mask))                                    # (B, 1, T, S)

    def encode(self, input_ids: Tensor, *, segment_ids: Tensor | None = None,
               attention_mask: Tensor | None = None) -> Tensor:
        """Return the last block's hidden states, (B, T, D): what heads and probes read."""
        attention_mask = real_tokens(self.config.vocab_size, input_ids, attention_mask, pad_on_left=False)  # (B, S)
        position_ids = torch.arange(input_ids.size(1), device=input_ids.device)                # (T,)

        hidden = self.embeddings(input_ids, position_ids, segment_ids)                         # (B, T, D)
        hidden = self.dropout(self.embedding_norm(hidden))
        mask = self.build_mask(attention_mask, n_queries=input_ids.size(1))                    # (B, 1, T, S)
        for block in self.blocks:
            hidden = block(hidden, mask)
        return hidden

    def forward(self, input_ids: Tensor, *, segment_ids: Tensor | None = None,
                attention_mask: Tensor | None = None) -> Tensor:
        return self.encode(input_ids, segment_ids=segment_ids, attention_mask=attention_mask)  # (B, T, D)


class BERTForPreTraining(BERT):
    """Predict the masked tokens, and whether the second text follows the first.

    input_ids, segment_ids, attention_mask: (B, T); positions: (B, T) bool, of which N are True
    -> mlm_logits (B, T, V), or (N, V) with positions; nsp_logits (B, 2), column 0 "is next", or
    None without that head
    Devlin et al. 2019, section 3.1.
    """

    def __init__(self, config: TransformerConfig, *, next_sentence: bool = True):
        super().__init__(config, pooler=next_sentence)
        self.mlm_head = MaskedLMHead(config, self.embeddings.token)
        self.nsp_head = NextSentenceHead(config) if next_sentence else None

    def forward(self, input_ids: Tensor, *, segment_ids: Tensor | None = None, attention_mask: Tensor | None = None,
                positions: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        hidden = self.encode(input_ids, segment_ids=segment_ids, attention_mask=attention_mask)  # (B, T, D)
        mlm_logits = self.mlm_head(hidden, positions)                                          # (B, T, V) or (N, V)
        if self.pooler is None or self.nsp_head is None:
            return mlm_logits, None
        return mlm_logits, self.nsp_head(self.pooler(hidden))                                  # (B, 2)
