"""Which changes let the small models learn more from the same tokens? One at a time, two seeds each.

    python benchmarks/recipe.py                          # about six hours on one core
    python benchmarks/recipe.py --only "BERT plain"      # some rows; the others are kept
    python benchmarks/recipe.py --steps 20 --out DIR     # a rehearsal
    python benchmarks/recipe.py --time                   # seconds per step of all changes, in turns; trains none

Writes assets/results/recipe.json, a row per run: what was changed and the held-out losses over the
steps. Every run has the sizes of the shipped models, the same rows for the same seed, and as many
steps of as many tokens as the others of its kind; BERT takes six times as many steps, since it
starts on a plateau. BERT is its own class here, with post-norm, and unless its name says another
rate it hides 30 % in training. The test is *Persuasion*: GPT's loss at the next token, BERT's loss at
[MASK] with 15 % hidden, where "frequencies" is the loss of a unigram. A run that was recorded is not
made again, so a stopped experiment continues where it was.
"""

import argparse
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import torch
from experiments import add_runs, fingerprint, save_results
from turns import turn_about

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.model.masks import causal_mask, combine, padding_mask
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import BOOKS
from bertgpt.text.data import LengthCurriculum, LMBatches, MLMBatches, encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective, masked_lm_objective, shift_left, token_loss
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.records import RESULTS, load_results

ROWS, LENGTH = 16, TINY["max_len"]  # 2,048 tokens a step
STEPS = {"GPT": 250, "BERT": 1500}
LOOKS = 8  # batches of the test
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
    rate: float = 0.30


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


def batches_of(kind: str, change: Change, documents, tokenizer: Tokenizer, steps: int, seed: int):
    """Cut the texts into rows for one run."""

    def rows(length: int, n: int):
        if kind == "GPT":
            return LMBatches(documents, length, n, seed)
        return MLMBatches(documents, tokenizer, length, n, change.rate, seed)

    plain, short, causal = rows(LENGTH, ROWS), rows(LENGTH // 4, 4 * ROWS), LMBatches(documents, LENGTH, ROWS, seed)
    growing = LengthCurriculum(short, plain, steps // 2)
    return {
        "plain": plain,
        "short": growing,
        "short, falling": FallingRate(growing, [short, plain], 0.40, 0.15, steps),
        "sometimes causal": EveryNth(plain, causal, 16),
        "causal first": LengthCurriculum(causal, plain, steps // 4),
    }[change.batches]


def masked_test(unseen, tokenizer: Tokenizer) -> MLMBatches:
    """Draw BERT's test rows, 15 % hidden, the same for every model."""
    return MLMBatches(unseen, tokenizer, LENGTH, ROWS, 0.15, seed=5)


def frequency_loss(documents, unseen, tokenizer: Tokenizer) -> float:
    """Compute the loss of a unigram at the [MASK]s of BERT's test rows, in nats."""
    looks = map(masked_test(unseen, tokenizer).sample, range(LOOKS))
    hidden = torch.cat([batch["labels"][batch["at_mask"]] for batch in looks])  # (n,)
    return round(Unigram(tokenizer.vocab_size).fit(torch.cat(documents)).loss(hidden), 4)


def build(name: str, seed: int, tokenizer: Tokenizer):
    """Make the untrained model of a run, and its objective."""
    kind = name.split()[0]
    sizes = TINY | {"vocab_size": tokenizer.vocab_size, "dropout": CHANGES[name].dropout}
    torch.manual_seed(seed)
    if kind == "BERT":
        return CausalBERT(TransformerConfig.bert(**sizes)), sometimes_causal
    return GPT(TransformerConfig.gpt(**sizes)), lm_objective


def run(name: str, seed: int, steps: int, tokenizer: Tokenizer, documents, unseen) -> dict:
    """Train one model: -> its row, with held-out losses over the steps, of averaged weights, too."""
    kind, change = name.split()[0], CHANGES[name]
    model, objective = build(name, seed, tokenizer)
    test = masked_test(unseen, tokenizer) if kind == "BERT" else LMBatches(unseen, LENGTH, ROWS, seed=5)
    settings = TrainingSettings(
        **{
            "steps": steps,
            "warmup": min(100, steps // 8),
            "eval_every": max(4, steps // 16),
            "seed": seed,
            "bfloat16": True,
        }
        | change.settings
    )
    history = train(
        model,
        objective,
        batches_of(kind, change, documents, tokenizer, steps, seed),
        settings,
        held_out=[test.sample(step) for step in range(LOOKS)],
    )
    looks = [row for row in history if "held_out" in row]
    return {
        "name": name,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "seconds": history[-1]["seconds"],
        "training": {k: round(v, 4) for k, v in history[-1].items() if k.endswith("loss") or k == "loss_at_mask"},
        "curve": [{"step": row["step"], **{k: round(v, 4) for k, v in row["held_out"].items()}} for row in looks],
        "average": {k: round(v, 4) for k, v in looks[-1].get("held_out_average", {}).items()},
    }


class Spread:
    """Take some of a run's batches, evenly spaced, so that short and causal ones have their share."""

    def __init__(self, source, steps: int):
        self.source, self.steps = source, steps

    def sample(self, step: int):
        return self.source.sample(step * self.steps // TIMED)


def seconds_a_step(tokenizer: Tokenizer, documents, turns: int = 2) -> dict[str, float]:
    """Time a step of every change, in turns, without evaluation: name -> seconds, the median turn."""
    acts = {}
    for name, change in CHANGES.items():
        kind = name.split()[0]
        source = batches_of(kind, change, documents, tokenizer, STEPS[kind], seed=0)
        settings = TrainingSettings(**{"steps": TIMED, "warmup": 1, "bfloat16": True} | change.settings)
        acts[name] = partial(train, *build(name, 0, tokenizer), Spread(source, STEPS[kind]), settings)
    return {name: round(median(seconds) / TIMED, 4) for name, seconds in turn_about(acts, turns).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, help=f"of every run; else {STEPS}")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=list(CHANGES), choices=list(CHANGES), metavar="NAME")
    parser.add_argument("--time", action="store_true", help="time the steps of what is recorded, and train nothing")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    planned = {kind: args.steps or steps for kind, steps in STEPS.items()}
    tokenizer = old_books_tokenizer()
    texts = {name: texts("train") for name, texts in BOOKS.items()}
    documents = [ids for group in texts.values() for ids in encode_documents(group, tokenizer)]
    if args.time:
        found = load_results("recipe", args.out)
        about = found["about"] | {"seconds_a_step": seconds_a_step(tokenizer, documents)}
        return save_results("recipe", about, found["rows"], args.out)
    unseen = encode_documents(BOOKS["austen"]("test"), tokenizer)
    about = {
        "command": "python benchmarks/recipe.py",
        "rows": ROWS,
        "length": LENGTH,
        "data": {name: fingerprint(*group.values()) for name, group in texts.items()},
        "tokenizer": fingerprint(tokenizer.backend.to_str()),
        "steps": planned,
        "frequencies": frequency_loss(documents, unseen, tokenizer),
    }
    wanted = [(name, seed, planned[name.split()[0]]) for seed in range(args.seeds) for name in args.only]
    runs = {each: partial(run, *each, tokenizer, documents, unseen) for each in wanted}
    add_runs("recipe", about, runs, lambda row: (row["name"], row["seed"], row["steps"]), args.out)


if __name__ == "__main__":
    main()
