"""How far is GPT ahead of each way to make BERT continue a text, and does the judge's own direction decide it?

The page draws each way once. Here each is drawn six times from the same 60 beginnings, ten tokens each at temperature
1, and judged by two trigrams of the five training novels: one counts forwards, as GPT writes, and one was fitted on the
same text backwards and scores backwards. If the forward judge merely liked a writer that goes forwards, GPT's lead
would be gone with the backward one. Beginnings are paired: of each, the mean over its draws.

Beside the page's seven: no `[SEP]` after the blank at the end, rolling blanks with no `[SEP]`, and left to right and
Gibbs sampling without the full stop that forces them to end after ten tokens; nine more blanks stand there instead, as
in rolling blanks. Austen's own words (of 59 beginnings) and tokens drawn by their frequency are the two controls.

Rows: a way and a seed, with one score per beginning from either judge. Nothing is chosen by what is reported.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
import torch
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import generate, load_bert, load_gpt, load_tokenizer
from bertgpt.inference.decoding import sample_next_token
from bertgpt.text import batching
from bertgpt.text.corpora import novels
from bertgpt_book.statistics.ngrams import KneserNey, Unigram
from bertgpt_book.tasks.continuing import beginnings

NAME = "continuing"
SEEDS = range(6)
NEW, SWEEPS, ROOM = 10, 2, 9
tokenizer, gpt, bert = (
    cache(load_tokenizer),
    cache(partial(load_gpt, "littlegpt")),
    cache(partial(load_bert, "littlebert")),
)


def ending(text: str) -> list[int]:
    """What follows a text, or its blanks: "_" a blank, "." a full stop, "|" the `[SEP]`."""
    ids = {"_": tokenizer().mask_id, ".": tokenizer().encode(".")[0], "|": tokenizer().sep_id}
    return [ids[each] for each in text]


GROWING = {  # appended to one token at a time -> what stands after the text
    "no mask": "|",
    "[MASK] at the end": "_|",
    "[MASK], no [SEP]": "_",
    "[MASK], full stop": "_.|",
    "rolling blanks": "_" + ROOM * "_" + "|",
    "rolling blanks, no [SEP]": "_" + ROOM * "_",
}
FILLING = {  # ten blanks are filled -> what stands after them
    "all at once": ".|",
    "left to right": ".|",
    "left to right, no full stop": ROOM * "_" + "|",
    "Gibbs sampling": ".|",
    "Gibbs sampling, no full stop": ROOM * "_" + "|",
}
WAYS = [*GROWING, *FILLING, "GPT", "unigram", "Austen"]


@torch.inference_mode()
def ask(rows: Sequence[list[int]], places: Sequence[Sequence[int]]) -> Tensor:
    """Frame each row by `[CLS]` alone, and read BERT at n places of each: -> logits (B * n, V)."""
    ids, mask = batching.pad([[tokenizer().cls_id, *row] for row in rows], tokenizer().pad_id)  # (B, T) each
    asked = torch.zeros_like(ids, dtype=torch.bool).scatter_(1, 1 + torch.tensor(places), True)  # (B, T)
    return bert()(ids, attention_mask=mask, positions=asked)[0]  # (B * n, V)


def grow(prompts: list[list[int]], after: str, pick: Callable) -> list[list[int]]:
    rows = [list(prompt) for prompt in prompts]
    for _ in range(NEW):
        places = [[len(row) - ("_" not in after)] for row in rows]  # the blank, or the last token
        new = pick(ask([[*row, *ending(after)] for row in rows], places))  # (B,)
        rows = [[*row, i] for row, i in zip(rows, new.tolist())]
    return rows


def fill(prompts: list[list[int]], after: str, pick: Callable, order: Sequence[int]) -> list[list[int]]:
    blanks = NEW * [tokenizer().mask_id]
    rows = [[*prompt, *blanks, *ending(after)] for prompt in prompts]
    for slot in order:
        places = [[len(prompt) + slot] for prompt in prompts]
        for row, (place,) in zip(rows, places):
            row[place] = tokenizer().mask_id
        new = pick(ask(rows, places))  # (B,)
        for row, (place,), i in zip(rows, places, new.tolist()):
            row[place] = i
    return [row[: len(prompt) + NEW] for row, prompt in zip(rows, prompts)]


def at_once(prompts: list[list[int]], after: str, pick: Callable) -> list[list[int]]:
    rows = [[*prompt, *NEW * [tokenizer().mask_id], *ending(after)] for prompt in prompts]
    new = pick(ask(rows, [range(len(p), len(p) + NEW) for p in prompts])).view(-1, NEW)  # (B, NEW)
    return [[*prompt, *row] for prompt, row in zip(prompts, new.tolist())]


def continuations(way: str, seed: int, n: int | None = None) -> list[list[int]]:
    """Continue the first n of the 60 beginnings in one way: -> ids, the beginning included."""
    given, real = (part[:n] for part in beginnings(tokenizer(), NEW))
    generator = torch.Generator().manual_seed(seed)
    draw = partial(sample_next_token, generator=generator)
    if way in GROWING:
        return grow(given, GROWING[way], draw)
    if way == "all at once":
        return at_once(given, FILLING[way], draw)
    if way in FILLING:
        sweeps = SWEEPS if "Gibbs" in way else 0
        shuffled = [i for _ in range(sweeps) for i in torch.randperm(NEW, generator=generator).tolist()]
        return fill(given, FILLING[way], draw, shuffled or range(NEW))
    if way == "GPT":
        ids, mask = (t.flip(1) for t in batching.pad([p[::-1] for p in given], tokenizer().pad_id))  # left-padded
        new = generate(gpt(), ids, NEW, attention_mask=mask, generator=generator)[:, -NEW:].tolist()
    elif way == "unigram":
        table = torch.tensor(np.exp(judges()[0].table))  # (V,)
        new = torch.multinomial(table, NEW * len(given), replacement=True, generator=generator).view(-1, NEW).tolist()
    else:  # of our own beginning there is no continuation by Austen
        given, new = given[1:], real[: len(given) - 1]
    return [[*prompt, *row] for prompt, row in zip(given, new)]


@cache
def judges() -> tuple[Unigram, KneserNey, KneserNey]:
    """Fit a unigram and a trigram on the five training novels, and a trigram on the same tokens in opposite order."""
    ids = [i for text in novels("train").values() for i in tokenizer().encode(text)]
    V = tokenizer().vocab_size
    return Unigram(V).fit(ids), KneserNey(V).fit(ids), KneserNey(V).fit(ids[::-1])


def run(way: str, seed: int, n: int | None = None) -> dict:
    """Continue the beginnings, and score what is new: mean log-probabilities, one per beginning."""
    _, ahead, back = judges()
    texts = continuations(way, seed, n)
    return {
        "first": tokenizer().decode(texts[0]),
        "forwards": [round(float(np.mean(ahead.log_probs(row)[-NEW:])), 3) for row in texts],
        "backwards": [round(float(np.mean(back.log_probs(row[::-1])[:NEW])), 3) for row in texts],
    }


def rows() -> list[Row]:
    texts = fingerprint(*novels("train").values(), *novels("test").values(), f"60 {NEW} {SWEEPS} {ROOM}")
    return [
        Row(
            f"{way}, seed {seed}",
            partial(run, way, seed),
            data=(texts,),
            weights={"GPT": ("littlegpt",), "unigram": (), "Austen": ()}.get(way, ("littlebert",)),
            seconds=15,
            key={"name": f"{way}, seed {seed}", "way": way, "seed": seed},
        )
        for way in WAYS
        for seed in (SEEDS if way != "Austen" else range(1))
    ]


if __name__ == "__main__":
    main(__doc__, NAME, {"beginnings": 60, "new tokens": NEW, "sweeps": SWEEPS, "room": ROOM}, rows)
