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
from experiments import Row, fingerprint, record
from minimal_pairs import MinimalPairs, make_minimal_pairs

from bertgpt.device import device_of, evaluation_mode
from bertgpt.evaluation.ngrams import BothSides, KneserNey, Unigram
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import BOOKS
from bertgpt.text.data import LengthCurriculum, encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training import distributed
from bertgpt.training.checkpoint import resume, save_checkpoint
from bertgpt.training.loop import on_device, take_step
from bertgpt.training.optimisers import OPTIMISERS
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.records import RESULTS
from bertgpt_book.tasks.fair_fight import ARMS, FIGHT_SIZES, Arm, FightBatches, untrained_model

BUDGETS = (500, 1000, 2000, 4000, 8000, 16000, 32000)  # steps of 1,024 tokens
SIDE_BUDGETS = {"left-only": 1000, "15 % hidden": 16000}
N_ITEMS, N_ROWS = 500, 64  # per corpus
ROWS = 16  # a step reads 16 rows of 64 tokens
SHORT_STEPS = 200  # the first steps read 64 rows of 16: attention learns sooner among few tokens
WARMUP = 100


def training_batches(
    documents: list[torch.Tensor], tokenizer: Tokenizer, arm: Arm, seed: int, sizes: dict = FIGHT_SIZES
):
    """Start with short rows, four times as many, in every arm."""
    length = sizes["max_len"]
    return LengthCurriculum(
        FightBatches(documents, tokenizer, arm, length // 4, 4 * ROWS, seed),
        FightBatches(documents, tokenizer, arm, length, ROWS, seed),
        SHORT_STEPS,
    )


def target_logits(model, arm: Arm, input_ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Compute the logits for the tokens to predict: targets (B, T) bool, N of them True -> (N, V)."""
    hidden = model.encode(input_ids, order=arm.order)  # (B, T, D)
    return model.lm_head(hidden[targets.roll(-1, dims=1)])  # (N, V)


def objective_for(arm: Arm) -> Callable:
    """Make the objective of an arm: (model, batch) -> loss, in nats."""

    def objective(model, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        targets = batch["labels"] != IGNORED  # (B, T)
        logits = target_logits(model, arm, batch["input_ids"], targets)  # (N, V)
        return {"loss": F.cross_entropy(logits, batch["labels"][targets])}

    return objective


def settings_for(steps: int) -> TrainingSettings:
    """Hold the learning rate and decay it over the last fifth, so that budgets share all steps before."""
    return TrainingSettings(
        steps=steps, learning_rate=2e-3, warmup=WARMUP, schedule="trapezoid", optimiser="muon", bfloat16=True
    )


def train_to(steps: int, arm: Arm, model, batches, trunk: Path | None = None) -> list[dict]:
    """Train a model in place to the end of a budget, from where shorter budgets left the shared trunk.

    trunk: prefix of the checkpoint files of the shared steps, None to keep none -> history, a row
    per step
    """
    settings, endless = settings_for(steps), settings_for(10**6)
    optimisers, history = OPTIMISERS[settings.optimiser](model, settings), []
    decays = steps - (steps - settings.warmup) // 5  # the first step after which the rate is lower
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
def own_loss(model, arm: Arm, batches: Sequence[dict[str, torch.Tensor]]) -> list[float]:
    """Compute an arm's loss per row of some batches, in nats."""
    found = []
    with evaluation_mode(model):
        for batch in (on_device(batch, device_of(model)) for batch in batches):
            targets = batch["labels"] != IGNORED  # (B, T)
            logits = target_logits(model, arm, batch["input_ids"], targets)  # (N, V)
            each = torch.full(targets.shape, torch.nan, device=targets.device)  # (B, T)
            each[targets] = F.cross_entropy(logits, batch["labels"][targets], reduction="none")
            found += each.nanmean(dim=1).tolist()
    return found


@torch.inference_mode()
def text_scores(
    model, arm: Arm, rows: torch.Tensor, positions: torch.Tensor, mask_id: int, batch_size: int = 16
) -> torch.Tensor:
    """Compute log p of texts, up to a term that the texts of a minimal pair share.

    rows: (n, T); positions: (n, k), rising, where such texts differ -> (n,) in nats, on the CPU
    With the causal mask, the log p of all tokens from the first such position on. With the
    bidirectional one the positions are filled from left to right, each given all but the later
    ones. The difference of two scores is either way the log ratio of the two texts' probabilities.
    """
    device, scores = device_of(model), []
    at = torch.arange(rows.size(1), device=device)  # (T,)
    with evaluation_mode(model):
        for ids, changed in zip(rows.split(batch_size), positions.split(batch_size)):
            ids, changed = ids.to(device), changed.to(device)
            if arm.order == "causal":
                steps = [(ids, at >= changed[:, :1])]  # (B, T) each
            else:
                blanks = at == changed[:, :, None]  # (B, k, T)
                steps = [
                    (ids.masked_fill(blanks[:, i:].any(dim=1), mask_id), blanks[:, i]) for i in range(changed.size(1))
                ]
            total = torch.zeros(len(ids), device=device)  # (B,)
            for given, targets in steps:
                logits = target_logits(model, arm, given, targets)  # (N, V)
                logs = -F.cross_entropy(logits, ids[targets], reduction="none")  # (N,)
                total.index_add_(0, targets.nonzero()[:, 0], logs)
            scores.append(total.cpu())
    return torch.cat(scores)  # (n,)


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

    def __init__(
        self,
        tokenizer: Tokenizer,
        checkpoints: Path | None,
        budgets=BUDGETS,
        sizes=FIGHT_SIZES,
        n_items=N_ITEMS,
        n_rows=N_ROWS,
    ):
        self.tokenizer, self.checkpoints, self.budgets, self.sizes = tokenizer, checkpoints, budgets, sizes
        self.n_items, self.n_rows = n_items, n_rows

    @cached_property
    def groups(self) -> dict[str, list[list[torch.Tensor]]]:
        """Encode novels, tales and plays: split -> the documents (n,) of each."""
        return {
            split: [encode_documents(texts(split), self.tokenizer, torch.int32) for texts in BOOKS.values()]
            for split in ("train", "test")
        }

    @cached_property
    def documents(self) -> list[torch.Tensor]:
        return [ids for group in self.groups["train"] for ids in group]

    @cached_property
    def counters(self) -> dict:
        counters = {"unigram": Unigram, "trigram": KneserNey, "both sides": BothSides}
        return {name: make(self.tokenizer.vocab_size).fit(torch.cat(self.documents)) for name, make in counters.items()}

    @cached_property
    def minimal_pairs(self) -> dict[str, MinimalPairs]:
        return make_minimal_pairs(
            self.groups["test"],
            self.tokenizer,
            self.counters["unigram"],
            self.counters["trigram"],
            self.n_items,
            self.sizes["max_len"],
        )

    @cached_property
    def looks(self) -> dict[str, dict[str, list[dict]]]:
        """Draw the rows on which an arm's own loss is measured: arm -> split -> a batch per corpus."""
        return {
            name: {
                split: [
                    FightBatches(group, self.tokenizer, arm, self.sizes["max_len"], self.n_rows, seed=5).sample(0)
                    for group in groups
                ]
                for split, groups in self.groups.items()
            }
            for name, arm in ARMS.items()
        }

    def row(self, name: str, seed: int, steps: int) -> dict:
        """Train one arm to the end of one budget and evaluate it."""
        arm = ARMS[name]
        model = untrained_model(self.tokenizer.vocab_size, seed, self.sizes)
        trunk = self.checkpoints and self.checkpoints / f"{name.replace(' ', '-')}-{seed}"
        batches = training_batches(self.documents, self.tokenizer, arm, seed, self.sizes)
        history = train_to(steps, arm, model, batches, trunk) if steps else []
        score = partial(text_scores, model, arm, mask_id=self.tokenizer.mask_id)
        own = {split: own_loss(model, arm, looks) for split, looks in self.looks[name].items()}
        return {
            "arm": name,
            "seed": seed,
            "steps": steps,
            "tokens": steps * ROWS * self.sizes["max_len"],
            "training_loss": [round(row["loss"], 3) for row in history[99::100]],
            "own": {split: {"loss": [round(x, 3) for x in rows]} for split, rows in own.items()},
            "minimal_pairs": {kind: compare(pairs, score) for kind, pairs in self.minimal_pairs.items()},
        }

    def baselines(self) -> dict:
        """Evaluate n-gram models on the minimal pairs and on the rows of each objective."""
        found = {
            name: {kind: compare(pairs, ngram_score(self.counters[name])) for kind, pairs in self.minimal_pairs.items()}
            for name in ("unigram", "trigram")
        }
        return {
            "minimal_pairs": found,
            "own": {name: self.counted_losses(ARMS[name], self.looks[name]["test"]) for name in ("BERT", "GPT")},
        }

    def counted_losses(self, arm: Arm, looks) -> dict[str, list[float]]:
        """Compute the mean -log p per row of the targets: unigram, and both neighbours or trigram."""
        found: dict[str, list] = {"unigram": [], "both sides": [], "trigram": []}
        for batch in looks:
            ids, labels = batch["input_ids"].numpy(), batch["labels"].numpy()  # (B, T)
            row, at = (labels != IGNORED).nonzero()  # (N,)
            right = np.minimum(at + 1, ids.shape[1] - 1)
            nats = {"unigram": -self.counters["unigram"].log_probs(labels[row, at])}  # name -> (N,)
            if arm.rate is not None:
                probs = self.counters["both sides"].probs(ids[row, at - 1], ids[row, right])
                nats["both sides"] = -np.log(probs[range(len(row)), labels[row, at]])
            else:
                nats["trigram"] = -np.concatenate([self.counters["trigram"].log_probs(one)[1:] for one in ids])
            for name, each in nats.items():
                found[name] += (np.bincount(row, each) / np.bincount(row)).tolist()
        return {name: [round(x, 3) for x in rows] for name, rows in found.items() if rows}


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
        rows.append(
            Row(
                name=f"{arm}, {steps} steps, seed {seed}",
                make=partial(fight.row, arm, seed, steps),
                data=data,
                seconds=20 + steps * 0.05,
            )
        )
    return rows


def about(fight: Fight, rows: list[Row]) -> dict:
    """Say how the record was made, and how many rows it has once nothing is missing."""
    return {
        "command": "python benchmarks/fair_fight.py",
        "sizes": fight.sizes,
        "budgets": fight.budgets,
        "planned_rows": len(rows),
        "items": 3 * fight.n_items,
        "tokens_of_text": sum(map(len, fight.documents)),
        "tokenizer": fingerprint(fight.tokenizer.backend.to_str()),
        "data": {name: fingerprint(*texts("train").values()) for name, texts in BOOKS.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="rows whose name has all of these")
    parser.add_argument("--checkpoints", type=Path, help="a folder for the steps that budgets share; else none are")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="a rehearsal: one layer, few steps and items")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    if args.checkpoints:
        args.checkpoints.mkdir(parents=True, exist_ok=True)
    tiny = dict(
        budgets=(6, 12, 24), sizes=FIGHT_SIZES | {"n_layers": 1, "d_model": 24, "d_ff": 48}, n_items=4, n_rows=2
    )
    fight = Fight(old_books_tokenizer(), args.checkpoints, **(tiny if args.tiny else {}))
    rows = rows_of(fight, args.seeds)
    record("fair_fight", about(fight, rows), rows, args.only, args.out)


if __name__ == "__main__":
    main()
