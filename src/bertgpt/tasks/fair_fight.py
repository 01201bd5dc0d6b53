"""The fair fight: one class, two masks, the question that goes with each, and everything else equal.

All arms begin with the same weights, read the same rows in the same order and learn by the same steps. Then they sit
the same exams, item by item.

B batch, T tokens, V vocabulary, N tokens that are asked for, n items, k changed places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import device_of, evaluation_mode
from ..model.bert import BERTForPreTraining
from ..model.both import Both, Order
from ..model.config import TransformerConfig
from ..text.batching import IGNORED, generator_for, mask_tokens
from ..text.data import LengthCurriculum, LMBatches
from ..text.tokenizer import Tokenizer
from ..training import distributed
from ..training.checkpoint import resume, save_checkpoint
from ..training.loop import take_step
from ..training.optimisers import OPTIMISERS
from ..training.settings import TrainingSettings

FIGHT_SIZES = dict(max_len=64, d_model=96, n_layers=3, n_heads=3, d_ff=384, dropout=0.0)
ROWS = 16                       # a step reads 16 rows of 64 tokens
SHORT_STEPS = 200               # the first steps read 64 rows of 16: among few neighbours attention soon finds its way
WARMUP = 100


@dataclass(frozen=True)
class Arm:
    """Say what one side of the fight may look at, and what it is asked.

    order: whom a token attends to; rate: the share of the tokens that are hidden and asked for, None where each is
    asked for and none hidden; early: a token is named one place before it, as GPT does; published: BERT's own class,
    norm and head, and its 80/10/10
    """

    order: str = "bidirectional"
    rate: float | None = 0.3
    early: bool = True
    published: bool = False


ARMS = {"BERT": Arm(), "GPT": Arm("causal", None), "left-only": Arm("causal"), "own place": Arm(early=False),
        "published": Arm(early=False, published=True), "15 % hidden": Arm(rate=0.15)}


class BidirectionalBoth(Both):
    """Encode a text in both directions unless the call says otherwise, so that probes and heads read it as a BERT."""

    def encode(self, input_ids: Tensor, *, order: Order = "bidirectional", **named) -> Tensor:
        return super().encode(input_ids, order=order, **named)


def untrained_model(arm: Arm, vocab_size: int, seed: int, sizes: dict = FIGHT_SIZES) -> Both | BERTForPreTraining:
    """Make one side's model; all arms of one class begin with the same weights."""
    torch.manual_seed(seed)
    if arm.published:
        return BERTForPreTraining(TransformerConfig.bert(vocab_size=vocab_size, **sizes))
    kind = BidirectionalBoth if arm.order == "bidirectional" else Both
    return kind(TransformerConfig.gpt(vocab_size=vocab_size, **sizes))


class FightBatches:
    """Cut the same rows for every arm, hide what it hides, and ask for that, or for every token but the first.

    `sample(step)` -> input_ids, labels (B, T), each label where its token stands; at_mask (B, T)
    """

    def __init__(self, documents: list[Tensor], tokenizer: Tokenizer, arm: Arm, length: int, batch_size: int,
                 seed: int = 0):
        self.windows = LMBatches(documents, length, batch_size, seed)
        self.tokenizer, self.arm, self.seed = tokenizer, arm, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        ids = self.windows.sample(step)["input_ids"]                                       # (B, T)
        first, rest = ids[:, :1], ids[:, 1:]
        labels = rest                                                                      # (B, T - 1)
        if self.arm.rate is not None:
            rest, labels = mask_tokens(
                rest, mask_id=self.tokenizer.mask_id, vocab_size=self.tokenizer.vocab_size,
                special_ids=self.tokenizer.special_ids, rate=self.arm.rate,
                unmasked_share=0.2 if self.arm.published else 0.0,
                generator=generator_for(self.seed, step, "masking"))
        labels = torch.cat([torch.full_like(first, IGNORED), labels], dim=1)               # (B, T)
        ids = torch.cat([first, rest], dim=1)                                              # (B, T)
        return {"input_ids": ids, "labels": labels, "at_mask": ids == self.tokenizer.mask_id}


def training_batches(documents: list[Tensor], tokenizer: Tokenizer, arm: Arm, seed: int, sizes: dict = FIGHT_SIZES):
    """Begin with short rows, four times as many, in every arm."""
    length = sizes["max_len"]
    return LengthCurriculum(FightBatches(documents, tokenizer, arm, length // 4, 4 * ROWS, seed),
                            FightBatches(documents, tokenizer, arm, length, ROWS, seed), SHORT_STEPS)


def answer_logits(model, arm: Arm, input_ids: Tensor, asked: Tensor) -> Tensor:
    """Score every token of the vocabulary where a token is asked for: asked (B, T) bool, N True -> (N, V)."""
    if arm.published:
        return model(input_ids, positions=asked)[0]
    hidden = model.encode(input_ids, order=arm.order)                                      # (B, T, D)
    return model.lm_head(hidden[asked.roll(-1, dims=1) if arm.early else asked])           # (N, V)


def fight_objective(arm: Arm, model, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ask for the tokens that have a label: -> loss and, where some are shown, loss_at_mask, scalars in nats."""
    asked = batch["labels"] != IGNORED                                                     # (B, T)
    losses = F.cross_entropy(answer_logits(model, arm, batch["input_ids"], asked), batch["labels"][asked],
                             reduction="none")                                             # (N,)
    at_mask = batch["at_mask"][asked]                                                      # (N,)
    return {"loss": losses.mean()} | ({"loss_at_mask": losses.detach()[at_mask].mean()} if at_mask.any() else {})


def settings_for(steps: int) -> TrainingSettings:
    """Hold the learning rate and let it fall over the last fifth, so that budgets share all that comes before."""
    return TrainingSettings(steps=steps, learning_rate=2e-3, warmup=WARMUP, schedule="trapezoid", optimiser="muon",
                            bfloat16=True)


def train_to(steps: int, arm: Arm, model, batches, trunk: Path | None = None) -> list[dict]:
    """Train a model in place to the end of a budget, from where shorter budgets have left the common trunk.

    trunk: the beginning of the names of the files that keep it; None: none is kept -> history, a row a step
    """
    settings, endless = settings_for(steps), settings_for(10**6)
    optimisers, history = OPTIMISERS[settings.optimiser](model, settings), []
    falls = steps - (steps - settings.warmup) // 5             # the first step after which the rate is lower
    kept = sorted(trunk.parent.glob(f"{trunk.name}-*.safetensors")) if trunk else []
    kept = [path for path in kept if int(path.stem.rpartition("-")[2]) <= falls]
    if kept:
        history = resume(kept[-1], {"model": model}, optimisers, endless)
    losses = distributed.loss_module(model, partial(fight_objective, arm))
    model.train()
    for step in range(len(history), steps):
        if trunk and step == falls and not (path := trunk.with_name(f"{trunk.name}-{step:07}.safetensors")).exists():
            save_checkpoint(path, {"model": model}, optimisers, endless, history)
        row = take_step(step, batches.sample(step), losses, device_of(model), optimisers, settings)
        history.append({"step": row["step"], "loss": row["loss"], "seconds": 0.0})
    model.eval()
    return history


@torch.inference_mode()
def own_loss(model, arm: Arm, batches: Sequence[dict[str, Tensor]]) -> dict[str, list[float]]:
    """Give the loss of each row of some batches, and of each row at [MASK] where some of it is shown.

    -> "loss" and maybe "loss_at_mask", a mean a row, in nats
    """
    found: dict[str, list[float]] = {"loss": [], "loss_at_mask": []}
    with evaluation_mode(model):
        for batch in batches:
            asked = batch["labels"] != IGNORED                                             # (B, T)
            each = torch.full(asked.shape, torch.nan)                                      # (B, T)
            each[asked] = F.cross_entropy(answer_logits(model, arm, batch["input_ids"], asked), batch["labels"][asked],
                                          reduction="none")
            found["loss"] += each.nanmean(dim=1).tolist()
            found["loss_at_mask"] += each.masked_fill(~batch["at_mask"], torch.nan).nanmean(dim=1).tolist()
    return {name: rows for name, rows in found.items() if np.isfinite(rows).all()}


@torch.inference_mode()
def text_scores(model, arm: Arm, rows: Tensor, places: Tensor, mask_id: int, batch_size: int = 16) -> Tensor:
    """Give log p of a text, up to what the texts that it is compared with share with it.

    rows: (n, T); places: (n, k), rising, where such texts differ; -> (n,) in nats
    Under the causal mask it is the log p of every token from the first such place on. Under the bidirectional one the
    places are filled from left to right, each named with all but the later ones in view: their log p given the rest.
    The difference of two such numbers is, either way, the log of how many times likelier one text is than the other.
    """
    at = torch.arange(rows.size(1))                                                        # (T,)
    scores = []
    with evaluation_mode(model):
        for ids, where in zip(rows.split(batch_size), places.split(batch_size)):
            if arm.order == "causal":
                asked = at >= where[:, :1]                                                 # (B, T)
                steps = [(ids, asked)]
            else:
                blanks = (at == where[:, :, None])                                         # (B, k, T)
                steps = [(ids.masked_fill(blanks[:, i:].any(dim=1), mask_id), blanks[:, i])
                         for i in range(where.size(1))]
            total = torch.zeros(len(ids))                                                  # (B,)
            for given, asked in steps:
                logs = -F.cross_entropy(answer_logits(model, arm, given, asked), ids[asked], reduction="none")    # (N,)
                total.index_add_(0, asked.nonzero()[:, 0], logs)
            scores.append(total)
    return torch.cat(scores)                                                               # (n,)
