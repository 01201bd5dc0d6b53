"""BERT: an encoder. Every token attends to the whole text, so a hidden state knows both sides.

Its body is transformer.py's. Compare: diff bert.py gpt.py; diff gpt.py both.py

B batch, T tokens, S tokens attended to, D d_model, V vocabulary.
"""

from torch import Tensor

from . import embeddings, heads, masks, transformer
from .config import TransformerConfig
from .framing import Framing


class BERT(transformer.Transformer):
    """Encode a text by bidirectional self-attention: ids (B, T) -> hidden (B, T, D). Devlin et al. 2019, section 3."""
    framing = Framing("[CLS]", "[SEP]", ("[SEP]",), head="mlm_head", answers_at=0)                        # figure 2

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
