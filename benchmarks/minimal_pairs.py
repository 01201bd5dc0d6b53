"""Minimal pairs: a real text and a corrupted one, for a BERT, a GPT and n-gram models alike.

n pairs, T tokens, k changed positions, V vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bertgpt.text.tokenizer import Tokenizer
from bertgpt_book.statistics.ngrams import KneserNey, Unigram

CANDIDATES = 20  # corrupted texts, at most, from which the trigram chooses
RANKS = 30  # greatest distance in frequency rank between a word and its replacement


@dataclass(frozen=True)
class MinimalPairs:
    """Real texts and their corrupted versions, (n, T) each, and where they differ, (n, k), rising."""

    real: Tensor
    corrupted: Tensor
    positions: Tensor


def whole_words(tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """Find the tokens that are lower-case words of four letters or more, and those that continue a word.

    -> (V,) bool each
    """
    texts = [tokenizer.decode([i]) for i in range(tokenizer.vocab_size)]
    is_word = [text[:1] == " " and text[1:].isalpha() and text.islower() and len(text) > 4 for text in texts]
    continues = [text[:1].isalpha() or text[:1] in ("'", "’", "-") for text in texts]
    return np.array(is_word), np.array(continues)


def draw_windows(
    documents: list[Tensor], n: int, length: int, eligible: Callable, rng: np.random.Generator
) -> np.ndarray:
    """Draw n eligible windows of text that do not overlap: -> (n, T)."""
    ids = torch.cat(documents).numpy()
    windows: list[np.ndarray] = []
    for start in rng.permutation(len(ids) // length) * length:
        if len(windows) < n and eligible(ids[start : start + length]):
            windows.append(ids[start : start + length])
    return np.stack(windows).astype(np.int64)


def fit_counters(vocab_size: int, documents: list[Tensor]) -> dict[str, Unigram]:
    """Fit the n-gram models that make pairs, and judge them beside a model."""
    ids = torch.cat(documents)
    return {"unigram": Unigram(vocab_size).fit(ids), "trigram": KneserNey(vocab_size).fit(ids)}


def make_minimal_pairs(
    groups: list[list[Tensor]], tokenizer: Tokenizer, counters: dict[str, Unigram], n: int, length: int
) -> dict[str, MinimalPairs]:
    """Draw n windows of each group of held-out texts and corrupt each in its middle third.

    -> "random word": one word replaced by another of similar frequency; "likely word": by the most probable of 20 such
    words, by the trigram; "order": two words at least two apart exchanged, the most probable of at most 20 such pairs.
    Words are single tokens of four letters or more.
    """
    rng = np.random.default_rng(0)
    is_word, continues = whole_words(tokenizer)
    by_frequency = np.flatnonzero(is_word)[np.argsort(-counters["unigram"].table[is_word], kind="stable")]
    rank = {int(token): i for i, token in enumerate(by_frequency)}
    middle = np.arange(length // 3, length - length // 3)

    def words_of(ids):
        return middle[is_word[ids[middle]] & ~continues[ids[middle + 1]]]

    def pairs_of(ids):
        at = words_of(ids)
        return [(i, j) for i in at for j in at if j >= i + 2 and ids[i] != ids[j]]

    def most_probable(texts):  # (candidates, T) -> (T,)
        return texts[int(np.argmax([counters["trigram"].log_probs(ids).sum() for ids in texts]))]

    rows: dict[str, list] = {"random word": [], "likely word": [], "order": []}
    for documents in groups:
        for ids in draw_windows(documents, n, length, lambda ids: len(pairs_of(ids)) >= 3, rng):
            position = int(rng.choice(words_of(ids)))
            at = rank[int(ids[position])]
            near = by_frequency[max(0, at - RANKS) : at + RANKS + 1]
            others = rng.permutation(near[near != ids[position]])[:CANDIDATES]
            replaced = np.repeat(ids[None], len(others), axis=0)
            replaced[:, position] = others
            pairs = pairs_of(ids)
            pairs = [pairs[i] for i in rng.permutation(len(pairs))[:CANDIDATES]]
            swapped = np.repeat(ids[None], len(pairs), axis=0)
            for row, (i, j) in zip(swapped, pairs):
                row[[i, j]] = ids[[j, i]]
            best = most_probable(swapped)
            rows["random word"].append((ids, replaced[0], [position]))
            rows["likely word"].append((ids, most_probable(replaced), [position]))
            rows["order"].append((ids, best, np.flatnonzero(best != ids)))
    return {
        name: MinimalPairs(*(torch.as_tensor(np.stack(column)) for column in zip(*items)))
        for name, items in rows.items()
    }


def judge_pairs(pairs: dict[str, MinimalPairs], score: Callable) -> dict[str, str]:
    """Say of each pair whether the real text scores higher: -> kind -> a string of n, "1", "0", or "=" for a tie.

    score(texts, positions) -> (n,)
    """
    marks = {}
    for kind, each in pairs.items():
        real, corrupted = (np.asarray(score(texts, each.positions)) for texts in (each.real, each.corrupted))
        marks[kind] = "".join("=" if abs(x) < 1e-9 else "1" if x > 0 else "0" for x in real - corrupted)
    return marks


def judge_by_counting(pairs: dict[str, MinimalPairs], counter: Unigram) -> dict[str, str]:
    """Let an n-gram model judge pairs, by log p of the whole text: -> as `judge_pairs`."""
    return judge_pairs(pairs, lambda texts, _: np.array([counter.log_probs(ids).sum() for ids in texts.numpy()]))
