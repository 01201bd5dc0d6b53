"""BERT: an encoder. Every token attends to the whole text, so a hidden state knows both sides.

Its body is transformer.py's. Compare: diff bert.py gpt.py; diff gpt.py both.py

B batch, T tokens, S tokens attended to, D d_model, V vocabulary.
"""

from torch import Tensor

from . import embeddings, heads, masks, transformer
from .config import TransformerConfig


class BERT(transformer.Transformer):
    """Encode a text by blocks of bidirectional self-attention. Devlin et al. 2019, section 3.

    input_ids, segment_ids, attention_mask (1 = token, 0 = padding, on the right): (B, T) -> hidden (B, T, D)
    """

    def __init__(self, config: TransformerConfig, *, pooler: bool = True):
        super().__init__(config, norm_first=False, count_positions=embeddings.positions_from_the_left)
        self.pooler = heads.Pooler(config) if pooler else None               # read by next-sentence and task heads
        transformer.initialise(self)

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        """Let every token attend to every real token, on both sides of it."""
        seen = masks.bidirectional_mask(n_queries, attention_mask.size(1), attention_mask.device)    # (T, S)
        return masks.combine(seen, masks.padding_mask(attention_mask))                          # (B, 1, T, S)

    def forward(self, input_ids: Tensor, *, segment_ids: Tensor | None = None,
                attention_mask: Tensor | None = None) -> Tensor:
        return self.encode(input_ids, segment_ids=segment_ids, attention_mask=attention_mask)   # (B, T, D)
