"""For the same arithmetic, is a larger model on less text better, or a smaller one on more? Three sizes.

A run of `fair_fight` (its text, steps of 1,024 tokens, optimiser and rates, none of them searched again for a size)
with a smaller and a larger model beside its own. A budget is the arithmetic of its own model after 500 and after 2,000
steps: six FLOP per token and matrix element, of the blocks and of the product with the vocabulary. A model whose
matrices have twice as many elements reads half as many tokens. Scores and averages, a few per cent, are left out.

The losses are those of held-out text, each model by its own question. BERT predicts three tokens in ten, and a program
that scores no others saves most of its product with the vocabulary: counted is what GPT pays, for both.
"""

from collections.abc import Iterator
from functools import cache, partial

import fair_fight
import numpy as np
from experiments import Row, fingerprint, main
from fair_fight import ARMS, ROWS, objective_loss, test_batches, tokenizer, trained

NAME = "three_sizes"
SHAPES = {  # a head is 32 or 48 wide
    "small": {"d_model": 48, "n_layers": 2, "n_heads": 1, "d_ff": 192},
    "medium": {},
    "large": {"d_model": 192, "n_layers": 4, "n_heads": 6, "d_ff": 768},
}
BUDGETS = (500, 2000)  # steps of the medium model
SEEDS = 3


def sizes_of(size: str) -> dict:
    return fair_fight.SIZES | SHAPES[size]


def elements(size: str) -> dict[str, int]:
    """Count the elements of the matrices with which each token is multiplied."""
    sizes = sizes_of(size)
    d, layers, f = sizes["d_model"], sizes["n_layers"], sizes["d_ff"]
    return {"blocks": layers * (4 * d * d + 2 * d * f), "vocabulary": d * tokenizer().vocab_size}


def steps_of(size: str, budget: int) -> int:
    """Compute how many steps cost as much as the budget's of the medium model."""
    return round(budget * sum(elements("medium").values()) / sum(elements(size).values()))


def run(arm: str, size: str, budget: int, seed: int) -> dict:
    steps, tokens_a_step = steps_of(size, budget), ROWS * fair_fight.SIZES["max_len"]
    model = trained(arm, seed, steps, sizes_of(size))
    losses = objective_loss(model, ARMS[arm], test_batches(ARMS[arm], "test"))
    return {
        "arm": arm,
        "size": size,
        "budget": budget,
        "seed": seed,
        "steps": steps,
        "tokens": steps * tokens_a_step,
        "elements": elements(size),
        "parameters": sum(p.numel() for p in model.parameters()),
        "tera_flop": round(6e-12 * sum(elements(size).values()) * steps * tokens_a_step, 2),
        "loss": round(float(np.mean(losses)), 4),
    }


@cache
def texts() -> dict[str, str]:
    """Fingerprint the training texts."""
    return {name: fingerprint(*split("train").values()) for name, split in fair_fight.BOOKS.items()}


def rows() -> Iterator[Row]:
    for seed in range(SEEDS):
        for budget in BUDGETS:
            for size in SHAPES:
                for arm in ("GPT", "BERT"):
                    name = f"{arm}, {size}, budget {budget}, seed {seed}"
                    made = (*texts().values(), str(sizes_of(size)))
                    yield Row(name, partial(run, arm, size, budget, seed), made, seconds=0.08 * budget)


ABOUT = {"sizes": {size: sizes_of(size) for size in SHAPES}, "budgets": BUDGETS}


if __name__ == "__main__":
    main(__doc__, NAME, lambda: ABOUT | {"data": texts()}, rows)
