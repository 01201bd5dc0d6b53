"""Both: GPT's body, and whoever calls it chooses who may look at whom.

Laid out line by line like gpt.py. Compare them: diff gpt.py both.py
The state at t names token t + 1 under every mask, so one head serves both games:
what comes next, and what stood where there is a blank now.

B batch, T tokens, S tokens attended to, D d_model, V vocabulary.
"""

from torch import Tensor

from .attention import KVCache
from .gpt import GPT
from .masks import combine, padding_mask, prefix_mask, real_tokens

Order = str | int     # "causal", "bidirectional", or how many tokens of a prefix are read both ways


class Both(GPT):
    """Read a text in the order that is asked for and, at every token, score the next one.

    input_ids: (B, T); attention_mask (1 = token, 0 = padding): (B, S), S counting the cache
    -> logits (B, T, V)
    order: "causal" (a GPT), "bidirectional" (it fills blanks), or how many columns, a prefix, are
    read both ways, the rest left to right. Its weights are those of a GPT-2. Charpentier and Samuel
    2024, section 2; Dong et al. 2019.
    """

    def build_mask(self, attention_mask: Tensor, n_queries: int, order: Order = "causal") -> Tensor:
        """Let every token attend to the real tokens of a prefix, and to those up to itself.

        A causal order is a prefix of no token, a bidirectional one a prefix of all.
        """
        n_keys, device = attention_mask.size(1), attention_mask.device
        prefix = {"causal": 0, "bidirectional": n_keys}[order] if order in ("causal", "bidirectional") else order
        if type(prefix) is not int or not 0 <= prefix <= n_keys:
            raise ValueError(f'order must be "causal", "bidirectional" or the length of a prefix, 0 to {n_keys}, '
                             f"not {order!r}")
        if prefix > n_keys - n_queries > 0:
            raise ValueError(f"the {n_keys - n_queries} tokens in the cache have not seen what order={order!r} shows "
                             "them: read the whole prefix at once, and no bidirectional text through a cache")
        seen = prefix_mask(n_queries, prefix, n_keys, device)                                  # (T, S)
        return combine(seen, padding_mask(attention_mask))                                     # (B, 1, T, S)

    def encode(self, input_ids: Tensor, *, attention_mask: Tensor | None = None,
               cache: list[KVCache] | None = None, order: Order = "causal") -> Tensor:
        """Return the last block's hidden states, normalised, (B, T, D): what heads and probes read."""
        n_past = cache[0].length if cache is not None else 0
        attention_mask = real_tokens(self.config.vocab_size, input_ids, attention_mask, n_past=n_past)   # (B, S)
        position_ids = (attention_mask.cumsum(-1) - 1).clamp(min=0)                            # (B, S)

        hidden = self.embeddings(input_ids, position_ids)                                      # (B, T, D)
        hidden = self.dropout(hidden)
        mask = self.build_mask(attention_mask, input_ids.size(1), order)                       # (B, 1, T, S)
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, mask, cache[layer] if cache is not None else None)
        return self.final_norm(hidden)

    def forward(self, input_ids: Tensor, *, attention_mask: Tensor | None = None,
                cache: list[KVCache] | None = None, order: Order = "causal") -> Tensor:
        hidden = self.encode(input_ids, attention_mask=attention_mask, cache=cache, order=order)   # (B, T, D)
        return self.lm_head(hidden)                                                            # (B, T, V)
