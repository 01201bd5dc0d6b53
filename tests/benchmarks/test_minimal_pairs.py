"""Corrupted texts differ from real ones where they should, and nowhere else."""

import itertools

import minimal_pairs
import numpy as np
import pytest
import torch
from minimal_pairs import RANKS, make_minimal_pairs, whole_words

from bertgpt.evaluation.ngrams import KneserNey, Unigram
from bertgpt.text.corpora import novels
from bertgpt.text.data import encode_documents

LENGTH = 48


@pytest.fixture(scope="module")
def fitted(tokenizer):
    documents = encode_documents({"book": novels("test")["Persuasion"][:120_000]}, tokenizer)
    counters = [make(tokenizer.vocab_size).fit(documents[0]) for make in (Unigram, KneserNey)]
    return documents, *counters


@pytest.fixture(scope="module")
def made(fitted, tokenizer):
    documents, unigram, trigram = fitted
    return make_minimal_pairs([documents, documents], tokenizer, unigram, trigram, 12, LENGTH)


def test_pairs_are_the_same_every_time(made, fitted, tokenizer):
    documents, unigram, trigram = fitted
    again = make_minimal_pairs([documents, documents], tokenizer, unigram, trigram, 12, LENGTH)
    for kind, pairs in made.items():
        assert torch.equal(pairs.corrupted, again[kind].corrupted)
        assert torch.equal(pairs.positions, again[kind].positions)


def test_a_corrupted_text_differs_where_it_should_and_nowhere_else(made, tokenizer):
    assert list(made) == ["random word", "likely word", "order"]
    for kind, pairs in made.items():
        assert pairs.real.shape == pairs.corrupted.shape == (24, LENGTH)
        assert pairs.positions.shape == (24, 2 if kind == "order" else 1)
        for real, corrupted, at in zip(pairs.real, pairs.corrupted, pairs.positions):
            assert (real != corrupted).nonzero()[:, 0].tolist() == at.tolist()
            for word in tokenizer.tokens(torch.cat([real[at], corrupted[at]])):
                assert word[0] == " " and word[1:].isalpha() and word.islower() and len(word) > 4
            if kind == "order":
                assert real[at].tolist() == corrupted[at].tolist()[::-1] and at[1] - at[0] >= 2
    assert torch.equal(made["random word"].real, made["likely word"].real)
    assert torch.equal(made["random word"].positions, made["likely word"].positions)


def test_a_replacement_is_about_as_frequent_as_the_word(made, fitted, tokenizer):
    words = np.flatnonzero(whole_words(tokenizer)[0])
    order = words[np.argsort(-fitted[1].table[words], kind="stable")].tolist()
    pairs = made["random word"]
    for real, corrupted, at in zip(pairs.real, pairs.corrupted, pairs.positions[:, 0]):
        assert 0 < abs(order.index(real[at]) - order.index(corrupted[at])) <= RANKS


def test_the_likely_word_is_more_probable_to_the_trigram_than_the_random_one(made, fitted):
    random, likely = (np.array([fitted[2].log_probs(ids).sum() for ids in made[kind].corrupted.numpy()])
                      for kind in ("random word", "likely word"))
    assert (likely >= random).all() and (likely > random).sum() > 15


def test_of_all_orders_the_most_probable_one_is_taken(made, fitted, tokenizer, monkeypatch):
    _, unigram, trigram = fitted
    monkeypatch.setattr(minimal_pairs, "CANDIDATES", 10 ** 6)                 # all orders, not 20 random ones
    texts = [list(made["order"].real)]
    pairs = make_minimal_pairs(texts, tokenizer, unigram, trigram, 6, LENGTH)["order"]
    is_word, continues = whole_words(tokenizer)
    for real, corrupted in zip(pairs.real.numpy(), pairs.corrupted.numpy()):
        at = [i for i in range(LENGTH // 3, LENGTH - LENGTH // 3)
              if is_word[real[i]] and not continues[real[i + 1]]]
        orders = []
        for i, j in itertools.combinations(at, 2):
            if j >= i + 2 and real[i] != real[j]:
                orders.append(real.copy())
                orders[-1][[i, j]] = real[[j, i]]
        best = max(trigram.log_probs(order).sum() for order in orders)
        assert trigram.log_probs(corrupted).sum() == best
