"""How far is GPT ahead of BERT's three best ways to continue a text, and does the judge's own direction decide it?

Chapter 11 draws each way once. Here each is drawn six times from the same 60 beginnings, ten tokens each at
temperature 1, and judged by two trigrams of the five training novels: one counts forwards, as GPT writes, and one
was fitted on the same text backwards and scores backwards. If the forward judge merely liked a writer that goes
forwards, GPT's lead would be gone with the backward one. Beginnings are paired: of each, the mean over its draws.

Rows: a way and a seed, with one score per beginning from either judge. Nothing is chosen by what is reported.
"""

from functools import cache, partial

import numpy as np
import torch
from experiments import Row, fingerprint, main

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.evaluation.ngrams import KneserNey
from bertgpt.inference.decoding import sample_next_token
from bertgpt.text.corpora import novels
from bertgpt_book.tasks.continuing import beginnings
from bertgpt_book.widgets.seven_hacks import slot_order, write

NAME = "continuing"
WAYS = ["left to right", "Gibbs sampling", "rolling blanks", "GPT"]
SEEDS = range(6)
NEW, SWEEPS = 10, 2


@cache
def judges() -> tuple[KneserNey, KneserNey]:
    """Fit a trigram on the five training novels, and one on the same tokens in the opposite order."""
    tokenizer = load_tokenizer()
    ids = [i for text in novels("train").values() for i in tokenizer.encode(text)]
    return tuple(KneserNey(tokenizer.vocab_size).fit(each) for each in (ids, ids[::-1]))


def run(way: str, seed: int, n: int | None = None) -> dict:
    """Continue the beginnings, and score what is new: mean log-probabilities, one per beginning."""
    models, tokenizer = {"BERT": load_bert("tinybert"), "GPT": load_gpt("tinygpt")}, load_tokenizer()
    generator = torch.Generator().manual_seed(seed)
    draw = partial(sample_next_token, generator=generator)
    forwards, backwards = [], []
    for given in beginnings(tokenizer, NEW)[0][:n]:
        order = slot_order(way, NEW, SWEEPS, generator)
        filled = {slot: token for slot, token, _ in write(models, tokenizer, given, way, order, draw)}
        row = [*given, *(filled[slot] for slot in range(NEW))]
        ahead, back = judges()
        forwards.append(round(float(np.mean(ahead.log_probs(row)[-NEW:])), 3))
        backwards.append(round(float(np.mean(back.log_probs(row[::-1])[:NEW])), 3))
    return {"forwards": forwards, "backwards": backwards}


def rows() -> list[Row]:
    texts = fingerprint(*novels("train").values(), *novels("test").values(), f"60 {NEW} {SWEEPS}")
    return [
        Row(
            f"{way}, seed {seed}",
            partial(run, way, seed),
            data=(texts,),
            weights=("tinygpt" if way == "GPT" else "tinybert",),
            seconds=10,
        )
        for way in WAYS
        for seed in SEEDS
    ]


if __name__ == "__main__":
    main(__doc__, NAME, {"beginnings": 60, "new tokens": NEW, "sweeps": SWEEPS}, rows)
