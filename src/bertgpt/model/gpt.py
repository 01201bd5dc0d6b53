"""GPT: a decoder. No token attends to what comes after it, so it can be asked what comes next.

Its body is transformer.py's. Compare: diff bert.py gpt.py; diff gpt.py both.py

B batch, T tokens, S tokens attended to, D d_model, V vocabulary.
"""

from torch import Tensor

from . import embeddings, heads, masks, transformer
from .config import TransformerConfig
from .framing import Framing


class GPT(transformer.Transformer):
    """Predict the next token by causal self-attention: ids (B, T) -> logits (B, T, V). Radford et al. 2018, 2019."""
    framing = Framing("<eos>", "<eos>", (), head="lm_head", answers_at=-1, fills_blanks=False)

    def __init__(self, config: TransformerConfig):
        super().__init__(config, norm_first=True, count_positions=embeddings.positions_of_real_tokens)
        self.lm_head = heads.LMHead(config, self.embeddings.token)
        transformer.initialise(self, narrow_residuals=True)

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        """Let every token attend to the real tokens up to itself, and to none after it."""
        seen = masks.causal_mask(n_queries, attention_mask.size(1), attention_mask.device)      # (T, S)
        return masks.combine(seen, masks.padding_mask(attention_mask))                          # (B, 1, T, S)

    def forward(self, input_ids: Tensor, *, attention_mask: Tensor | None = None,
                cache: transformer.Cache | None = None) -> Tensor:
        return self.lm_head(self.encode(input_ids, attention_mask=attention_mask, cache=cache))
