"""Somebody else's tests: of two sentences that differ in little, which one does a model find more probable?

A model's share is the mean over the paradigms, each of which varies one rule of English.

n pairs of a paradigm, P paradigms.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bertgpt.assets import read_asset

from ..statistics.metrics import bootstrap_interval


class Sentence(NamedTuple):
    """A text of which one part is scored: all of it, or the word that ends it."""

    before: str
    scored: str
    after: str


Pair = tuple[Sentence, Sentence]  # the right one, the wrong one


def whole(text: str) -> Sentence:
    return Sentence("", text, "")


def read_rows(name: str) -> list[list[str]]:
    """Read a shipped table without its head: -> rows of cells."""
    return [line.split("\t") for line in read_asset(f"exams/{name}").splitlines()[1:]]


def zorro() -> dict[str, list[Pair]]:
    """Read Zorro: 23 paradigms of 2,000 pairs in words that children hear. Huebner et al. 2021, section 3.

    -> paradigm -> pairs, written as in a book: the file has small letters and spaces before its full stops
    """
    pairs: dict[str, list[Pair]] = {}
    for paradigm, right, wrong in read_rows("zorro.tsv.xz"):
        pairs.setdefault(paradigm, []).append((whole(as_printed(right)), whole(as_printed(wrong))))
    return pairs


def as_printed(text: str) -> str:
    """Begin with a capital, write "I" large, and take away the space before a sentence's end."""
    text = " ".join("I" if word == "i" else word for word in text.split())
    for mark in ".?":
        text = text.replace(f" {mark}", mark)
    return text[0].upper() + text[1:]


def blimp() -> dict[str, list[Pair]]:
    """Read BLiMP: 67 paradigms of 1,000 pairs, drawn from grammars. Warstadt et al. 2020, section 3."""
    pairs: dict[str, list[Pair]] = {}
    for paradigm, _, right, wrong in read_rows("blimp.tsv.xz"):
        pairs.setdefault(paradigm, []).append((whole(right), whole(wrong)))
    return pairs


def blimp_phenomena() -> dict[str, str]:
    """Say what a paradigm of BLiMP is about: -> paradigm -> phenomenon, 13 in the files."""
    return {paradigm: phenomenon for paradigm, phenomenon, _, _ in read_rows("blimp.tsv.xz")}


STRAIGHT = str.maketrans("“”‘’", "\"\"''")  # quotation marks, as the stories print them


def ends() -> dict[str, list[Pair]]:
    """Read the ends of sentences that psychologists gave to people: only the last word is scored. Ettinger 2020.

    "common sense": which of two words fits what was told; "who did it": after which of two contexts, whose nouns
    have changed places, the verb is the one that people give more often; "is" and "is not": the word that makes
    it true, of simple and of natural sentences
    """
    pairs: dict[str, list[Pair]] = {}
    for kind, item, context, right, wrong, _ in read_rows("ends.tsv"):
        if kind == "ROLE":
            continue
        if kind == "CPRAG":
            name, context = "common sense", context.translate(STRAIGHT)
        else:
            name = f"{'is not' if 'neg' in item else 'is'}, {'simple' if kind == 'NEG-SIMP' else 'natural'}"
        for word in wrong.split("|"):
            pairs.setdefault(name, []).append((with_article(context, right), with_article(context, word)))
    pairs["who did it"] = [(each[max(each)], each[min(each)]) for each in role_items()]
    return pairs


def role_items() -> list[dict[float, Sentence]]:
    """Read the items of "who did it", of two sentences each: -> share of people who ended it so -> sentence.

    Chow et al. 2016, who asked people to go on where the verb is missing
    """
    items: dict[str, dict[float, Sentence]] = {}
    for kind, item, context, _, verb, people in read_rows("ends.tsv"):
        if kind == "ROLE":  # of item 61: 61-a and 61-b
            share = float(people.split("|")[1])
            items.setdefault(item[:-2], {})[share] = Sentence(capital(context), f" {verb}", ".")
    return list(items.values())


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def with_article(context: str, word: str) -> Sentence:
    """End a context with a word, and choose "a" or "an" where the context leaves it open."""
    article = "an" if word[0] in "aeiou" else "a"
    return Sentence(context.replace("(a|an)", article), f" {word}", ".")


EXAMS: dict[str, Callable[[], dict[str, list[Pair]]]] = {"zorro": zorro, "blimp": blimp, "ends": ends}


def draw(pairs: dict[str, list[Pair]], n: int, seed: int = 0) -> dict[str, list[Pair]]:
    """Draw n pairs of each paradigm at random, or take all of a smaller one.

    At random, because Zorro's templates repeat every 16 lines: every k-th line would be of a few nouns only.
    """
    chosen = {}
    for paradigm, each in pairs.items():
        order = np.random.default_rng(seed).permutation(len(each))[:n]
        chosen[paradigm] = [each[i] for i in order]
    return chosen


def preferences(right, wrong) -> np.ndarray:
    """Count 1 where the right sentence is more probable, 0 where the wrong one is, and 1/2 for a tie: -> (n,).

    right, wrong: (n,) log-probabilities; ValueError when one is not finite. A model that gives every sentence the
    same number prefers none: it gets a half, as a coin does, and not all or nothing.
    By hand: log p of "The cat sat." is -1.2 - 0.7 - 0.1, that of "The cat sit." -1.2 - 3.4 - 0.1.

    >>> preferences([-1.2 - 0.7 - 0.1, -3.0], [-1.2 - 3.4 - 0.1, -3.0]).tolist()
    [1.0, 0.5]
    """
    difference = np.asarray(right, dtype=float) - np.asarray(wrong, dtype=float)  # (n,)
    if not np.isfinite(difference).all():
        raise ValueError("a sentence has no finite log-probability: it cannot be compared")
    return np.where(np.abs(difference) < 1e-6, 0.5, difference > 0)  # below that, sums differ by their rounding


def summarise(marks: dict[str, np.ndarray]) -> dict:
    """Average paradigms, each of which counts the same, with two 95 % intervals.

    marks: paradigm -> (n,) of `preferences`, or of two models' difference on the same pairs
    -> mean; pairs: other pairs of the same paradigms, by the normal approximation; paradigms: other rules of the
    same kind, by the bootstrap
    """
    means = np.array([each.mean() for each in marks.values()])  # (P,)
    variances = [each.var(ddof=1) / len(each) for each in marks.values()]
    half, mean = 1.96 * float(np.sqrt(np.sum(variances))) / len(means), float(means.mean())
    return {"mean": mean, "pairs": (mean - half, mean + half), "paradigms": bootstrap_interval(means)}
