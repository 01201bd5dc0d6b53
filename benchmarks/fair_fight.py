"""Which model learns more from the same text? One class, two masks, and everything else equal.

    python benchmarks/fair_fight.py                                  # about seven hours on one core
    python benchmarks/fair_fight.py --only "BERT" "seed 0"           # rows whose name has all of these
    python benchmarks/fair_fight.py --tiny --out DIR --checkpoints DIR    # a rehearsal

Writes assets/results/fair_fight.json: a row per model, budget and seed, and a row of baselines.
Budgets share the steps before their learning rates decay, kept under --checkpoints. Rows that are
recorded are not made again, so a run that is stopped continues where it was, and two processes can
share the work by --only.

B batch, T tokens, N tokens to predict, n pairs, k changed positions.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from experiments import BidirectionalBoth, Row, fingerprint, record

from bertgpt.book.records import RESULTS
from bertgpt.device import device_of, evaluation_mode
from bertgpt.evaluation.baselines import word_classifier
from bertgpt.evaluation.ngrams import BothSides, KneserNey, Unigram
from bertgpt.model.heads import POOLINGS
from bertgpt.tasks.classification import fit_layer
from bertgpt.tasks.fair_fight import (
    ARMS,
    FIGHT_SIZES,
    ROWS,
    Arm,
    FightBatches,
    objective_for,
    settings_for,
    target_logits,
    training_batches,
    untrained_model,
)
from bertgpt.tasks.labelled import TASKS, Labelled, subset
from bertgpt.tasks.minimal_pairs import MinimalPairs, make_minimal_pairs
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import BOOKS
from bertgpt.text.data import encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training import distributed
from bertgpt.training.checkpoint import resume, save_checkpoint
from bertgpt.training.finetuning import build_inputs, pooled
from bertgpt.training.loop import on_device, take_step
from bertgpt.training.optimisers import OPTIMISERS

BUDGETS = (500, 1000, 2000, 4000, 8000, 16000, 32000)        # steps of 1,024 tokens
SIDE_BUDGETS = {"left-only": 1000, "own place": 1000, "published": 1000, "15 % hidden": 16000}
PROBED = (0, 2000, 4000, 16000, 32000)
N_ITEMS, N_ROWS, N_TRAIN, N_TEST = 500, 64, 2000, 800        # per corpus, per corpus, labelled texts per task


def train_to(steps: int, arm: Arm, model, batches, trunk: Path | None = None) -> list[dict]:
    """Train a model in place to the end of a budget, from where shorter budgets left the shared trunk.

    trunk: prefix of the checkpoint files of the shared steps, None to keep none -> history, a row
    per step
    """
    settings, endless = settings_for(steps), settings_for(10**6)
    optimisers, history = OPTIMISERS[settings.optimiser](model, settings), []
    decays = steps - (steps - settings.warmup) // 5            # the first step after which the rate is lower
    kept = sorted(trunk.parent.glob(f"{trunk.name}-*.safetensors")) if trunk else []
    kept = [path for path in kept if int(path.stem.rpartition("-")[2]) <= decays]
    if kept:
        history = resume(kept[-1], {"model": model}, optimisers, endless)
    losses = distributed.loss_module(model, objective_for(arm))
    model.train()
    for step in range(len(history), steps):
        if trunk and step == decays:
            path = trunk.with_name(f"{trunk.name}-{step:07}.safetensors")
            if not path.exists():
                save_checkpoint(path, {"model": model}, optimisers, endless, history)
        row = take_step(step, batches.sample(step), losses, device_of(model), optimisers, settings)
        history.append({"step": row["step"], "loss": row["loss"], "seconds": 0.0})
    model.eval()
    return history


@torch.inference_mode()
def own_loss(model, arm: Arm, batches: Sequence[dict[str, torch.Tensor]]) -> dict[str, list[float]]:
    """Compute an arm's loss per row of some batches: -> "loss" and maybe "loss_at_mask", in nats."""
    found: dict[str, list[float]] = {"loss": [], "loss_at_mask": []}
    with evaluation_mode(model):
        for batch in (on_device(batch, device_of(model)) for batch in batches):
            targets = batch["labels"] != IGNORED                                   # (B, T)
            logits = target_logits(model, arm, batch["input_ids"], targets)        # (N, V)
            each = torch.full(targets.shape, torch.nan, device=targets.device)     # (B, T)
            each[targets] = F.cross_entropy(logits, batch["labels"][targets], reduction="none")
            found["loss"] += each.nanmean(dim=1).tolist()
            at_mask = each.masked_fill(~batch["at_mask"], torch.nan)               # (B, T)
            found["loss_at_mask"] += at_mask.nanmean(dim=1).tolist()
    return {name: rows for name, rows in found.items() if np.isfinite(rows).all()}


@torch.inference_mode()
def text_scores(model, arm: Arm, rows: torch.Tensor, positions: torch.Tensor, mask_id: int,
                batch_size: int = 16) -> torch.Tensor:
    """Compute log p of texts, up to a term that the texts of a minimal pair share.

    rows: (n, T); positions: (n, k), rising, where such texts differ -> (n,) in nats, on the CPU
    With the causal mask, the log p of all tokens from the first such position on. With the
    bidirectional one the positions are filled from left to right, each given all but the later
    ones. The difference of two scores is either way the log ratio of the two texts' probabilities.
    """
    device, scores = device_of(model), []
    at = torch.arange(rows.size(1), device=device)                                 # (T,)
    with evaluation_mode(model):
        for ids, changed in zip(rows.split(batch_size), positions.split(batch_size)):
            ids, changed = ids.to(device), changed.to(device)
            if arm.order == "causal":
                steps = [(ids, at >= changed[:, :1])]                              # (B, T) each
            else:
                blanks = at == changed[:, :, None]                                 # (B, k, T)
                steps = [(ids.masked_fill(blanks[:, i:].any(dim=1), mask_id), blanks[:, i])
                         for i in range(changed.size(1))]
            total = torch.zeros(len(ids), device=device)                           # (B,)
            for given, targets in steps:
                logits = target_logits(model, arm, given, targets)                 # (N, V)
                logs = -F.cross_entropy(logits, ids[targets], reduction="none")    # (N,)
                total.index_add_(0, targets.nonzero()[:, 0], logs)
            scores.append(total.cpu())
    return torch.cat(scores)                                                       # (n,)


def compare(pairs: MinimalPairs, score: Callable) -> str:
    """Say of each pair whether the real text scores higher: -> a string of n, "1", "0", or "=" for a tie.

    score(texts (n, T), positions (n, k)) -> (n,), higher is better
    """
    real, corrupted = (np.asarray(score(texts, pairs.positions)) for texts in (pairs.real, pairs.corrupted))
    return "".join("=" if abs(x) < 1e-9 else "1" if x > 0 else "0" for x in real - corrupted)


def ngram_score(counter: Unigram) -> Callable:
    """Make a score for `compare` from an n-gram model: log p of the whole text, in nats."""
    return lambda texts, positions: np.array([counter.log_probs(ids).sum() for ids in texts.numpy()])


class Fight:
    """Hold what all rows share, each part made when it is first needed."""

    def __init__(self, tokenizer: Tokenizer, checkpoints: Path | None, budgets=BUDGETS, sizes=FIGHT_SIZES,
                 n_items=N_ITEMS, n_rows=N_ROWS, n_train=N_TRAIN, n_test=N_TEST):
        self.tokenizer, self.checkpoints, self.budgets, self.sizes = tokenizer, checkpoints, budgets, sizes
        self.n_items, self.n_rows, self.n_train, self.n_test = n_items, n_rows, n_train, n_test

    @cached_property
    def groups(self) -> dict[str, list[list[torch.Tensor]]]:
        """Encode novels, tales and plays: split -> the documents (n,) of each."""
        return {split: [encode_documents(texts(split), self.tokenizer, torch.int32) for texts in BOOKS.values()]
                for split in ("train", "test")}

    @cached_property
    def documents(self) -> list[torch.Tensor]:
        return [ids for group in self.groups["train"] for ids in group]

    @cached_property
    def counters(self) -> dict:
        counters = {"unigram": Unigram, "trigram": KneserNey, "both sides": BothSides}
        return {name: make(self.tokenizer.vocab_size).fit(torch.cat(self.documents)) for name, make in counters.items()}

    @cached_property
    def minimal_pairs(self) -> dict[str, MinimalPairs]:
        return make_minimal_pairs(self.groups["test"], self.tokenizer, self.counters["unigram"],
                                  self.counters["trigram"], self.n_items, self.sizes["max_len"])

    @cached_property
    def labelled(self) -> dict[str, tuple[Labelled, Labelled]]:
        """Draw the texts of the probes, the same ones for all: task -> training, test."""
        found = {}
        for task, texts in TASKS.items():
            sides = [(texts(split), n) for split, n in (("train", self.n_train), ("test", self.n_test))]
            found[task] = tuple(subset(side, np.random.default_rng(n).permutation(len(side.texts))[:n])
                                for side, n in sides)
        return found

    @cached_property
    def looks(self) -> dict[str, dict[str, list[dict]]]:
        """Draw the rows on which an arm's own loss is measured: arm -> split -> a batch per corpus."""
        return {name: {split: [FightBatches(group, self.tokenizer, arm, self.sizes["max_len"], self.n_rows,
                                            seed=5).sample(0) for group in groups]
                       for split, groups in self.groups.items()} for name, arm in ARMS.items()}

    def probe(self, model, arm: Arm) -> dict:
        """Fit a layer on frozen states: -> task -> pooling -> which test texts are right, "1" or "0"."""
        if arm.order == "bidirectional":
            trained, model = model, BidirectionalBoth(model.config)
            model.load_state_dict(trained.state_dict())
        found: dict = {}
        for task, (training, test) in self.labelled.items():
            known, new = (pooled(model, [build_inputs(model, self.tokenizer, text)[0] for text in side.texts],
                                 *POOLINGS) for side in (training, test))          # pooling -> (n, D)
            found[task] = {}
            for pooling in POOLINGS:
                answers = fit_layer(known[pooling], training.labels)(new[pooling]).argmax(dim=-1)
                found[task][pooling] = marks(answers, test.labels)
        return found

    def row(self, name: str, seed: int, steps: int) -> dict:
        """Train one arm to the end of one budget and evaluate it."""
        arm = ARMS[name]
        model = untrained_model(arm, self.tokenizer.vocab_size, seed, self.sizes)
        trunk = self.checkpoints and self.checkpoints / f"{name.replace(' ', '-')}-{seed}"
        batches = training_batches(self.documents, self.tokenizer, arm, seed, self.sizes)
        history = train_to(steps, arm, model, batches, trunk) if steps else []
        score = partial(text_scores, model, arm, mask_id=self.tokenizer.mask_id)
        own = {split: own_loss(model, arm, looks) for split, looks in self.looks[name].items()}
        return {"arm": name, "seed": seed, "steps": steps, "tokens": steps * ROWS * self.sizes["max_len"],
                "training_loss": [round(row["loss"], 3) for row in history[99::100]],
                "own": {split: {part: [round(x, 3) for x in rows] for part, rows in found.items()}
                        for split, found in own.items()},
                "minimal_pairs": {kind: compare(pairs, score) for kind, pairs in self.minimal_pairs.items()},
                "probes": self.probe(model, arm) if steps in PROBED and not arm.published else {}}

    def baselines(self) -> dict:
        """Evaluate n-gram models on the minimal pairs and on the rows of each objective."""
        found: dict = {"minimal_pairs": {
            name: {kind: compare(pairs, ngram_score(self.counters[name]))
                   for kind, pairs in self.minimal_pairs.items()} for name in ("unigram", "trigram")}}
        found["own"] = {arm: self.counted_losses(self.looks[arm]["test"]) for arm in ("BERT", "GPT")}
        found["own"]["published"] = self.copied_losses(self.looks["published"]["test"])
        found["probes"] = {}
        for task, (training, test) in self.labelled.items():
            counted = word_classifier().fit(training.texts, training.labels).predict(test.texts)
            common = max(set(training.labels), key=training.labels.count)
            found["probes"][task] = {"TF-IDF": marks(counted, test.labels),
                                     "majority": marks([common] * len(test.labels), test.labels)}
        return found

    def counted_losses(self, looks) -> dict[str, list[float]]:
        """Compute the mean -log p per row of the targets: unigram, and both neighbours or trigram."""
        found: dict[str, list] = {"unigram": [], "both sides": [], "trigram": []}
        for batch in looks:
            ids, labels = batch["input_ids"].numpy(), batch["labels"].numpy()              # (B, T)
            row, at = (labels != IGNORED).nonzero()                                        # (N,)
            right = np.minimum(at + 1, ids.shape[1] - 1)
            nats = {"unigram": -self.counters["unigram"].log_probs(labels[row, at])}       # name -> (N,)
            if batch["at_mask"].any():
                probs = self.counters["both sides"].probs(ids[row, at - 1], ids[row, right])
                nats["both sides"] = -np.log(probs[range(len(row)), labels[row, at]])
            else:
                nats["trigram"] = -np.concatenate([self.counters["trigram"].log_probs(one)[1:] for one in ids])
            for name, each in nats.items():
                found[name] += (np.bincount(row, each) / np.bincount(row)).tolist()
        return {name: [round(x, 3) for x in rows] for name, rows in found.items() if rows}

    def copied_losses(self, looks) -> dict[str, list[float]]:
        """Compute the loss of a unigram that bets on the visible token by Bayes' rule."""
        p = np.exp(self.counters["unigram"].table)                                         # (V,)
        rows = []
        for batch in looks:
            for ids, labels in zip(batch["input_ids"], batch["labels"]):
                at = (labels != IGNORED).nonzero()[:, 0]
                visible, true = ids[at].numpy(), labels[at].numpy()
                kept = np.where(visible == self.tokenizer.mask_id, 0, p[visible] / (p[visible] + 1 / len(p)))
                rows.append(-np.log(kept * (visible == true) + (1 - kept) * p[true]).mean())
        return {"copier": [round(float(x), 3) for x in rows]}


def marks(answers, labels) -> str:
    """Say of each answer whether it is right: -> a string of n, "1" or "0"."""
    return "".join(str(int(a == b)) for a, b in zip(np.asarray(answers).tolist(), labels, strict=True))


def plan(budgets=BUDGETS, seeds: int = 3) -> list[tuple[str, int, int]]:
    """List the rows, the most important first: arm, seed, steps."""
    pair = [arm for arm in ARMS if arm not in SIDE_BUDGETS]
    untrained = [(arm, 0, 0) for arm in pair]
    others = [(arm, 0, min(steps, budgets[-1])) for arm, steps in SIDE_BUDGETS.items()]
    fought = [(arm, seed, steps) for steps in budgets for seed in range(seeds) for arm in pair]
    return [*untrained, *others, *fought]


def rows_of(fight: Fight, seeds: int = 3) -> list[Row]:
    """Name the rows of the record and say how each is made."""
    data = (fingerprint(fight.tokenizer.backend.to_str()), f"{fight.n_items} items a corpus")
    rows = [Row(name="baselines", make=fight.baselines, data=data, seconds=60)]
    for arm, seed, steps in plan(fight.budgets, seeds):
        rows.append(Row(name=f"{arm}, {steps} steps, seed {seed}", make=partial(fight.row, arm, seed, steps),
                        data=data, seconds=20 + steps * 0.05))
    return rows


def about(fight: Fight, rows: list[Row]) -> dict:
    """Say how the record was made, and how many rows it has once nothing is missing."""
    return {"command": "python benchmarks/fair_fight.py", "sizes": fight.sizes,
            "budgets": fight.budgets, "planned_rows": len(rows), "items": 3 * fight.n_items,
            "tokens_of_text": sum(map(len, fight.documents)),
            "tokenizer": fingerprint(fight.tokenizer.backend.to_str()),
            "data": {name: fingerprint(*texts("train").values()) for name, texts in BOOKS.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="rows whose name has all of these")
    parser.add_argument("--tokenizer", type=Path, help="another vocabulary than the course's")
    parser.add_argument("--checkpoints", type=Path, help="a folder for the steps that budgets share; else none are")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="a rehearsal: one layer, few steps and items")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    if args.checkpoints:
        args.checkpoints.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(args.tokenizer) if args.tokenizer else course_tokenizer()
    tiny = dict(budgets=(6, 12, 24), sizes=FIGHT_SIZES | {"n_layers": 1, "d_model": 24, "d_ff": 48},
                n_items=4, n_rows=2, n_train=60, n_test=40)
    fight = Fight(tokenizer, args.checkpoints, **(tiny if args.tiny else {}))
    rows = rows_of(fight, args.seeds)
    record("fair_fight", about(fight, rows), rows, args.only, args.out)


if __name__ == "__main__":
    main()
