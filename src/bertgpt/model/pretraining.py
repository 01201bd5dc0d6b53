"""What BERT learns from: the body of bert.py under two heads at once.

B batch, T tokens, D d_model, V vocabulary, N chosen positions.
"""

from torch import Tensor

from .bert import BERT
from .config import TransformerConfig
from .heads import MaskedLMHead, NextSentenceHead


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
