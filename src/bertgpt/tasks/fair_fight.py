"""The fair fight: one class, two masks, each with its objective, and everything else equal.

All arms start from the same weights, read the same rows in the same order and train for the same
steps.

B batch, T tokens, V vocabulary, N tokens to predict.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..model.bert import BERTForPreTraining
from ..model.both import Both
from ..model.config import TransformerConfig
from ..text.batching import IGNORED, generator_for, mask_tokens
from ..text.data import LengthCurriculum, LMBatches
from ..text.tokenizer import Tokenizer
from ..training.settings import TrainingSettings

FIGHT_SIZES = dict(max_len=64, d_model=96, n_layers=3, n_heads=3, d_ff=384, dropout=0.0)
ROWS = 16                       # a step reads 16 rows of 64 tokens
SHORT_STEPS = 200               # the first steps read 64 rows of 16: attention learns sooner among few tokens
WARMUP = 100


@dataclass(frozen=True)
class Arm:
    """One side of the fight.

    order: "causal" or "bidirectional"; rate: share of the tokens that are hidden and predicted,
    None to predict all and hide none; early: a token is predicted one position before it, as in
    GPT; published: BERT's own class, norm and head, and its 80/10/10
    """

    order: str = "bidirectional"
    rate: float | None = 0.3
    early: bool = True
    published: bool = False


ARMS = {"BERT": Arm(), "GPT": Arm("causal", None), "left-only": Arm("causal"),
        "own place": Arm(early=False), "published": Arm(early=False, published=True),
        "15 % hidden": Arm(rate=0.15)}


def untrained_model(arm: Arm, vocab_size: int, seed: int,
                    sizes: dict = FIGHT_SIZES) -> Both | BERTForPreTraining:
    """Make the model of one arm; all arms of one class have the same initial weights."""
    torch.manual_seed(seed)
    if arm.published:
        return BERTForPreTraining(TransformerConfig.bert(vocab_size=vocab_size, **sizes))
    return Both(TransformerConfig.gpt(vocab_size=vocab_size, **sizes))


class FightBatches:
    """Cut the same rows for every arm; hide and label what it predicts, or label all but the first token.

    `sample(step)` -> input_ids, labels (B, T), each label at its token's position; at_mask (B, T)
    """

    def __init__(self, documents: list[Tensor], tokenizer: Tokenizer, arm: Arm, length: int,
                 batch_size: int, seed: int = 0):
        self.windows = LMBatches(documents, length, batch_size, seed)
        self.tokenizer, self.arm, self.seed = tokenizer, arm, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        tokenizer = self.tokenizer
        ids = self.windows.sample(step)["input_ids"]                               # (B, T)
        first, rest = ids[:, :1], ids[:, 1:]
        labels = rest                                                              # (B, T - 1)
        if self.arm.rate is not None:
            rest, labels = mask_tokens(
                rest, mask_id=tokenizer.mask_id, vocab_size=tokenizer.vocab_size,
                special_ids=tokenizer.special_ids, rate=self.arm.rate,
                unmasked_share=0.2 if self.arm.published else 0.0,
                generator=generator_for(self.seed, step, "masking"))
        labels = torch.cat([torch.full_like(first, IGNORED), labels], dim=1)       # (B, T)
        ids = torch.cat([first, rest], dim=1)                                      # (B, T)
        return {"input_ids": ids, "labels": labels, "at_mask": ids == tokenizer.mask_id}


def training_batches(documents: list[Tensor], tokenizer: Tokenizer, arm: Arm, seed: int,
                     sizes: dict = FIGHT_SIZES):
    """Start with short rows, four times as many, in every arm."""
    length = sizes["max_len"]
    return LengthCurriculum(FightBatches(documents, tokenizer, arm, length // 4, 4 * ROWS, seed),
                            FightBatches(documents, tokenizer, arm, length, ROWS, seed), SHORT_STEPS)


def target_logits(model, arm: Arm, input_ids: Tensor, targets: Tensor) -> Tensor:
    """Compute the logits for the tokens to predict: targets (B, T) bool, N of them True -> (N, V)."""
    if arm.published:
        return model(input_ids, positions=targets)[0]
    hidden = model.encode(input_ids, order=arm.order)                              # (B, T, D)
    return model.lm_head(hidden[targets.roll(-1, dims=1) if arm.early else targets])       # (N, V)


def objective_for(arm: Arm) -> Callable:
    """Make the objective of an arm: (model, batch) -> loss, and loss_at_mask if anything is hidden, in nats."""
    def objective(model, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        targets = batch["labels"] != IGNORED                                       # (B, T)
        logits = target_logits(model, arm, batch["input_ids"], targets)            # (N, V)
        losses = F.cross_entropy(logits, batch["labels"][targets], reduction="none")   # (N,)
        at_mask = batch["at_mask"][targets]                                        # (N,)
        hidden = {"loss_at_mask": losses.detach()[at_mask].mean()} if at_mask.any() else {}
        return {"loss": losses.mean()} | hidden

    return objective


def settings_for(steps: int) -> TrainingSettings:
    """Hold the learning rate and decay it over the last fifth, so that budgets share all steps before."""
    return TrainingSettings(steps=steps, learning_rate=2e-3, warmup=WARMUP, schedule="trapezoid",
                            optimiser="muon", bfloat16=True)
