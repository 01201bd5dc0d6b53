"""Which model learns more from the same text? One class, two masks, and everything else equal.

About seven hours on one core; budgets share the steps before their learning rates decay, kept in the folder of
temporary files, and two processes can share the work by --only.

B batch, T tokens, N tokens to predict, n pairs, k changed positions.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from experiments import BFLOAT16, Row, fingerprint, main
from minimal_pairs import MinimalPairs, fit_counters, judge_by_counting, judge_pairs, make_minimal_pairs
from shipped_recipe import LengthCurriculum

from bertgpt.device import device_of, evaluation_mode
from bertgpt.model.both import Both
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import CORPORA
from bertgpt.text.data import encode_documents
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.checkpoint import resume, save_checkpoint
from bertgpt.training.loop import on_device, take_step
from bertgpt.training.optimisers import OPTIMISERS
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.statistics.ngrams import BothSides
from bertgpt_book.tasks.fair_fight import ARMS, FIGHT_SIZES, Arm, FightBatches, untrained_model

NAME = "fair_fight"
BOOKS = {name: CORPORA[name] for name in ("austen", "shakespeare", "tales")}  # by authors who died before 1950
BUDGETS = (500, 1000, 2000, 4000, 8000, 16000, 32000)  # steps of 1,024 tokens
SIDE_BUDGETS = {"15 % hidden": 16000}
# Asked at 30 % of the positions, for all seeds: from the left, in intact text, and among BERT's blanks.
AS_OFTEN, AS_OFTEN_BUDGETS = ("GPT, asked as often as BERT", "left-only"), (1000, 4000)
SEEDS = 3
SIZES = FIGHT_SIZES
N_ITEMS, N_ROWS = 500, 64  # per corpus
ROWS = 16  # a step reads 16 rows of 64 tokens
SHORT_STEPS = 200  # the first steps read 64 rows of 16: attention learns sooner among few tokens
WARMUP = 100
tokenizer = cache(old_books_tokenizer)


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


def settings_for(steps: int, **changes) -> TrainingSettings:
    """Hold the learning rate and decay it over the last fifth, so that budgets share all steps before."""
    fixed = dict(learning_rate=2e-3, warmup=WARMUP, schedule="trapezoid", optimiser="muon", bfloat16=BFLOAT16)
    return TrainingSettings(steps=steps, **fixed | changes)


def train_to(settings: TrainingSettings, objective, model, batches, trunk: Path, every: int = 0) -> None:
    """Train a model in place to the end of a budget, from where a shorter one or a stopped run left the shared trunk.

    trunk: prefix of the checkpoint files of the shared steps; every: steps between two of them, 0 for the last alone
    """
    steps, endless = settings.steps, replace(settings, steps=10**6)
    optimisers, history = OPTIMISERS[settings.optimiser](model, settings), []
    decays = steps - (steps - settings.warmup) // 5  # the first step after which the rate is lower
    kept = sorted(path for path in trunk.parent.glob(f"{trunk.name}-*") if int(path.stem[-7:]) <= decays)
    if kept:
        history = resume(kept[-1], model, optimisers, endless)
    model.train()
    for step in range(len(history), steps):
        if step and (step == decays or every and step < decays and step % every == 0):
            path = trunk.with_name(f"{trunk.name}-{step:07}.safetensors")
            if not path.exists():
                save_checkpoint(path, model, optimisers, endless, history)
        row = take_step(step, batches.sample(step), model, objective, optimisers, settings)
        history.append({"step": row["step"], "loss": row["loss"], "seconds": 0.0})
    model.eval()


@torch.inference_mode()
def objective_loss(model, arm: Arm, batches: Sequence[dict[str, torch.Tensor]]) -> list[float]:
    """Compute an arm's loss per row of some batches, in nats."""
    losses = []
    with evaluation_mode(model):
        for batch in (on_device(batch, device_of(model)) for batch in batches):
            targets = batch["labels"] != IGNORED  # (B, T)
            logits = target_logits(model, arm, batch["input_ids"], targets)  # (N, V)
            each = torch.full(targets.shape, torch.nan, device=targets.device)  # (B, T)
            each[targets] = F.cross_entropy(logits, batch["labels"][targets], reduction="none")
            losses += each.nanmean(dim=1).tolist()
    return losses


@torch.inference_mode()
def text_scores(
    model, arm: Arm, rows: torch.Tensor, positions: torch.Tensor, mask_id: int, batch_size: int = 16
) -> torch.Tensor:
    """Compute log p of texts, up to a term that the texts of a minimal pair share: -> (n,) in nats, on the CPU.

    rows: (n, T); positions: (n, k), rising, where such texts differ
    With the causal mask, of all tokens from the first such position on; with the bidirectional one the positions are
    filled from left to right, each given all but the later ones. Either way two scores differ by the log ratio of p.
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


@cache
def groups() -> dict[str, list[list[torch.Tensor]]]:
    """Encode novels, tales and plays: split -> the documents (n,) of each."""
    return {
        split: [encode_documents(texts(split), tokenizer(), torch.int32) for texts in BOOKS.values()]
        for split in ("train", "test")
    }


def documents() -> list[torch.Tensor]:
    return [ids for group in groups()["train"] for ids in group]


@cache
def counters() -> dict:
    """Fit the n-gram models on the training text."""
    vocab_size = tokenizer().vocab_size
    return fit_counters(vocab_size, documents()) | {"both sides": BothSides(vocab_size).fit(torch.cat(documents()))}


@cache
def minimal_pairs() -> dict[str, MinimalPairs]:
    return make_minimal_pairs(groups()["test"], tokenizer(), counters(), N_ITEMS, SIZES["max_len"])


def test_batches(arm: Arm, split: str) -> list[dict]:
    """Draw the rows on which an arm's own loss is measured: a batch per corpus."""
    return [
        FightBatches(group, tokenizer(), arm, SIZES["max_len"], N_ROWS, seed=5).sample(0) for group in groups()[split]
    ]


def trained(name: str, seed: int, steps: int, sizes: dict | None = None) -> Both:
    """Train one arm to the end of one budget."""
    sizes = sizes or SIZES
    arm, model = ARMS[name], untrained_model(tokenizer().vocab_size, seed, sizes)
    if not steps:
        return model
    folder = Path(tempfile.gettempdir()) / f"fair_fight_{fingerprint(str(sizes), tokenizer().sha256())}"
    folder.mkdir(exist_ok=True)
    cut = partial(FightBatches, documents(), tokenizer(), arm, seed=seed)
    length = sizes["max_len"]
    batches = LengthCurriculum(cut(length // 4, 4 * ROWS), cut(length, ROWS), SHORT_STEPS)
    trunk = folder / f"{name.replace(' ', '-')}-{seed}"
    train_to(settings_for(steps), objective_for(arm), model, batches, trunk)
    return model


def run(name: str, seed: int, steps: int) -> dict:
    """Train one arm to the end of one budget and evaluate it."""
    arm, model = ARMS[name], trained(name, seed, steps)
    score = partial(text_scores, model, arm, mask_id=tokenizer().mask_id)
    own = {split: objective_loss(model, arm, test_batches(arm, split)) for split in groups()}
    return {
        "arm": name,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * SIZES["max_len"],
        "own": {split: {"loss": [round(x, 3) for x in rows]} for split, rows in own.items()},
        "minimal_pairs": judge_pairs(minimal_pairs(), score),
    }


def baselines() -> dict:
    """Evaluate n-gram models on the minimal pairs and on the rows of each objective."""
    return {
        "minimal_pairs": {
            name: judge_by_counting(minimal_pairs(), counters()[name]) for name in ("unigram", "trigram")
        },
        "own": {name: ngram_losses(ARMS[name]) for name in ("BERT", "GPT")},
    }


def ngram_losses(arm: Arm) -> dict[str, list[float]]:
    """Compute the mean -log p per row of the targets: unigram, and both neighbours or trigram."""
    losses: dict[str, list] = {}
    for batch in test_batches(arm, "test"):
        ids, labels = batch["input_ids"].numpy(), batch["labels"].numpy()  # (B, T)
        row, at = (labels != IGNORED).nonzero()  # (N,)
        right = np.minimum(at + 1, ids.shape[1] - 1)
        nats = {"unigram": -counters()["unigram"].log_probs(labels[row, at])}  # name -> (N,)
        if arm.rate is not None:
            probs = counters()["both sides"].probs(ids[row, at - 1], ids[row, right])
            nats["both sides"] = -np.log(probs[range(len(row)), labels[row, at]])
        else:
            nats["trigram"] = -np.concatenate([counters()["trigram"].log_probs(one)[1:] for one in ids])
        for name, each in nats.items():
            losses.setdefault(name, []).extend(np.bincount(row, each) / np.bincount(row))
    return {name: [round(float(x), 3) for x in rows] for name, rows in losses.items()}


def plan() -> list[tuple[str, int, int]]:
    """List the rows, the most important first: arm, seed, steps."""
    pair = ("BERT", "GPT")
    untrained = [(arm, 0, 0) for arm in pair]
    others = [(arm, 0, steps) for arm, steps in SIDE_BUDGETS.items()]
    as_often = [(arm, seed, steps) for arm in AS_OFTEN for steps in AS_OFTEN_BUDGETS for seed in range(SEEDS)]
    both = [(arm, seed, steps) for steps in BUDGETS for seed in range(SEEDS) for arm in pair]
    return [*untrained, *others, *as_often, *both]


def rows() -> Iterator[Row]:
    data = (fingerprint(tokenizer().backend.to_str()), f"{N_ITEMS} items a corpus")
    yield Row("baselines", baselines, data, seconds=60)
    for arm, seed, steps in plan():
        name = f"{arm}, {steps} steps, seed {seed}"
        yield Row(name, partial(run, arm, seed, steps), data, seconds=20 + steps * 0.05)


def about() -> dict:
    """Say how the record was made, and how many rows it has once nothing is missing."""
    return {
        "sizes": SIZES,
        "budgets": BUDGETS,
        "planned_rows": len(plan()) + 1,
        "items": 3 * N_ITEMS,
        "tokens_of_text": sum(map(len, documents())),
        "data": {name: fingerprint(*texts("train").values()) for name, texts in BOOKS.items()},
        "tokenizer": fingerprint(tokenizer().backend.to_str()),
    }


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
