"""Which changes let the small models learn more from the same tokens? One at a time, two seeds each.

A row per run: what was changed and the held-out losses over the steps. Every run has the sizes of the
shipped models, the same rows for the same seed, and as many steps of as many tokens as the others of its
kind; BERT takes six times as many steps, since it starts on a plateau. BERT is its own class here, with
post-norm, and unless its name says another rate it hides 30 % in training. The test is *Persuasion*:
GPT's loss at the next token, BERT's loss at [MASK] with 15 % hidden, where "frequencies" is the loss of a
unigram. The seconds per step of all changes are timed in turns, without evaluation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from statistics import median

import torch
from experiments import Row, main
from pretraining import RATE, about_books, batches_of, books, held_out_losses, short_rows_first
from turns import turn_about

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.model.masks import causal_mask, combine, padding_mask
from bertgpt.text.batching import IGNORED, Batches
from bertgpt.text.data import LengthCurriculum, MLMBatches
from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective, masked_lm_objective, shift_left, token_loss
from bertgpt.training.settings import TrainingSettings

NAME = "recipe"
ROWS, LENGTH = 16, TINY["max_len"]  # 2,048 tokens a step
STEPS = {"GPT": 250, "BERT": 1500}
TEST_BATCHES = 8
TIMED = 16  # steps per turn where steps are timed


class CausalBERT(BERTForPreTraining):
    """A BERT that can be made causal: its mask is the one thing that changes."""

    causal = False

    def build_mask(self, attention_mask, n_queries):
        if not self.causal:
            return super().build_mask(attention_mask, n_queries)
        order = causal_mask(n_queries, attention_mask.size(1), attention_mask.device)  # (T, S)
        return combine(order, padding_mask(attention_mask))  # (B, 1, T, S)


def sometimes_causal(model, batch):
    """Compute the masked-LM loss or, where nothing is masked, the causal LM loss."""
    if "labels" in batch:
        return masked_lm_objective(model, batch)
    model.causal = True
    try:
        labels = shift_left(batch["input_ids"])  # (B, T)
        targets = labels != IGNORED
        return {"lm_loss": token_loss(model(batch["input_ids"], positions=targets)[0], labels[targets])}
    finally:
        model.causal = False


class FallingRate:
    """Decrease the mask rate linearly. Ankner et al. 2023, section 3.

    source: gives the batches; rows: the masked ones in it
    """

    def __init__(self, source, rows: list[MLMBatches], high: float, low: float, steps: int):
        self.source, self.rows, self.high, self.low, self.steps = source, rows, high, low, steps

    def sample(self, step: int):
        for rows in self.rows:
            rows.rate = self.high + (self.low - self.high) * step / self.steps
        return self.source.sample(step)


class EveryNth:
    """Take every nth batch from another source."""

    def __init__(self, usual, other, n: int):
        self.usual, self.other, self.n = usual, other, n

    def sample(self, step: int):
        return (self.other if step % self.n == 0 else self.usual).sample(step)


@dataclass
class Change:
    """One change: settings of the loop, the rate of dropout, or the batches by name."""

    settings: dict = field(default_factory=dict)
    dropout: float = 0.1
    batches: str = "plain"
    rate: float = RATE["training"]


MUON = {"optimiser": "muon", "muon_factor": 2.0}
CHANGES = {
    "GPT plain": Change(),
    "GPT learning rate 2e-3": Change({"learning_rate": 2e-3}),
    "GPT muon": Change(MUON),
    "GPT linear to zero": Change({"schedule": "linear"}),
    "GPT average of weights": Change({"average": 0.98}),
    "GPT weight decay 0.5": Change({"weight_decay": 0.5}),
    "GPT dropout 0": Change(dropout=0.0),
    "GPT dropout 0.2": Change(dropout=0.2),
    "GPT short rows first": Change(batches="short"),
    "GPT muon, linear, average": Change(MUON | {"schedule": "linear", "average": 0.98}),
    "BERT plain": Change(),
    "BERT learning rate 2e-3": Change({"learning_rate": 2e-3}),
    "BERT muon": Change(MUON),
    "BERT short rows first": Change(batches="short"),
    "BERT every 16th batch causal": Change(batches="sometimes causal"),
    "BERT first quarter causal": Change(batches="causal first"),
    "BERT muon, short rows first": Change(MUON, batches="short"),
    "BERT muon, short rows first, rate 0.15": Change(MUON, batches="short", rate=0.15),
    "BERT muon, short rows first, rate falling": Change(MUON, batches="short, falling"),
    "BERT muon, first quarter causal": Change(MUON, batches="causal first"),
}


def draw(name: str, steps: int, seed: int) -> Batches:
    """Cut the texts into rows for one run."""
    (tokenizer, documents, _), kind, change = books(), name.split()[0], CHANGES[name]
    cut = partial(batches_of, kind, documents, tokenizer, rate=change.rate, seed=seed)
    plain, causal = cut(LENGTH, ROWS), batches_of("GPT", documents, tokenizer, LENGTH, ROWS, 0.0, seed)
    growing = short_rows_first(cut, LENGTH, ROWS, steps // 2)
    return {
        "plain": plain,
        "short": growing,
        "short, falling": FallingRate(growing, [growing.short, growing.long], 0.40, 0.15, steps),
        "sometimes causal": EveryNth(plain, causal, 16),
        "causal first": LengthCurriculum(causal, plain, steps // 4),
    }[change.batches]


def test_batches(kind: str) -> list[dict]:
    """Draw the test rows, the same for every model; of BERT's 15 % are hidden."""
    tokenizer, _, unseen = books()
    test = batches_of(kind, unseen, tokenizer, LENGTH, ROWS, RATE["test"], seed=5)
    return [test.sample(step) for step in range(TEST_BATCHES)]


@cache
def frequency_loss() -> float:
    """Compute the loss of a unigram at the [MASK]s of BERT's test rows, in nats."""
    tokenizer, documents, _ = books()
    hidden = torch.cat([batch["labels"][batch["at_mask"]] for batch in test_batches("BERT")])  # (n,)
    return round(Unigram(tokenizer.vocab_size).fit(torch.cat(documents)).loss(hidden), 4)


def untrained(name: str, seed: int):
    """Make the untrained model of a run, and its objective."""
    sizes = TINY | {"vocab_size": books()[0].vocab_size, "dropout": CHANGES[name].dropout}
    torch.manual_seed(seed)
    if name.startswith("BERT"):
        return CausalBERT(TransformerConfig.bert(**sizes)), sometimes_causal
    return GPT(TransformerConfig.gpt(**sizes)), lm_objective


def run(name: str, seed: int, steps: int) -> dict:
    """Train one model: -> its row, with held-out losses over the steps, of averaged weights, too."""
    settings = {"steps": steps, "warmup": min(100, steps // 8), "eval_every": max(4, steps // 16), "seed": seed}
    history = train(
        *untrained(name, seed),
        draw(name, steps, seed),
        TrainingSettings(**settings | {"bfloat16": True} | CHANGES[name].settings),
        held_out=test_batches(name.split()[0]),
    )
    last = [row for row in history if "held_out" in row][-1]
    return {
        "tokens": steps * ROWS * LENGTH,
        "seconds": history[-1]["seconds"],
        "training": {k: round(v, 4) for k, v in history[-1].items() if k.endswith("loss") or k == "loss_at_mask"},
        "curve": held_out_losses(history),
        "average": {k: round(v, 4) for k, v in last.get("held_out_average", {}).items()},
    }


class EvenlySpaced:
    """Take some of a run's batches, evenly spaced, so that short and causal ones have their share."""

    def __init__(self, source: Batches, steps: int):
        self.source, self.steps = source, steps

    def sample(self, step: int):
        return self.source.sample(step * self.steps // TIMED)


@cache
def seconds_a_step(turns: int = 2) -> dict[str, float]:
    """Time a step of every change, in turns, without evaluation: name -> seconds, the median turn."""
    acts = {}
    for name, change in CHANGES.items():
        steps = STEPS[name.split()[0]]
        settings = TrainingSettings(**{"steps": TIMED, "warmup": 1, "bfloat16": True} | change.settings)
        acts[name] = partial(train, *untrained(name, 0), EvenlySpaced(draw(name, steps, 0), steps), settings)
    return {name: round(median(seconds) / TIMED, 4) for name, seconds in turn_about(acts, turns).items()}


def rows() -> Iterator[Row]:
    for seed in range(2):
        for name in CHANGES:
            key = {"name": name, "seed": seed, "steps": STEPS[name.split()[0]]}
            yield Row(f"{name}, seed {seed}", partial(run, *key.values()), seconds=key["steps"] / 2.5, key=key)


def about() -> dict:
    timed = {"frequencies": frequency_loss(), "seconds_a_step": seconds_a_step()}
    return {"rows": ROWS, "length": LENGTH, "steps": STEPS, **about_books(), **timed}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
