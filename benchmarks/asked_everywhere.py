"""Does a BERT whose loss counts every position learn to fill blanks?

The letters of *what BERT learns first*: *Emma*, one block, rows of 18 letters, measured on *Persuasion*. Two ways to
ask: at the letters that were chosen to be hidden, kept or replaced (15 %), or at every position, where eight in nine
answers stand there to be copied. The weights, the order of the text and what is hidden are the same for both ways of
one seed. The measure is the loss at [MASK], every 25 steps.

At step 150 both rest on the plateau, whichever way they are asked, so that nothing can be seen. What could come out at
step 400, and in a run of 800 steps: the one asked everywhere leaves the plateau, too, or it stays.
"""

from collections.abc import Iterator
from functools import cache, partial

import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import BERTForPreTraining, Tokenizer, TransformerConfig
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import novels
from bertgpt.text.data import MLMBatches
from bertgpt.training.loop import train
from bertgpt.training.objectives import masked_lm_objective, token_loss
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.statistics.ngrams import BothSides

NAME = "asked_everywhere"
EVERY = 25
RUNS = {400: 5, 800: 3}  # steps -> seeds
LENGTH, ROWS, TEST_ROWS = 18, 128, 341
SIZES = dict(max_len=LENGTH, d_model=64, n_layers=1, n_heads=2, d_ff=256, dropout=0.0)


@cache
def texts() -> dict[str, str]:
    return {"train": novels("train")["Emma"], "test": novels("test")["Persuasion"]}


@cache
def letters() -> Tokenizer:
    return Tokenizer.train_char([texts()["train"]])


def batches(split: str, n_rows: int, seed: int) -> MLMBatches:
    stream = torch.tensor(letters().encode(texts()[split]))
    return MLMBatches([stream], letters(), length=LENGTH, batch_size=n_rows, seed=seed)


def ask_everywhere(model: BERTForPreTraining, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict every token, hidden or in view."""
    labels, seen, holes = batch["labels"], batch["input_ids"], batch["at_mask"]  # (B, T)
    logits, _ = model(seen)  # (B, T, V)
    everything = labels.where(labels != IGNORED, seen)  # (B, T)
    return {"loss": token_loss(logits, everything), "loss_at_mask": F.cross_entropy(logits[holes], labels[holes])}


ASKED = {"at 15 %": masked_lm_objective, "everywhere": ask_everywhere}


def run(asked: str, seed: int, steps: int) -> dict:
    """Train one model: -> its losses on the test's rows, over all that it is asked and at [MASK]."""
    torch.manual_seed(seed)
    model = BERTForPreTraining(TransformerConfig.bert(vocab_size=letters().vocab_size, **SIZES))
    settings = TrainingSettings(steps, 5e-3, warmup=min(30, steps // 2), eval_every=min(EVERY, steps))
    test = batches("test", TEST_ROWS, 1).sample(0)
    history = train(model, ASKED[asked], batches("train", ROWS, seed), settings, held_out=[test])
    found = [row["held_out"] for row in history if "held_out" in row]
    return {
        "at [MASK]": [round(float(each["loss_at_mask"]), 4) for each in found],
        "all that it is asked": [round(float(each["loss"]), 4) for each in found],
    }


def baselines() -> dict[str, float]:
    """Compute the counts' losses on the test's blanks, in nats."""
    batch = batches("test", TEST_ROWS, 1).sample(0)
    at = batch["at_mask"]  # (B, T)
    hidden = batch["labels"][at].numpy()  # (N,)
    left, right = (batch["input_ids"].roll(shift, dims=1)[at].numpy() for shift in (1, -1))
    both = BothSides(letters().vocab_size).fit(letters().encode(texts()["train"]))
    given = both.probs(left, right)[range(len(hidden)), hidden]
    nats = {"unigram": both.unigram[hidden], "both-sides bigram": given}
    return {name: round(float(-torch.tensor(p).log().mean()), 4) for name, p in nats.items()}


def rows() -> Iterator[Row]:
    data = (fingerprint(*texts().values()),)
    for steps, n_seeds in RUNS.items():
        for asked in ASKED:
            for seed in range(n_seeds):
                key = {"asked": asked, "steps": steps, "seed": seed}
                make = partial(run, asked, seed, steps)
                yield Row(f"asked {asked}, {steps} steps, seed {seed}", make, data, seconds=steps / 30, key=key)


def about() -> dict:
    shape = {"sizes": SIZES, "rows": ROWS, "length": LENGTH, "every": EVERY}
    return shape | {"data": {"novels": fingerprint(*texts().values())}, **baselines()}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
