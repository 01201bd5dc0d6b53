"""Exams that a BERT, a GPT and counts of tokens can all sit: which of two texts is the real one?

Both texts of an item have as many tokens, and the same ones but for one place or two.

n items, T tokens, k changed places, V vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..evaluation.ngrams import Unigram
from ..text.tokenizer import Tokenizer

CANDIDATES = 20                 # spoilt forms of a text, at most, of which the trigram chooses
RANKS = 30                      # how far in the list by frequency a replacement may stand from the word


@dataclass(frozen=True)
class Exam:
    """Hold real texts and as many spoilt ones: both (n, T), and where they differ, (n, k), rising."""

    real: Tensor
    spoilt: Tensor
    places: Tensor


def whole_words(tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """Tell which tokens are plain words of four letters or more, and which go on with a word: -> (V,) bool each."""
    texts = [tokenizer.decode([i]) for i in range(tokenizer.vocab_size)]
    words = [text[:1] == " " and text[1:].isalpha() and text.islower() and len(text) > 4 for text in texts]
    return np.array(words), np.array([text[:1].isalpha() or text[:1] in ("'", "’", "-") for text in texts])


def draw_windows(documents: list[Tensor], n: int, length: int, fit: Callable, dice: np.random.Generator) -> np.ndarray:
    """Draw n stretches of text that do not overlap, each one that is fit for the exam: -> (n, T)."""
    ids = torch.cat(documents).numpy()
    found = []  # type: list[np.ndarray]
    for start in dice.permutation(len(ids) // length) * length:
        if len(found) < n and fit(ids[start:start + length]):
            found.append(ids[start:start + length])
    if len(found) < n:
        raise ValueError(f"the text has {len(found)} windows that are fit for the exam, not {n}")
    return np.stack(found).astype(np.int64)


def make_exams(groups: list[list[Tensor]], tokenizer: Tokenizer, unigram: Unigram, trigram, n: int, length: int,
               seed: int = 0) -> dict[str, Exam]:
    """Draw windows of held-out texts and spoil each; the middle third is where they are spoilt.

    groups: documents (n,) each, n windows of each group; unigram, trigram: fitted on the training text
    -> "random word": one word replaced by another, of like frequency; "likely word": the same word replaced by the
    one of 20 such that the trigram likes best; "order": two words at least two apart exchanged, of at most
    20 such pairs the one that the trigram likes best. Words are single tokens of four letters or more.
    """
    dice = np.random.default_rng(seed)
    is_word, goes_on = whole_words(tokenizer)
    by_frequency = np.flatnonzero(is_word)[np.argsort(-unigram.table[is_word], kind="stable")]
    rank = {int(token): i for i, token in enumerate(by_frequency)}
    middle = np.arange(length // 3, length - length // 3)

    def words_of(ids):
        return middle[is_word[ids[middle]] & ~goes_on[ids[middle + 1]]]

    def pairs_of(ids):
        at = words_of(ids)
        return [(i, j) for i in at for j in at if j >= i + 2 and ids[i] != ids[j]]

    def favourite(texts):                                                                  # (candidates, T) -> (T,)
        return texts[int(np.argmax([trigram.log_probs(ids).sum() for ids in texts]))]

    rows: dict[str, list] = {"random word": [], "likely word": [], "order": []}
    for documents in groups:
        for ids in draw_windows(documents, n, length, lambda ids: len(pairs_of(ids)) >= 3, dice):
            place = int(dice.choice(words_of(ids)))
            at = rank[int(ids[place])]
            near = by_frequency[max(0, at - RANKS):at + RANKS + 1]
            others = dice.permutation(near[near != ids[place]])[:CANDIDATES]
            replaced = np.repeat(ids[None], len(others), axis=0)
            replaced[:, place] = others
            pairs = pairs_of(ids)
            pairs = [pairs[i] for i in dice.permutation(len(pairs))[:CANDIDATES]]
            swapped = np.repeat(ids[None], len(pairs), axis=0)
            for row, (i, j) in zip(swapped, pairs):
                row[[i, j]] = ids[[j, i]]
            best = favourite(swapped)
            rows["random word"].append((ids, replaced[0], [place]))
            rows["likely word"].append((ids, favourite(replaced), [place]))
            rows["order"].append((ids, best, np.flatnonzero(best != ids)))
    return {name: Exam(*(torch.as_tensor(np.stack(column)) for column in zip(*items))) for name, items in rows.items()}


def sit(exam: Exam, score: Callable[[Tensor, Tensor], np.ndarray | Tensor]) -> str:
    """Say of each item whether the real text stands above the spoilt one: -> a string of n, "1", "0", or "=" for a tie.

    score(texts (n, T), places (n, k)) -> (n,), higher is better
    """
    ahead = np.asarray(score(exam.real, exam.places)) - np.asarray(score(exam.spoilt, exam.places))        # (n,)
    return "".join("=" if abs(x) < 1e-9 else "1" if x > 0 else "0" for x in ahead)


def counts_score(counter: Unigram) -> Callable[[Tensor, Tensor], np.ndarray]:
    """Make a score of texts of what counts of tokens say: log p of the whole text, in nats."""
    return lambda texts, places: np.array([counter.log_probs(ids).sum() for ids in texts.numpy()])


def credit(right: str) -> np.ndarray:
    """Read what `sit` gives: 1 an item that is right, 0 one that is wrong, a half for a tie -> (n,)."""
    return np.array([{"1": 1.0, "0": 0.0, "=": 0.5}[mark] for mark in right])
