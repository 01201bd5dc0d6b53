"""How long is BERT's plateau? Chapter 06's letters from five seeds, and a GPT that is asked as rarely.

The chapter trains one BERT: *Emma* in letters, one block, rows of 18, measured on *Persuasion*. A seed draws the
weights and the order of the text; seed 0 is the chapter's. The measure is the loss at [MASK], every 25 steps.

What could come out: all seeds leave the plateau at about the same step, or the end of it moves. *Left* is the first
measured step at which the loss is 0.3 nats below the letters' frequencies on the same blanks.

The chapter compares equal steps, in which GPT is asked about 2,176 letters and BERT about 256. So *GPT, asked as often*
has two labels in each row, as BERT has, at positions drawn anew. What could come out: it rests, too, and the plateau is
a matter of the number of questions; or it does not.
"""

import time
from collections.abc import Iterator
from functools import cache, partial

import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import GPT, BERTForPreTraining, Tokenizer, TransformerConfig
from bertgpt.evaluation.ngrams import BothSides
from bertgpt.text.batching import IGNORED, generator_for
from bertgpt.text.corpora import novels
from bertgpt.text.data import LMBatches, MLMBatches
from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective, masked_lm_objective, shift_left
from bertgpt.training.settings import TrainingSettings

NAME = "letters"
STEPS, EVERY, SEEDS = 400, 25, 5
LENGTH, ROWS, TEST_ROWS, LABELS = 18, 128, 341, 2  # labels a row of a GPT that is asked as often as BERT
SIZES = dict(max_len=LENGTH, d_model=64, n_layers=1, n_heads=2, d_ff=256, dropout=0.0)
OFTEN = "GPT, asked as often"


@cache
def texts() -> dict[str, str]:
    return {"train": novels("train")["Emma"], "test": novels("test")["Persuasion"]}


@cache
def letters() -> Tokenizer:
    return Tokenizer.train_char([texts()["train"]])


@cache
def stream(split: str) -> Tensor:
    return torch.tensor(letters().encode(texts()[split]))


class Seldom:
    """Label some tokens of each row, drawn anew: -> input_ids, labels (B, T), the label of a row's next token."""

    def __init__(self, windows: LMBatches, seed: int):
        self.windows, self.seed = windows, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        ids = self.windows.sample(step)["input_ids"]  # (B, T)
        draws = torch.rand(ids.size(0), ids.size(1) - 1, generator=generator_for(self.seed, step, "masking"))
        asked = draws.argsort(dim=1).argsort(dim=1) < LABELS  # (B, T - 1)
        return {"input_ids": ids, "labels": shift_left(ids).masked_fill(~F.pad(asked, (0, 1)), IGNORED)}


def seldom_objective(model: GPT, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict the next token where there is a label, everywhere where there are none."""
    if "labels" not in batch:
        return lm_objective(model, batch)
    loss = F.cross_entropy(model(batch["input_ids"]).flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED)
    return {"loss": loss}


def batches(name: str, split: str, n_rows: int, seed: int):
    shape = dict(length=LENGTH, batch_size=n_rows, seed=seed)
    if name == "BERT":
        return MLMBatches([stream(split)], letters(), **shape)
    windows = LMBatches([stream(split)], **shape)
    return Seldom(windows, seed) if split == "train" else windows


def run(name: str, seed: int, steps: int = STEPS) -> dict:
    """Train one model: -> its row."""
    bert = name == "BERT"
    torch.manual_seed(seed)
    config = (TransformerConfig.bert if bert else TransformerConfig.gpt)(vocab_size=letters().vocab_size, **SIZES)
    model = (BERTForPreTraining if bert else GPT)(config)
    objective = masked_lm_objective if bert else seldom_objective
    test = batches(name, "test", TEST_ROWS, 1).sample(0)
    settings = TrainingSettings(steps, 5e-3, warmup=30, eval_every=min(EVERY, steps))
    began = time.process_time()
    history = train(model, objective, batches(name, "train", ROWS, seed), settings, held_out=[test])
    found = [row["held_out"] for row in history if "held_out" in row]
    key = "loss_at_mask" if bert else "loss"
    return {
        "steps": steps,
        "curve": [round(float(each[key]), 4) for each in found],
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def baselines() -> dict[str, float]:
    """Compute the counts' losses on the test's blanks, in nats."""
    batch = batches("BERT", "test", TEST_ROWS, 1).sample(0)
    at = batch["at_mask"]  # (B, T)
    hidden = batch["labels"][at].numpy()  # (N,)
    left, right = (batch["input_ids"].roll(shift, dims=1)[at].numpy() for shift in (1, -1))
    both = BothSides(letters().vocab_size).fit(stream("train").numpy())
    given = both.probs(left, right)[range(len(hidden)), hidden]
    nats = {"unigram": both.unigram[hidden], "both-sides bigram": given}
    return {name: round(float(-torch.tensor(p).log().mean()), 4) for name, p in nats.items()}


def rows() -> Iterator[Row]:
    data = (fingerprint(*texts().values()),)
    for name in ("BERT", OFTEN):
        for seed in range(SEEDS):
            key = {"model": name, "seed": seed}
            yield Row(f"{name}, seed {seed}", partial(run, name, seed), data, seconds=30, key=key)


def about() -> dict:
    return {
        "sizes": SIZES,
        "rows": ROWS,
        "length": LENGTH,
        "every": EVERY,
        "labels": LABELS,
        "data": {"novels": fingerprint(*texts().values())},
        **baselines(),
    }


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
