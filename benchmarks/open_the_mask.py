"""Can a GPT learn to fill blanks when its mask is opened, and what is left of the GPT? TinyGPT in 500 steps.

A `Both` model learns to predict the token at [MASK] at the token before it, any share of a row hidden,
bidirectional from the first step: suddenly, from TinyGPT's weights, and from nothing, from random ones. The
rows are evaluated with both masks; those from TinyGPT's weights also at the same blanks with the causal
mask, which tells what the blanks cost from what the right side gives.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch
from experiments import Row, main
from pretraining import documents, settings_for
from why_not_both import DATA, draw_test, evaluate_windows, train_both

from bertgpt import load_tokenizer
from bertgpt.inference.probes import masked_by
from bertgpt.inference.scoring import blank_surprisal
from bertgpt.model.both import Both
from bertgpt.model.masks import causal_mask
from bertgpt.text.data import MaskedNextTokenBatches
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.weights.pretrained import load_both

NAME = "open_the_mask"
STEPS, ROWS, WINDOWS = 500, 16, 96
TRAINING = dict(learning_rate=1e-3, optimiser="muon", schedule="linear", bfloat16=True)


def initial_model(start: str, seed: int = 0) -> Both:
    """Make a `Both` model without dropout from TinyGPT's weights or, from nothing, from random ones."""
    gpt = load_both("tinygpt")
    torch.manual_seed(seed)
    model = Both(replace(gpt.config, dropout=0.0))
    if start != "from nothing":
        model.load_state_dict(gpt.state_dict())
    return model.eval()


def tested(model: Both, tokenizer: Tokenizer, causal_blanks: bool = True) -> dict:
    """Evaluate both masks on windows of *Persuasion*; causal_blanks: also the same blanks, causal mask."""
    ids, blanks = draw_test(tokenizer, documents("test", tokenizer), model.config.max_len, WINDOWS)
    losses = evaluate_windows(model, tokenizer.mask_id, ids, blanks)
    if causal_blanks:
        with masked_by(model, causal_mask(model.config.max_len)):
            nats = blank_surprisal(model, ids, blanks["15 %"], tokenizer.mask_id)  # (N,)
        by_window = nats.split(blanks["15 %"].sum(dim=1).tolist())
        losses["15 %, causal"] = round(torch.stack([part.mean() for part in by_window]).mean().item(), 4)
    return losses


def untrained() -> dict:
    """Test TinyGPT with both masks before any training."""
    return {"way": "as it is", "steps": 0, **tested(initial_model("as it is"), load_tokenizer())}


def run(start: str, seed: int, steps: int = STEPS) -> dict:
    """Open the mask, train on blanks, and test the model; the curve begins before the first step."""
    tokenizer, model = load_tokenizer(), initial_model(start, seed)
    length = model.config.max_len
    settings = settings_for(steps, seed, eval_every=max(1, steps // 20), **TRAINING)
    batches = MaskedNextTokenBatches(documents("train", tokenizer), tokenizer, length, ROWS, (0.0, 1.0), seed)
    return {
        "way": start,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * length,
        "curve": train_both(model, tokenizer, batches, ROWS, settings),
        **tested(model, tokenizer, causal_blanks=start == "suddenly"),
    }


def rows() -> Iterator[Row]:
    data = (*DATA.values(), load_tokenizer().sha256())
    yield Row("as it is", untrained, data, ("tinygpt",), 10)
    for start, weights in (("suddenly", ("tinygpt",)), ("from nothing", ())):
        yield Row(f"{start}, seed 0", partial(run, start, 0), (*data, f"{STEPS} steps"), weights, 350)


ABOUT = {
    "training": TRAINING | {"steps": STEPS, "rows": ROWS},
    "asked": f"{WINDOWS} windows of Persuasion",
    "data": DATA,
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
