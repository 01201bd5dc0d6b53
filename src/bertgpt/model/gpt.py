"""GPT: a decoder. Every token sees only what comes before it, so it can be asked what comes next.

Laid out line by line like bert.py. Compare them: diff bert.py gpt.py

B batch, T tokens, S tokens attended to, D d_model, V vocabulary.
"""

import math

from torch import Tensor, nn

from .attention import KVCache
from .block import TransformerBlock, initialise
from .config import TransformerConfig
from .embeddings import Embeddings
from .heads import LMHead
from .masks import causal_mask, combine, padding_mask, real_tokens


class GPT(nn.Module):
    """Encode a text by blocks of causal self-attention, and predict at every token the next one.

    input_ids: (B, T); attention_mask (1 = token, 0 = padding): (B, S), S counting the cache
    -> logits (B, T, V)
    Pad on either side: positions count real tokens. Radford et al. 2018, section 3.1; 2019, section 2.3.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        if not config.norm_first:
            raise ValueError("GPT normalises the inputs of residuals: its config needs norm_first=True")
        self.config = config
        self.embeddings = Embeddings(config)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList([TransformerBlock(config) for _ in range(config.n_layers)])
        self.final_norm = nn.LayerNorm(config.d_model, eps=config.norm_eps)
        self.lm_head = LMHead(config, self.embeddings.token)
        self.apply(initialise)
        for name, matrix in self.blocks.named_parameters():    # 2 L residuals add up: keep their sum as wide as one
            if name.endswith(("out_proj.weight", "down_proj.weight")):                         # (2019, section 2.3)
                nn.init.normal_(matrix, std=0.02 / math.sqrt(2 * config.n_layers))

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        """Let every token attend to the real tokens up to itself, and to none after it."""
        order = causal_mask(n_queries, attention_mask.size(1), attention_mask.device)          # (T, S)
        return combine(order, padding_mask(attention_mask))                                    # (B, 1, T, S)

    def encode(self, input_ids: Tensor, *, attention_mask: Tensor | None = None,
               cache: list[KVCache] | None = None) -> Tensor:
        """Return the last block's hidden states, normalised, (B, T, D): what heads and probes read."""
        n_past = cache[0].length if cache is not None else 0
        attention_mask = real_tokens(self.config.vocab_size, input_ids, attention_mask, n_past=n_past)   # (B, S)
        position_ids = (attention_mask.cumsum(-1) - 1).clamp(min=0)                            # (B, S)

        hidden = self.embeddings(input_ids, position_ids)                                      # (B, T, D)
        hidden = self.dropout(hidden)
        mask = self.build_mask(attention_mask, n_queries=input_ids.size(1))                    # (B, 1, T, S)
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, mask, cache[layer] if cache is not None else None)
        return self.final_norm(hidden)

    def forward(self, input_ids: Tensor, *, attention_mask: Tensor | None = None,
                cache: list[KVCache] | None = None) -> Tensor:
        hidden = self.encode(input_ids, attention_mask=attention_mask, cache=cache)            # (B, T, D)
        return self.lm_head(hidden)                                                            # (B, T, V)
