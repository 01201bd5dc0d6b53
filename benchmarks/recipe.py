"""What makes the small models learn more from the same tokens? One change at a time, two seeds each.

    python benchmarks/recipe.py                          # about six hours on one core
    python benchmarks/recipe.py --only "BERT plain"      # some rows; the others are kept
    python benchmarks/recipe.py --steps 20 --out DIR     # a rehearsal
    python benchmarks/recipe.py --time                   # seconds a step of all changes, turn about; trains none

Writes assets/results/recipe.json, a row a run: what was changed and the held-out losses over the steps.
Every run has the sizes of the shipped models, the same rows for the same seed, and as many steps of as many tokens as
the others of its kind: BERT takes six times as many, for it stands on a plateau first. A model is judged on
*Persuasion*: GPT by the loss of the next token, BERT by its loss at [MASK] with 15 % hidden, where "frequencies" is
what a reader has who knows how frequent each token is and nothing else.
A run that was recorded is not made again, so a stopped experiment goes on where it was.
"""

import argparse
import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import torch
from experiments import fingerprint, save_results
from turns import turn_about

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig
from bertgpt.book.records import RESULTS, load_results
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.model.masks import causal_mask, combine, padding_mask
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import CORPORA
from bertgpt.text.data import LengthCurriculum, LMBatches, MLMBatches, encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective, masked_lm_objective, shift_left, token_loss
from bertgpt.training.settings import TrainingSettings

ROWS, LENGTH = 16, TINY["max_len"]                # 2,048 tokens a step
STEPS = {"GPT": 250, "BERT": 1500}
LOOKS = 8                                         # batches of the exam
TIMED = 16                                        # steps a turn where steps are timed


class CausalBERT(BERTForPreTraining):
    """A BERT that can be told to look only back: its mask is the one thing that changes."""

    causal = False

    def build_mask(self, attention_mask, n_queries):
        if not self.causal:
            return super().build_mask(attention_mask, n_queries)
        order = causal_mask(n_queries, attention_mask.size(1), attention_mask.device)          # (T, S)
        return combine(order, padding_mask(attention_mask))                                    # (B, 1, T, S)


def sometimes_causal(model, batch):
    """Ask for the masked tokens or, where nothing is masked, for the next one under the causal mask."""
    if "labels" in batch:
        return masked_lm_objective(model, batch)
    model.causal = True
    try:
        labels = shift_left(batch["input_ids"])                                                # (B, T)
        asked = labels != IGNORED
        return {"lm_loss": token_loss(model(batch["input_ids"], positions=asked)[0], labels[asked])}
    finally:
        model.causal = False


class FallingRate:
    """Mask less and less: from one rate to another in a line. Ankner et al. 2023, section 3.

    source: gives the batches; rows: those in it that mask
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
    """One thing that is done otherwise: settings of the loop, the rate of dropout, or the batches by name."""

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
    return {"plain": plain,
            "short": growing,
            "short, falling": FallingRate(growing, [short, plain], 0.40, 0.15, steps),
            "sometimes causal": EveryNth(plain, causal, 16),
            "causal first": LengthCurriculum(causal, plain, steps // 4)}[change.batches]


def masked_exam(unseen, tokenizer: Tokenizer) -> MLMBatches:
    """Give BERT's exam: 15 % hidden, the same rows and the same tokens for whoever sits it."""
    return MLMBatches(unseen, tokenizer, LENGTH, ROWS, 0.15, seed=5)


def frequency_loss(documents, unseen, tokenizer: Tokenizer) -> float:
    """Give the loss of a reader who knows only how frequent each token is, at the [MASK]s of BERT's exam, in nats."""
    looks = map(masked_exam(unseen, tokenizer).sample, range(LOOKS))
    hidden = torch.cat([batch["labels"][batch["at_mask"]] for batch in looks])             # (n,)
    return round(Unigram(tokenizer.vocab_size).fit(torch.cat(documents)).loss(hidden), 4)


def build(name: str, seed: int, tokenizer: Tokenizer):
    """Give the untrained model of a run and what it is asked."""
    kind = name.split()[0]
    sizes = TINY | {"vocab_size": tokenizer.vocab_size, "dropout": CHANGES[name].dropout}
    torch.manual_seed(seed)
    if kind == "BERT":
        return CausalBERT(TransformerConfig.bert(**sizes)), sometimes_causal
    return GPT(TransformerConfig.gpt(**sizes)), lm_objective


def run(name: str, seed: int, steps: int, tokenizer: Tokenizer, documents, unseen) -> dict:
    """Train one model and give its row: held-out losses over the steps, and with averaged weights where it has them."""
    kind, change = name.split()[0], CHANGES[name]
    model, objective = build(name, seed, tokenizer)
    exam = masked_exam(unseen, tokenizer) if kind == "BERT" else LMBatches(unseen, LENGTH, ROWS, seed=5)
    settings = TrainingSettings(**{"steps": steps, "warmup": min(100, steps // 8), "eval_every": max(4, steps // 16),
                                   "seed": seed, "bfloat16": True} | change.settings)
    history = train(model, objective, batches_of(kind, change, documents, tokenizer, steps, seed), settings,
                    held_out=[exam.sample(step) for step in range(LOOKS)])
    looks = [row for row in history if "held_out" in row]
    return {"name": name, "seed": seed, "steps": steps, "tokens": steps * ROWS * LENGTH,
            "seconds": history[-1]["seconds"], "training": {k: round(v, 4) for k, v in history[-1].items()
                                                            if k.endswith("loss") or k == "loss_at_mask"},
            "curve": [{"step": row["step"], **{k: round(v, 4) for k, v in row["held_out"].items()}} for row in looks],
            "average": {k: round(v, 4) for k, v in looks[-1].get("held_out_average", {}).items()}}


class Spread:
    """Take some of a whole run's batches, evenly, so that short rows and causal ones have their share."""

    def __init__(self, source, steps: int):
        self.source, self.steps = source, steps

    def sample(self, step: int):
        return self.source.sample(step * self.steps // TIMED)


def seconds_a_step(tokenizer: Tokenizer, documents, turns: int = 2) -> dict[str, float]:
    """Time a step of every change, turn about, without looks at the held-out text: name -> seconds, the middle turn."""
    acts = {}
    for name, change in CHANGES.items():
        kind = name.split()[0]
        source = batches_of(kind, change, documents, tokenizer, STEPS[kind], seed=0)
        settings = TrainingSettings(**{"steps": TIMED, "warmup": 1, "bfloat16": True} | change.settings)
        acts[name] = partial(train, *build(name, 0, tokenizer), Spread(source, STEPS[kind]), settings)
    return {name: round(median(seconds) / TIMED, 4) for name, seconds in turn_about(acts, turns).items()}


def kept(folder: Path) -> dict:
    """Read what is recorded: rows, and in `about` the seconds, which are timed apart from them."""
    return load_results("recipe", folder) if (folder / "recipe.json").exists() else {"about": {}, "rows": []}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, help=f"of every run; else {STEPS}")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=list(CHANGES), choices=list(CHANGES), metavar="NAME")
    parser.add_argument("--tokenizer", type=Path, help="another vocabulary than the course's")
    parser.add_argument("--time", action="store_true", help="time the steps of what is recorded, and train nothing")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    planned = {kind: args.steps or steps for kind, steps in STEPS.items()}
    tokenizer = Tokenizer.from_file(args.tokenizer) if args.tokenizer else course_tokenizer()
    texts = {name: texts("train") for name, texts in CORPORA.items()}
    documents = [ids for group in texts.values() for ids in encode_documents(group, tokenizer)]
    if args.time:
        found = load_results("recipe", args.out)
        about = found["about"] | {"seconds_a_step": seconds_a_step(tokenizer, documents)}
        return save_results("recipe", about, found["rows"], args.out)
    unseen = encode_documents(CORPORA["austen"]("test"), tokenizer)
    about = {"command": "python benchmarks/recipe.py", "rows": ROWS, "length": LENGTH,
             "data": {name: fingerprint(*group.values()) for name, group in texts.items()},
             "tokenizer": fingerprint(tokenizer.backend.to_str()), "steps": planned,
             "frequencies": frequency_loss(documents, unseen, tokenizer)}
    for seed in range(args.seeds):
        for name in args.only:
            steps = planned[name.split()[0]]
            if any((row["name"], row["seed"], row["steps"]) == (name, seed, steps) for row in kept(args.out)["rows"]):
                continue
            row = run(name, seed, steps, tokenizer, documents, unseen)
            found = kept(args.out)                    # read again: another process may have added to it
            save_results("recipe", found["about"] | about, [*found["rows"], row], args.out)
            print(json.dumps({k: v for k, v in row.items() if k != "curve"} | {"last": row["curve"][-1]}), flush=True)


if __name__ == "__main__":
    main()
