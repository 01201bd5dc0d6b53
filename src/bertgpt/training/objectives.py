"""What each model has to predict while it learns, and the loss on its predictions.

An objective takes a model and a batch and returns means by name, scalars. Labels (B, T) hold the target
id at the positions to predict, IGNORED elsewhere.

B batch, T tokens, V vocabulary, N positions with a label.
"""

from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import Tensor

from ..text.batching import IGNORED


def shift_left(input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
    """Label every token with the one that follows it; the last one, and padding, have no label.

    input_ids: (B, T) int, attention_mask: (B, T), 1 = token -> labels (B, T)
    Radford et al. 2018, equation 1.

    >>> shift_left(torch.tensor([[7, 8, 9]])).tolist()
    [[8, 9, -100]]
    """
    labels = torch.full_like(input_ids, IGNORED, dtype=torch.long)  # (B, T)
    labels[:, :-1] = input_ids[:, 1:]
    if attention_mask is not None:
        labelled = torch.zeros_like(input_ids, dtype=torch.bool)  # (B, T)
        labelled[:, :-1] = (attention_mask[:, :-1] != 0) & (attention_mask[:, 1:] != 0)
        labels = labels.masked_fill(~labelled, IGNORED)
    return labels


def token_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Average the cross-entropy over the positions that have a label, and over no others.

    logits: (B, T, V), labels: (B, T), or (N, V) and (N,) -> scalar, in nats per token; NaN without labels
    """
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED)


def masked_lm_objective(model, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict BERT's masked tokens and, for a batch of pairs, whether the second text is the next.

    batch: input_ids, labels and optionally segment_ids, attention_mask, at_mask (B, T): whether the
    token is [MASK]; is_random_next (B,): 0 where the second text follows, 1 where it was drawn elsewhere
    -> mlm_loss, nsp_loss, loss_at_mask, scalars in nats; the last is over [MASK] alone, without gradient
    The sum of the first two is Devlin et al. 2019, appendix A.2.
    """
    labelled = batch["labels"] != IGNORED  # (B, T)
    mlm_logits, nsp_logits = model(
        batch["input_ids"],
        segment_ids=batch.get("segment_ids"),
        attention_mask=batch.get("attention_mask"),
        positions=labelled,
    )  # (N, V), (B, 2)
    losses = F.cross_entropy(mlm_logits, batch["labels"][labelled], reduction="none")  # (N,)
    measured = {"mlm_loss": losses.mean()}
    if "is_random_next" in batch and nsp_logits is not None:  # None: the model has no such head
        measured["nsp_loss"] = F.cross_entropy(nsp_logits, batch["is_random_next"])
    if "at_mask" in batch:
        measured["loss_at_mask"] = losses.detach()[batch["at_mask"][labelled]].mean()
    return measured


def lm_objective(model, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict GPT's next token at every position.

    batch: input_ids and optionally attention_mask (B, T) -> lm_loss, a scalar in nats
    """
    mask = batch.get("attention_mask")
    logits = model(batch["input_ids"], attention_mask=mask)  # (B, T, V)
    return {"lm_loss": token_loss(logits, shift_left(batch["input_ids"], mask))}


def both_objective(model, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict the next token left to right or, if the batch has labels, at [MASK].

    model: a `Both` model; batch: input_ids and optionally attention_mask, labels (B, T)
    -> lm_loss, or mlm_loss under the bidirectional mask, a scalar in nats. Charpentier and Samuel 2024, section 2.
    """
    if "labels" not in batch:
        return lm_objective(model, batch)
    labelled = batch["labels"] != IGNORED  # (B, T)
    hidden = model.encode(batch["input_ids"], attention_mask=batch.get("attention_mask"), order="bidirectional")
    return {"mlm_loss": token_loss(model.lm_head(hidden[labelled]), batch["labels"][labelled])}


def predictions(batch: dict[str, Tensor]) -> dict[str, int]:
    """Count what each mean of an objective is taken over, by its name.

    -> lm_loss: tokens with a next one; nsp_loss: rows; loss_at_mask: labels at [MASK];
    any other name: labels, or the rows of a batch that has none
    """
    n_rows = n_labels = len(batch["input_ids"])
    if "labels" in batch:
        n_labels = int((batch["labels"] != IGNORED).sum())
    followed = shift_left(batch["input_ids"], batch.get("attention_mask")) != IGNORED  # (B, T)
    counts = defaultdict(lambda: n_labels, nsp_loss=n_rows, lm_loss=int(followed.sum()))
    if "at_mask" in batch:
        counts["loss_at_mask"] = int((batch["at_mask"] & (batch["labels"] != IGNORED)).sum())
    return counts


def total_loss(measured: dict):
    """Return what is minimised: "loss" or, where there are parts instead, the sum of the "..._loss"."""
    if "loss" in measured:
        return measured["loss"]
    return sum(value for name, value in measured.items() if name.endswith("_loss"))
