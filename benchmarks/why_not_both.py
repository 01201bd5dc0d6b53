"""What does it cost one set of weights to be both? One class, five mixtures of batches, equal tokens, three seeds.

Every row is a `Both` model of 1.2 million parameters that reads the same number of rows of novels, tales and
plays; what differs is how many of its batches are causal and how many have blanks. The two extremes are
specialists: a GPT, and a masked model with a GPT's body. All are tested on the same held-out windows of
*Persuasion*: the next token, and the token at [MASK] with 15 %, 30 % or any share of a window hidden.
"""

from collections.abc import Iterator
from functools import partial

import torch
from experiments import Row, main
from pretraining import documents, settings_for, short_rows_first
from torch import Tensor

from bertgpt import TransformerConfig
from bertgpt.assets import CONTENTS
from bertgpt.inference.scoring import blank_surprisal, token_surprisal
from bertgpt.model.both import Both
from bertgpt.text import corpora
from bertgpt.text.batching import draw_blanks, generator_for
from bertgpt.text.data import LMBatches, MaskedNextTokenBatches, MixedBatches
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import both_objective

NAME = "why_not_both"
SIZES = dict(max_len=64, d_model=96, n_layers=4, n_heads=4, d_ff=384)
STEPS, ROWS, WINDOWS = 720, 32, 192  # 2,048 tokens a step; test windows
# Name of a mixture -> causal : masked batches, approximate seconds.
DIETS = {
    "causal": ((1, 0), 190),
    "masked": ((0, 1), 145),
    "1:1": ((1, 1), 165),
    "15:1": ((15, 1), 185),
    "1:15": ((1, 15), 150),
}
TRAINING = dict(learning_rate=2e-3, optimiser="muon", schedule="linear", bfloat16=True)
RATES = {"15 %": 0.15, "30 %": 0.30, "any": None}  # None: any number of blanks, uniformly, from one to all
FILES = [*corpora.NOVELS.values(), *corpora.TALES.values(), "shakespeare.md.xz"]
DATA = {file: CONTENTS[f"corpora/{file}"] for file in FILES}  # sha256 of training and test texts


def draw_test(tokenizer: Tokenizer, unseen: list[Tensor]) -> tuple[Tensor, dict]:
    """Draw the test windows and what is hidden in each: -> ids (B, T), rate -> blanks (B, T)."""
    ids, blanks = LMBatches(unseen, SIZES["max_len"], WINDOWS, seed=5).sample(0)["input_ids"], {}  # (B, T)
    eligible = ~torch.isin(ids, torch.tensor(sorted(tokenizer.special_ids)))  # (B, T)
    eligible[:, 0] = False  # the first token cannot be predicted early
    n_eligible = eligible.sum(dim=1)  # (B,)
    for stream, (name, rate) in enumerate(RATES.items()):
        generator = generator_for(5, stream)
        any_number = (torch.rand(WINDOWS, generator=generator) * n_eligible).ceil()  # (B,)
        number = any_number if rate is None else (rate * n_eligible).round()  # (B,)
        blanks[name] = draw_blanks(eligible, number.clamp(min=1), generator)  # (B, T)
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


def run(diet: str, seed: int, tokenizer: Tokenizer, steps: int = STEPS) -> dict:
    """Train one model on one mixture, and test it.

    For the first third of the steps all get short rows: no mixture should win by those alone.
    """
    torch.manual_seed(seed)
    model = Both(TransformerConfig.gpt(**SIZES, vocab_size=tokenizer.vocab_size, pad_id=tokenizer.pad_id, dropout=0.0))
    texts, unseen = (documents(split, tokenizer) for split in ("train", "test"))
    length = SIZES["max_len"]
    tests = [
        LMBatches(unseen, length, ROWS, seed=6),
        MaskedNextTokenBatches(unseen, tokenizer, length, ROWS, (0.15, 0.15), seed=6),
    ]

    def mixed(length: int, n_rows: int) -> MixedBatches:
        causal = LMBatches(texts, length, n_rows, seed)
        masked = MaskedNextTokenBatches(texts, tokenizer, length, n_rows, (0.0, 1.0), seed)
        return MixedBatches([causal, masked], list(DIETS[diet][0]), seed)

    batches = short_rows_first(mixed, length, ROWS, steps // 3)
    settings = settings_for(steps, seed, warmup=100, eval_every=max(1, steps // 10), **TRAINING)
    held_out = [test.sample(step) for step in range(2) for test in tests]
    history = train(model, both_objective, batches, settings, held_out=held_out)
    return {
        "diet": diet,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * length,
        "parameters": sum(p.numel() for p in model.parameters()),
        "curve": [
            {"step": row["step"]} | {name: round(row["held_out"][name], 4) for name in ("lm_loss", "mlm_loss")}
            for row in history
            if "held_out" in row
        ],
        **evaluate_windows(model, tokenizer.mask_id, *draw_test(tokenizer, unseen)),
    }


def rows() -> Iterator[Row]:
    tokenizer = old_books_tokenizer()
    data = (*DATA.values(), tokenizer.sha256(), f"{STEPS} steps")
    for seed in range(3):
        for diet, (_, seconds) in DIETS.items():
            yield Row(f"{diet}, seed {seed}", partial(run, diet, seed, tokenizer), data, seconds=seconds)


ABOUT = {
    "sizes": SIZES,
    "training": TRAINING | {"steps": STEPS, "rows": ROWS},
    "diets": {name: list(shares) for name, (shares, _) in DIETS.items()},
    "asked": f"{WINDOWS} windows of Persuasion",
    "data": DATA,
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
