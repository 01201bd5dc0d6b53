"""Labelled texts, in fixed splits that share no text."""

import hashlib
from dataclasses import dataclass

from bertgpt.assets import read_asset
from bertgpt.text.corpora import check_split


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
    return Labelled(texts, labels, ["negative", "positive"])


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
