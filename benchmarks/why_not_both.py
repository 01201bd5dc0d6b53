"""What does it cost one set of weights to be both? One class, five mixtures of batches, equal tokens, three seeds.

    python benchmarks/why_not_both.py                          # about 40 minutes of a quiet core
    python benchmarks/why_not_both.py --only 1:1 "seed 0"      # rows whose name has all of these words
    python benchmarks/why_not_both.py --steps 20 --out DIR     # a rehearsal

Writes assets/results/why_not_both.json. Every row is a `Both` model of 1.2 million parameters that
reads the same number of rows of novels, tales and plays; what differs is how many of its batches
are causal and how many have blanks. The two extremes are specialists: a GPT, and a masked model
with a GPT's body. All are tested on the same held-out windows of *Persuasion*: the next token, and
the token at [MASK] with 15 %, 30 % or any share of a window hidden. A row that was recorded is not
made again, so a stopped experiment continues where it was.
"""

import argparse
from functools import cache, partial
from pathlib import Path

import torch
from experiments import Row, record
from torch import Tensor

from bertgpt import TransformerConfig
from bertgpt.assets import CONTENTS
from bertgpt.inference.scoring import blank_surprisal, token_surprisal
from bertgpt.model.both import Both
from bertgpt.text import corpora
from bertgpt.text.batching import draw_blanks, generator_for
from bertgpt.text.data import LengthCurriculum, LMBatches, MaskedNextTokenBatches, MixedBatches, encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import both_objective
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.records import RESULTS

NAME = "why_not_both"
SIZES = dict(max_len=64, d_model=96, n_layers=4, n_heads=4, d_ff=384)
STEPS, ROWS, WINDOWS = 720, 32, 192  # 2,048 tokens a step; test windows
DIETS = {"causal": (1, 0), "masked": (0, 1), "1:1": (1, 1), "15:1": (15, 1), "1:15": (1, 15)}  # causal : masked
TRAINING = dict(learning_rate=2e-3, optimiser="muon", schedule="linear", bfloat16=True)
RATES = {"15 %": 0.15, "30 %": 0.30, "any": None}  # None: any number of blanks, uniformly, from one to all
FILES = [*corpora.NOVELS.values(), *corpora.TALES.values(), "shakespeare.md.xz"]
DATA = {file: CONTENTS[f"corpora/{file}"] for file in FILES}  # sha256 of training and test texts


@cache
def documents(split: str, tokenizer: Tokenizer) -> list[Tensor]:
    """Encode the training texts, or *Persuasion*: ids (n,) each."""
    sources = corpora.BOOKS.values() if split == "train" else [corpora.novels]
    return [ids for source in sources for ids in encode_documents(source(split), tokenizer, torch.int32)]


def draw_test(tokenizer: Tokenizer, unseen: list[Tensor], length: int, n_windows: int) -> tuple[Tensor, dict]:
    """Draw the test windows and what is hidden in each: -> ids (B, T), rate -> blanks (B, T)."""
    ids, blanks = LMBatches(unseen, length, n_windows, seed=5).sample(0)["input_ids"], {}  # (B, T)
    may = ~torch.isin(ids, torch.tensor(sorted(tokenizer.special_ids)))  # (B, T)
    may[:, 0] = False  # the first token cannot be predicted early
    n_may = may.sum(dim=1)  # (B,)
    for stream, (name, rate) in enumerate(RATES.items()):
        generator = generator_for(5, stream)
        any_number = (torch.rand(n_windows, generator=generator) * n_may).ceil()  # (B,)
        number = any_number if rate is None else (rate * n_may).round()  # (B,)
        blanks[name] = draw_blanks(may, number.clamp(min=1), generator)  # (B, T)
    return ids, blanks


def evaluate_windows(model: Both, mask_id: int, ids: Tensor, blanks: dict[str, Tensor]) -> dict:
    """Compute the loss at the next token and at the blanks: -> mean nats, and "each": of every window.

    The mean over any number of blanks is an upper bound on -log p of a window's tokens, in nats per
    token.
    """
    each = {"next": torch.stack([token_surprisal(model, row).mean() for row in ids])}  # (B,)
    for name, hidden in blanks.items():
        nats = blank_surprisal(model, ids, hidden, mask_id)  # (N,)
        each[name] = torch.stack([part.mean() for part in nats.split(hidden.sum(dim=1).tolist())])  # (B,)
    return {name: round(nats.mean().item(), 4) for name, nats in each.items()} | {
        "each": {name: [round(value, 3) for value in nats.tolist()] for name, nats in each.items()}
    }


def batches_of(diet: str, texts: list[Tensor], tokenizer: Tokenizer, steps: int, seed: int, length: int, rows: int):
    """Cut the texts into batches, causal ones and ones with blanks, in the shares of a mixture.

    For the first third of the steps all get rows of a quarter of the length: a masked model leaves
    its plateau sooner on short rows, and no mixture should win by that alone.
    """

    def mixed(length: int, rows: int) -> MixedBatches:
        return MixedBatches(
            [
                LMBatches(texts, length, rows, seed),
                MaskedNextTokenBatches(texts, tokenizer, length, rows, (0.0, 1.0), seed),
            ],
            list(DIETS[diet]),
            seed,
        )

    return LengthCurriculum(mixed(length // 4, 4 * rows), mixed(length, rows), steps // 3)


def looks_of(curve: list[dict]) -> list[dict]:
    """Keep the held-out losses of a training: -> step and losses."""
    return [
        {"step": row["step"]} | {name: round(value, 4) for name, value in row["held_out"].items() if name != "loss"}
        for row in curve
        if "held_out" in row
    ]


def held_out_batches(tokenizer: Tokenizer, unseen: list[Tensor], length: int, rows: int) -> list[dict]:
    """Draw the held-out batches of both objectives, 15 % hidden in the second."""
    sources = [
        LMBatches(unseen, length, rows, seed=6),
        MaskedNextTokenBatches(unseen, tokenizer, length, rows, (0.15, 0.15), seed=6),
    ]
    return [source.sample(step) for step in range(2) for source in sources]


def run(diet: str, seed: int, tokenizer: Tokenizer, steps: int = STEPS) -> dict:
    """Train one model on one mixture, and test it."""
    torch.manual_seed(seed)
    model = Both(TransformerConfig.gpt(**SIZES, vocab_size=tokenizer.vocab_size, pad_id=tokenizer.pad_id, dropout=0.0))
    length, unseen = SIZES["max_len"], documents("test", tokenizer)
    settings = TrainingSettings(
        steps=steps, warmup=min(100, steps // 8), eval_every=max(1, steps // 10), seed=seed, **TRAINING
    )
    batches = batches_of(diet, documents("train", tokenizer), tokenizer, steps, seed, length, ROWS)
    history = train(
        model, both_objective, batches, settings, held_out=held_out_batches(tokenizer, unseen, length, ROWS)
    )
    return {
        "diet": diet,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * length,
        "parameters": sum(p.numel() for p in model.parameters()),
        "curve": looks_of(history),
        **evaluate_windows(model, tokenizer.mask_id, *draw_test(tokenizer, unseen, length, WINDOWS)),
    }


def rows(tokenizer: Tokenizer | None = None, steps: int = STEPS, seeds: int = 3) -> list[Row]:
    tokenizer = tokenizer or old_books_tokenizer()
    return [
        Row(
            name=f"{diet}, seed {seed}",
            make=partial(run, diet, seed, tokenizer, steps),
            seconds=SECONDS[diet] * steps / STEPS,
            data=(*DATA.values(), tokenizer.sha256(), f"{steps} steps"),
        )
        for seed in range(seeds)
        for diet in DIETS
    ]


SECONDS = {"causal": 190, "masked": 145, "1:1": 165, "15:1": 185, "1:15": 150}  # estimated
ABOUT = {
    "command": "python benchmarks/why_not_both.py",
    "seconds": "of the processor, one thread",
    "sizes": SIZES,
    "training": TRAINING | {"steps": STEPS, "rows": ROWS},
    "diets": {name: list(d) for name, d in DIETS.items()},
    "asked": f"{WINDOWS} windows of Persuasion",
    "data": DATA,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    record(NAME, ABOUT, rows(steps=args.steps), args.only, args.out)


if __name__ == "__main__":
    main()
