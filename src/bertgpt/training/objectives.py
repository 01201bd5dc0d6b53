"""What each model is asked while it learns, and the loss on its answers.

Both questions have one form: labels (B, T) that hold the right id where there
is a question and IGNORED elsewhere. BERT is asked about the tokens that were
hidden from it, GPT about the next token, at every position.

B batch, T tokens, V vocabulary, N positions with a label.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..text.batching import IGNORED


def shift_left(input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
    """Label every token with the one that follows it; the last one, and padding, are asked nothing.

    input_ids: (B, T) int, attention_mask: (B, T), 1 = token -> labels (B, T)
    Radford et al. 2018, equation 1.

    >>> shift_left(torch.tensor([[7, 8, 9]])).tolist()
    [[8, 9, -100]]
    """
    labels = torch.full_like(input_ids, IGNORED)                                           # (B, T)
    labels[:, :-1] = input_ids[:, 1:]
    if attention_mask is not None:
        answered = torch.zeros_like(input_ids, dtype=torch.bool)                           # (B, T)
        answered[:, :-1] = (attention_mask[:, :-1] != 0) & (attention_mask[:, 1:] != 0)
        labels = labels.masked_fill(~answered, IGNORED)
    return labels


def token_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Average the cross-entropy over the positions that have a label, and over no others.

    logits: (B, T, V), or (N, V) for the labelled positions alone; labels: (B, T) -> scalar, in nats a token
    """
    if logits.dim() == 2:
        labels = labels[labels != IGNORED]                                                 # (N,)
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED)


def masked_lm_objective(model, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ask BERT for its masked tokens and, where the batch says, whether the second text is the next.

    batch: input_ids, labels, and optionally segment_ids, attention_mask (B, T), is_random_next (B,):
    0 where the second text follows, 1 where it was drawn elsewhere -> loss, mlm_loss, nsp_loss, scalars in nats
    The sum of both means is Devlin et al. 2019, appendix A.2.
    """
    mlm_logits, nsp_logits = model(batch["input_ids"], segment_ids=batch.get("segment_ids"),
                                   attention_mask=batch.get("attention_mask"),
                                   positions=batch["labels"] != IGNORED)                   # (N, V), (B, 2)
    mlm_loss = token_loss(mlm_logits, batch["labels"])
    if "is_random_next" not in batch:
        return {"loss": mlm_loss, "mlm_loss": mlm_loss}
    nsp_loss = F.cross_entropy(nsp_logits, batch["is_random_next"])
    return {"loss": mlm_loss + nsp_loss, "mlm_loss": mlm_loss, "nsp_loss": nsp_loss}


def lm_objective(model, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ask GPT for the next token at every position.

    batch: input_ids and optionally attention_mask (B, T) -> loss, lm_loss, the same scalar in nats
    """
    mask = batch.get("attention_mask")
    loss = token_loss(model(batch["input_ids"], attention_mask=mask), shift_left(batch["input_ids"], mask))
    return {"loss": loss, "lm_loss": loss}
