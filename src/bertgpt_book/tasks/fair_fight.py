"""The fair fight: one class, two masks, each with its objective, and everything else equal.

All arms start from the same weights, read the same rows in the same order and train for the same steps.

B batch, T tokens.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bertgpt.model.both import Both
from bertgpt.model.config import TransformerConfig
from bertgpt.text.batching import IGNORED, generator_for
from bertgpt.text.data import LMBatches, hide_tokens
from bertgpt.text.tokenizer import Tokenizer

FIGHT_SIZES = dict(max_len=64, d_model=96, n_layers=3, n_heads=3, d_ff=384, dropout=0.0)


@dataclass(frozen=True)
class Arm:
    """One side of the fight. Each predicts a token from the position before it, as GPT does.

    order: "causal" or "bidirectional"; rate: share of the tokens that are hidden and predicted,
    None to predict all and hide none; in_view: whether the tokens to predict are not hidden after all
    """

    order: str = "bidirectional"
    rate: float | None = 0.3
    in_view: bool = False


ARMS = {
    "BERT": Arm(),
    "GPT": Arm("causal", None),
    "left-only": Arm("causal"),
    "15 % hidden": Arm(rate=0.15),
    "GPT, asked as often as BERT": Arm("causal", in_view=True),
}


def untrained_model(vocab_size: int, seed: int, sizes: dict = FIGHT_SIZES) -> Both:
    """Make the model of every arm, with the weights that a seed gives it."""
    torch.manual_seed(seed)
    return Both(TransformerConfig.gpt(vocab_size=vocab_size, **sizes))


class FightBatches:
    """Cut the same rows for every arm; hide and label what it predicts, or label all but the first token.

    `sample(step)` -> input_ids, labels (B, T), each label at its token's position
    """

    def __init__(
        self, documents: list[Tensor], tokenizer: Tokenizer, arm: Arm, length: int, batch_size: int, seed: int = 0
    ):
        self.windows = LMBatches(documents, length, batch_size, seed)
        self.tokenizer, self.arm, self.seed = tokenizer, arm, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        ids = self.windows.sample(step)["input_ids"]  # (B, T)
        first, rest = ids[:, :1], ids[:, 1:]
        labels = rest  # (B, T - 1)
        if self.arm.rate is not None:
            generator = generator_for(self.seed, step, "masking")
            hidden, labels = hide_tokens(self.tokenizer, rest, self.arm.rate, generator, unmasked_share=0.0)
            rest = rest if self.arm.in_view else hidden
        labels = torch.cat([torch.full_like(first, IGNORED), labels], dim=1)  # (B, T)
        return {"input_ids": torch.cat([first, rest], dim=1), "labels": labels}


def to_scores(outcomes: str) -> np.ndarray:
    """Turn recorded outcomes into scores: "1" (right) is 1, "0" is 0, "=" (a tie) a half -> (n,)."""
    return np.array([{"1": 1.0, "0": 0.0, "=": 0.5}[outcome] for outcome in outcomes])
