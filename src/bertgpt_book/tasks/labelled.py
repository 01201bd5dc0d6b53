"""Labelled texts, in fixed splits that share no text, and batches of them.

B batch, T tokens.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bertgpt.assets import read_asset
from bertgpt.text.batching import generator_for, pad
from bertgpt.text.corpora import check_split

SENTIMENTS = ["negative", "positive"]


@dataclass(frozen=True)
class PlainSentence:
    """A sentence whose word between `left` and `right` is missing, and single words for it.

    fits: those that make sense between the two sides; fits_left: further ones that make sense after
    the left side alone, whatever follows; nonsense: one that makes sense in neither way
    """

    left: str
    right: str
    fits: list[str]
    fits_left: list[str]
    nonsense: str


@dataclass(frozen=True)
class RightSideSentence:
    """A sentence whose missing word only the right side decides, single words that fit, and who wrote it."""

    left: str
    right: str
    fits: list[str]
    writer: str


@dataclass(frozen=True)
class Labelled:
    """Texts of one split with their labels: `names[labels[i]]` is the class of `texts[i]`."""

    texts: list[str]
    labels: list[int]
    names: list[str]


def subset(labelled: Labelled, indices) -> Labelled:
    """Take the texts at some indices, with their labels."""
    return Labelled([labelled.texts[i] for i in indices], [labelled.labels[i] for i in indices], labelled.names)


def movie_snippets(split: str) -> Labelled:
    """Load sentences of film reviews that twenty readers rated negative or positive.

    The mean rating, -4 to 4, is at least half a point from 0. A fifth of the texts, chosen by hash,
    is "test", the rest "train". Hutto and Gilbert 2014.
    """
    check_split(split)
    texts, labels, seen = [], [], set()
    for line in read_asset("corpora/movie_snippets.tsv.xz").splitlines():
        _, rating, text = line.split("\t", 2)
        key = "".join(character for character in text.lower() if character.isalnum())
        held_out = int(hashlib.sha256(key.encode()).hexdigest(), 16) % 5 == 0
        if abs(float(rating)) >= 0.5 and key not in seen and held_out == (split == "test"):
            texts.append(text)
            labels.append(int(float(rating) > 0))
        seen.add(key)
    return Labelled(texts, labels, SENTIMENTS)


def plain_sentences() -> list[PlainSentence]:
    """Load 140 plain sentences of everyday life today, for judging: there is no training split."""
    rows = [line.split("\t") for line in read_asset("labelled/plain_sentences.tsv").splitlines()[1:]]
    return [
        PlainSentence(left, right, fits.split("|"), fits_left.split("|"), nonsense)
        for left, right, fits, fits_left, nonsense in rows
    ]


def right_side_sentences() -> list[RightSideSentence]:
    """Load sentences whose blank only the right side decides, for judging: there is no training split."""
    rows = [line.split("\t") for line in read_asset("labelled/right_side.tsv").splitlines()[1:]]
    sides = [sentence.split("[MASK]") for sentence, _, _ in rows]
    return [
        RightSideSentence(left.rstrip(), right, fits.split("|"), writer)
        for (left, right), (_, fits, writer) in zip(sides, rows)
    ]


def epoch_indices(n: int, batch_size: int, seed: int, step: int) -> list[int]:
    """Choose the examples of one step so that every pass over n examples sees each of them once.

    Each pass has an order of its own; the batch that ends one pass begins the next: -> batch_size of n
    Raises ValueError when there are no examples.

    >>> sorted(epoch_indices(4, 2, seed=0, step=0) + epoch_indices(4, 2, seed=0, step=1))
    [0, 1, 2, 3]
    """
    if n == 0:
        raise ValueError("there are no examples to draw a batch from")
    chosen: list[int] = []
    while len(chosen) < batch_size:
        epoch, at = divmod(step * batch_size + len(chosen), n)
        order = torch.randperm(n, generator=generator_for(seed, epoch))
        chosen += order[at : at + batch_size - len(chosen)].tolist()
    return chosen


def bucketed_indices(lengths: Sequence[int], batch_size: int, seed: int, step: int) -> list[int]:
    """Choose as `epoch_indices` does, but batch texts of similar length, so that little is padding.

    lengths: of all n examples, in any unit -> batch_size of n
    Sixteen batches (fewer of a small set) are drawn at a time, sorted, cut and shuffled.

    >>> sorted(bucketed_indices([5, 50, 6, 60], 2, seed=0, step=step) for step in (0, 1))
    [[0, 2], [1, 3]]
    """
    drawn = min(16, max(len(lengths) // batch_size, 1))
    group, at = divmod(step, drawn)
    examples = epoch_indices(len(lengths), drawn * batch_size, seed, group)
    chosen = sorted(examples, key=lambda i: lengths[i])
    order = torch.randperm(drawn, generator=generator_for(seed, group, "order"))
    start = batch_size * int(order[at])
    return chosen[start : start + batch_size]


class LabelledBatches:
    """Draw labelled texts, each once per pass, bucketed by length and padded to the longest of the batch.

    rows: ids (n,) each, n differing; labels: one int per row
    `sample(step)` -> input_ids, attention_mask (B, T), labels (B,)
    """

    def __init__(self, rows: list, labels: list, batch_size: int, pad_id: int, seed: int = 0):
        self.rows, self.labels, self.lengths = rows, labels, list(map(len, rows))
        self.batch_size, self.pad_id, self.seed = batch_size, pad_id, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        chosen = bucketed_indices(self.lengths, self.batch_size, self.seed, step)
        ids, mask = pad([self.rows[i] for i in chosen], self.pad_id)  # (B, T)
        labels = torch.tensor([self.labels[i] for i in chosen])  # (B,)
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}
