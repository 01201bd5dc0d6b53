"""Both: a GPT whose mask is chosen at the call, so it can be asked what comes next, and what a blank hides.

Its body is transformer.py's. Compare: diff bert.py gpt.py; diff gpt.py both.py

B batch, T tokens, S tokens attended to, D d_model, V vocabulary.
"""

from torch import Tensor

from . import embeddings, heads, masks, transformer
from .config import TransformerConfig
from .framing import Framing


class Both(transformer.Transformer):
    """Predict the next token in any order: ids (B, T) -> logits (B, T, V). Charpentier and Samuel 2024, section 2."""
    framing = Framing("<eos>", "<eos>", (), head="lm_head", answers_at=-1, blank_order="bidirectional")

    def __init__(self, config: TransformerConfig):
        super().__init__(config, norm_first=True, count_positions=embeddings.positions_of_real_tokens)
        self.lm_head = heads.LMHead(config, self.embeddings.token)
        transformer.initialise(self, narrow_residuals=True)

    def build_mask(self, attention_mask: Tensor, n_queries: int, order: str | int = "causal") -> Tensor:
        """Let every token attend to the real tokens of a prefix, and to those up to itself."""
        n_prefix = masks.prefix_length(order, n_queries, attention_mask.size(1))
        seen = masks.prefix_mask(n_queries, n_prefix, attention_mask.size(1), attention_mask.device)  # (T, S)
        return masks.combine(seen, masks.padding_mask(attention_mask))                          # (B, 1, T, S)

    def forward(self, input_ids: Tensor, *, attention_mask: Tensor | None = None,
                cache: transformer.Cache | None = None, order: str | int = "causal") -> Tensor:
        return self.lm_head(self.encode(input_ids, attention_mask=attention_mask, cache=cache, order=order))
