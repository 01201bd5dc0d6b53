"""Does BERT's head read the order at the seam of two texts, or only that the border looks as borders do?

The 1,000 pairs of the record *next_sentence*, half of them true. There, shuffling the eight tokens on either side of
the seam costs more than shuffling as many elsewhere, and more than shuffling all the others. But it also moves the full
stop from the end of the first text and the capital from the beginning of the second, and each row that BERT learned
from had both. So the border and the order are broken apart:

*the border alone*: the last token of the first text changes places with the one before it, and the first of the second
with the one after it; four tokens, and no full stop is left at the end.
*the seam, its border whole*: the other seven tokens on either side are shuffled; the last and the first stay.
*[SEP] moved*: it stands eight tokens further on, so that all words are in order, and the border is in mid-sentence.
*four elsewhere* is the control of the first: the same two exchanges in the middle of each text.

What could come out: the border alone costs as much as the seam, and what looked like the order is its look; or next to
nothing, and the seam costs as much with its border whole. The answers to the pairs as written, and under the arms of
that record, are taken from it. The measure is how often a true pair scores above a false one, in percent (the area
under the curve); no threshold is involved.
"""

from collections.abc import Iterator
from functools import cache, partial

import numpy as np
import torch
from cards import without_specials
from experiments import Row, fingerprint, main
from scipy.stats import rankdata
from torch import Tensor

from bertgpt import load_bert, load_tokenizer
from bertgpt.text.batching import generator_for
from bertgpt.text.corpora import chapters
from bertgpt.text.data import SentencePairBatches
from bertgpt_book.records import recorded
from bertgpt_book.tasks.dialogue import at_the_seam, shuffle_tokens

NAME = "borders"
PAIRS, SEED = 1000, 49
MOVED = 8  # tokens by which [SEP] moves
EARLIER = (
    "as written",
    "as many elsewhere",
    "all but the seam",
    "only the seam",
    "everything",
)  # in the record next_sentence


@cache
def of_the_novel(n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the pairs of *next_sentence*: -> ids and segments (n, T), whether the second follows (n,)."""
    source = SentencePairBatches(chapters("test")["Persuasion"], load_tokenizer(), length=128, batch_size=1)
    generator = generator_for(SEED, 0)
    ids, segments, random = (torch.stack(column) for column in zip(*(source.row(generator) for _ in range(n))))
    return ids, segments, random == 0


@torch.inference_mode()
def log_odds(ids: Tensor, segments: Tensor) -> list[float]:
    """Let the head judge rows: -> (n,), "is next" minus "is not"."""
    bert, padding = load_bert("littlebert").eval(), load_tokenizer().pad_id
    scores = []
    for rows, parts in zip(ids.split(50), segments.split(50)):
        logits = bert(rows, segment_ids=parts, attention_mask=(rows != padding).long())[1]  # (B, 2)
        scores.append(logits[:, 0] - logits[:, 1])
    return [round(float(value), 4) for value in torch.cat(scores)]


def seam_of(segments: Tensor) -> Tensor:
    """Find the [SEP] between the texts: (n, T) -> (n,)."""
    return (segments == 0).sum(dim=1) - 1


def exchange(ids: Tensor, at: Tensor) -> Tensor:
    """Exchange the token at a position with the one after it: ids (n, T), at (n,) -> (n, T)."""
    ids, rows = ids.clone(), torch.arange(len(ids))
    ids[rows, at], ids[rows, at + 1] = ids[rows, at + 1], ids[rows, at].clone()
    return ids


def middles(ids: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
    """Find the middle of each text: -> (n,) of the first, (n,) of the second."""
    seam, end = seam_of(segments), (ids != load_tokenizer().pad_id).sum(dim=1) - 1
    return seam // 2, (seam + end) // 2


def moved(ids: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
    """Move the [SEP] between the texts into the second one, as far as this has tokens: -> ids, segments (n, T)."""
    ids, segments = ids.clone(), segments.clone()
    last = (ids != load_tokenizer().pad_id).sum(dim=1) - 1  # (n,)
    for row, segment, seam, end in zip(ids, segments, seam_of(segments), last):
        new = min(int(seam) + MOVED, int(end) - 2)
        sep = row[seam].clone()
        row[seam:new] = row[seam + 1 : new + 1].clone()
        row[new], segment[seam : new + 1] = sep, 0
    return ids, segments


def changed(name: str, n: int = PAIRS) -> tuple[Tensor, Tensor]:
    """Break one thing in all pairs: -> ids, segments (n, T)."""
    ids, segments, _ = of_the_novel(n)
    seam = seam_of(segments)
    if name == "the border alone":
        return exchange(exchange(ids, seam - 2), seam + 1), segments
    if name == "four elsewhere":
        first, second = middles(ids, segments)
        return exchange(exchange(ids, first), second), segments
    if name == "[SEP] moved":
        return moved(ids, segments)
    if name == "the seam, its border whole":
        at = (torch.arange(ids.size(1)) - seam[:, None]).abs()  # (n, T)
        inner = at_the_seam(segments) & (at > 1) & without_specials(load_tokenizer(), ids)
        return shuffle_tokens(ids, segments, inner, generator_for(SEED, 3)), segments
    return ids, segments


def area(scores: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Compute how often a true pair scores above a false one, in percent: (..., n) each -> (...)."""
    n_true, n_false = true.sum(axis=-1), (1 - true).sum(axis=-1)
    ranks = (rankdata(scores, axis=-1) * true).sum(axis=-1)
    return 100 * (ranks - n_true * (n_true + 1) / 2) / (n_true * n_false)


def compared(odds: list[float], written: list[float], follows: list[int]) -> dict:
    """Compute an arm's area and what it costs, with 95 % intervals of a bootstrap over the pairs."""
    scores, whole, true = np.array(odds), np.array(written), np.array(follows)
    chosen = np.random.default_rng(0).integers(len(true), size=(2000, len(true)))
    drawn, before = area(scores[chosen], true[chosen]), area(whole[chosen], true[chosen])
    found = {"area": (area(scores, true), drawn), "cost": (area(whole, true) - area(scores, true), before - drawn)}
    return {
        name: {"mean": float(value), "interval": np.percentile(draws, [2.5, 97.5]).tolist(), "n": len(true)}
        for name, (value, draws) in found.items()
    }


def judge(name: str, n: int = PAIRS) -> dict:
    """Let BERT judge the pairs under one arm: -> log odds, how many tokens stand elsewhere, area, cost."""
    ids, segments, follows = of_the_novel(n)
    new = changed(name, n)
    tokens = round(float((new[0] != ids).sum(dim=1).float().mean()), 1)
    odds = log_odds(*new)
    written = recorded("next_sentence")["pairs, shuffled"]["as written"]["log odds"][:n]
    return {"tokens": tokens, "log odds": odds} | compared(odds, written, follows.int().tolist())


def earlier(name: str) -> dict:
    """Compute area and cost of an arm that is on record: of what is shuffled there."""
    old = recorded("next_sentence")["pairs, shuffled"]
    odds = old[name]["log odds"]
    same = compared(odds, old["as written"]["log odds"], old["follows"])
    return {"tokens": old[name]["tokens"], "log odds": odds} | same


ARMS = ("the border alone", "four elsewhere", "the seam, its border whole", "[SEP] moved")


def rows() -> Iterator[Row]:
    for name in EARLIER:
        yield Row(name, partial(earlier, name), DATA, ("littlebert",), seconds=1)
    for name in ARMS:
        yield Row(name, partial(judge, name), DATA, ("littlebert",), seconds=60)


DATA = (
    fingerprint(*chapters("test")["Persuasion"].values(), load_tokenizer().sha256(), f"{PAIRS} pairs, seed {SEED}"),
)
ABOUT = {"data": {"pairs": DATA[0]}, "moved": MOVED}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
