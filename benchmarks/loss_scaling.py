"""How does the loss fall with tokens and with size? Three sizes, five budgets, each model by its own loss.

Every budget is a run of its own, whose learning rate has decayed when it ends: a point in the middle of
a longer run would be worse than its tokens allow. In the first half of the steps rows have a quarter of
the length, which gets BERT off its plateau sooner. All budgets are less than one epoch, so there is no
dropout. The test is *Persuasion*: GPT's loss at the next token, BERT's at hidden tokens, 15 % of them; in
training it hides 30 %. These are different objectives, so only the shapes of their curves are compared.
BERT here is GPT's body with the other mask and objective, so that nothing else differs; BERT's own class,
with post-norm, has rows of its own, "published".
"""

from collections.abc import Iterator
from functools import partial

import torch
from experiments import BFLOAT16, Row, main
from pretraining import RATE, about_books, books, pretrain, settings_for

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig
from bertgpt.model.both import Both
from bertgpt.training.objectives import both_objective, lm_objective, masked_lm_objective

NAME = "loss_scaling"
ROWS, LENGTH = 8, TINY["max_len"]  # 1,024 tokens a step
SHAPES = {  # by width; a head is 64 wide
    64: dict(d_model=64, n_layers=2, n_heads=1, d_ff=256),
    128: dict(d_model=128, n_layers=3, n_heads=2, d_ff=512),
    192: dict(d_model=192, n_layers=4, n_heads=3, d_ff=768),
}
STEPS = (100, 200, 400, 800, 1600)  # 0.1 to 1.6 M tokens
# Kind of model -> its batches, objective, and the loss that is compared.
KINDS = {
    "GPT": ("GPT", lm_objective, "lm_loss"),
    "BERT": ("masked GPT", both_objective, "mlm_loss"),
    "published": ("BERT", masked_lm_objective, "loss_at_mask"),
}


def untrained(kind: str, width: int, vocab_size: int, seed: int) -> torch.nn.Module:
    """Make a model of one width: a GPT, the same body for masked tokens, or BERT's own class."""
    sizes = dict(vocab_size=vocab_size, max_len=LENGTH, dropout=0.0, **SHAPES[width])
    torch.manual_seed(seed)
    if kind == "published":
        return BERTForPreTraining(TransformerConfig.bert(**sizes), next_sentence=False)
    return (Both if kind == "BERT" else GPT)(TransformerConfig.gpt(**sizes))


def run(kind: str, width: int, steps: int, seed: int) -> dict:
    """Train one model: -> its row."""
    model = untrained(kind, width, books()[0].vocab_size, seed)
    batches, objective, loss = KINDS[kind]
    settings = settings_for(steps, seed, warmup=100, bfloat16=BFLOAT16)
    history = pretrain(model, objective, batches, LENGTH, ROWS, settings)
    return {
        "layers": SHAPES[width]["n_layers"],
        "tokens": steps * ROWS * LENGTH,
        "block_parameters": sum(p.numel() for p in model.blocks.parameters()),
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss_of": loss,
        "loss": round(history[-1]["held_out"][loss], 4),
        "seconds": history[-1]["seconds"],
    }


def rows() -> Iterator[Row]:
    for steps in STEPS:
        for width in SHAPES:
            for kind in KINDS:
                key = {"model": kind, "width": width, "steps": steps, "seed": 0}
                name = f"{kind}, width {width}, {steps} steps, seed 0"
                yield Row(name, partial(run, *key.values()), seconds=steps * width / 700, key=key)


def about() -> dict:
    return {"rows": ROWS, "length": LENGTH, "rate": RATE, **about_books()}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
