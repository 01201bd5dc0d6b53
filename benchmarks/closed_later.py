"""Close BERT's mask after training: does it still answer the backs of the flash cards that it never read?

`tasks/backwards.py` has the cards. BERT learns them under the square, any blank; then the same weights are asked
*country - ?* under the square and under the triangle, the blank at the end. With one layer nothing can change: the
last row of a triangle is the last row of the square. With two layers it can, since the rows before the blank have
seen less when the blank reads them. A row whose BERT answers less than 99 % of the fronts says nothing of the backs.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch
from experiments import Row, fingerprint, main

from bertgpt_book.modern import Decoder, Encoder, share_weights
from bertgpt_book.tasks.backwards import CAPITALS, learn, make_cards, right, scores, untrained

NAME = "closed_later"
STEPS, SEEDS = 600, 5


def run(layers: int, rotary: bool, seed: int, steps: int = STEPS) -> dict:
    """Train BERT under the square: -> what it answers there, and under the triangle with the same weights."""
    fronts, backs = make_cards(seed)
    half = len(backs) // 2
    config = replace(untrained("square").config, n_layers=layers, rotary=rotary)
    torch.manual_seed(seed)
    bert = Encoder(config)
    with torch.no_grad():  # as wide as `untrained` draws them
        for weight in bert.parameters():
            if weight.dim() > 1:
                weight.mul_(2.5)
    for _ in learn(bert, "blanks", torch.cat([fronts, backs[:half]]), steps):
        pass
    closed = share_weights(bert, Decoder)
    found = {"steps": steps}
    for mask, model in (("square", bert), ("triangle", closed)):
        asked = {"fronts": fronts, "backs, read": backs[:half], "backs, new": backs[half:]}
        found[mask] = {way: int(right(model, "blanks", cards).sum()) for way, cards in asked.items()}
    logits = [scores(model, "blanks", backs) for model in (bert, closed)]
    return found | {"largest difference": round((logits[0] - logits[1]).abs().max().item(), 4)}


def rows() -> Iterator[Row]:
    data = (fingerprint(*CAPITALS, *CAPITALS.values()),)
    for layers, rotary in ((2, False), (1, False), (2, True)):
        for seed in range(SEEDS):
            words = f"{layers} layer{'s' * (layers > 1)}, {'rotary' if rotary else 'learned'}, seed {seed}"
            key = {"layers": layers, "rotary": rotary, "seed": seed}
            yield Row(words, partial(run, *key.values()), data, seconds=5 * layers, key=key)


if __name__ == "__main__":
    main(__doc__, NAME, {"cards": len(CAPITALS), "steps": STEPS}, rows)
