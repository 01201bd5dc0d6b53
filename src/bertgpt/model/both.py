"""Both: a GPT whose mask is chosen at the call, so it can be asked what comes next, and what a blank hides.

Its body is transformer.py's. Compare: diff bert.py gpt.py; diff gpt.py both.py

B batch, T tokens, S tokens attended to, D d_model, V vocabulary.
"""

from torch import Tensor

from . import gpt, inputs, masks, transformer


class Both(gpt.GPT):
    """Predict the next token under any mask: so a hidden one is predicted one position before it.

    input_ids: (B, T), attention_mask (1 = token, 0 = padding): (B, S), S counting the cache -> logits (B, T, V)
    order: "causal", "bidirectional", or how many columns, a prefix, are read both ways, the rest left to right
    Charpentier and Samuel 2024, section 2; Dong et al. 2019.
    """

    def build_mask(self, attention_mask: Tensor, n_queries: int, order: inputs.Order = "causal") -> Tensor:
        """Let every token attend to the real tokens of a prefix, and to those up to itself."""
        n_prefix = inputs.check_order(order, n_queries, attention_mask.size(1))
        seen = masks.prefix_mask(n_queries, n_prefix, attention_mask.size(1), attention_mask.device)  # (T, S)
        return masks.combine(seen, masks.padding_mask(attention_mask))                          # (B, 1, T, S)

    def forward(self, input_ids: Tensor, *, attention_mask: Tensor | None = None,
                cache: transformer.Cache | None = None, order: inputs.Order = "causal") -> Tensor:
        hidden = self.encode(input_ids, attention_mask=attention_mask, cache=cache, order=order)     # (B, T, D)
        return self.lm_head(hidden)                                                             # (B, T, V)
