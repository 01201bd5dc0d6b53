"""The exams of the fair fight: spoilt texts differ from real ones in what they should, and count what they should."""

import itertools

import numpy as np
import pytest
import torch

from bertgpt.evaluation.ngrams import KneserNey, Unigram
from bertgpt.tasks import fair_exams
from bertgpt.text.corpora import novels
from bertgpt.text.data import encode_documents

LENGTH = 48


@pytest.fixture(scope="module")
def exams(tokenizer):
    book = {"book": novels("test")["Persuasion"][:120_000]}
    documents = encode_documents(book, tokenizer)
    unigram, trigram = (make(tokenizer.vocab_size).fit(documents[0]) for make in (Unigram, KneserNey))
    made = [fair_exams.make_exams([documents, documents], tokenizer, unigram, trigram, 12, LENGTH) for _ in range(2)]
    return made, unigram, trigram


def test_exams_are_the_same_every_time(exams):
    for first, again in zip(*(made.values() for made in exams[0])):
        assert torch.equal(first.spoilt, again.spoilt) and torch.equal(first.places, again.places)


def test_a_spoilt_text_differs_where_it_should_and_nowhere_else(exams, tokenizer):
    (made, _), unigram, _ = exams
    assert list(made) == ["random word", "likely word", "order"]
    for name, exam in made.items():
        assert exam.real.shape == exam.spoilt.shape == (24, LENGTH)
        assert exam.places.shape == (24, 2 if name == "order" else 1)
        for real, spoilt, places in zip(exam.real, exam.spoilt, exam.places):
            assert (real != spoilt).nonzero()[:, 0].tolist() == places.tolist()
            for word in tokenizer.tokens(torch.cat([real[places], spoilt[places]])):
                assert word[0] == " " and word[1:].isalpha() and word.islower() and len(word) > 4
            if name == "order":
                assert real[places].tolist() == spoilt[places].tolist()[::-1] and places[1] - places[0] >= 2
    assert torch.equal(made["random word"].real, made["likely word"].real)
    assert torch.equal(made["random word"].places, made["likely word"].places)


def test_a_replacement_is_about_as_frequent_as_the_word(exams, tokenizer):
    (made, _), unigram, _ = exams
    words = np.flatnonzero(fair_exams.whole_words(tokenizer)[0])
    order = words[np.argsort(-unigram.table[words], kind="stable")].tolist()
    exam = made["random word"]
    at = exam.places[:, 0]
    for real, spoilt in zip(exam.real[range(24), at].tolist(), exam.spoilt[range(24), at].tolist()):
        assert 0 < abs(order.index(real) - order.index(spoilt)) <= fair_exams.RANKS


def test_the_likely_word_is_likelier_to_the_trigram_than_the_random_one(exams):
    (made, _), _, trigram = exams
    score = fair_exams.counts_score(trigram)
    random, likely = (score(made[name].spoilt, None) for name in ("random word", "likely word"))
    assert (likely >= random).all() and (likely > random).sum() > 15


def test_of_all_orders_the_trigram_takes_the_one_that_it_likes_best(exams, tokenizer, monkeypatch):
    (made, _), unigram, trigram = exams
    monkeypatch.setattr(fair_exams, "CANDIDATES", 10 ** 6)        # all pairs, not 20 that the dice choose
    exam = fair_exams.make_exams([list(made["order"].real)], tokenizer, unigram, trigram, 6, LENGTH)["order"]
    is_word, goes_on = fair_exams.whole_words(tokenizer)
    for real, spoilt in zip(exam.real.numpy(), exam.spoilt.numpy()):
        at = [i for i in range(LENGTH // 3, LENGTH - LENGTH // 3) if is_word[real[i]] and not goes_on[real[i + 1]]]
        orders = []
        for i, j in itertools.combinations(at, 2):
            if j >= i + 2 and real[i] != real[j]:
                orders.append(real.copy())
                orders[-1][[i, j]] = real[[j, i]]
        assert trigram.log_probs(spoilt).sum() == max(trigram.log_probs(order).sum() for order in orders)


def test_frequencies_alone_cannot_tell_an_order(exams):
    (made, _), unigram, _ = exams
    assert fair_exams.sit(made["order"], fair_exams.counts_score(unigram)) == "=" * 24


def test_an_item_is_right_where_the_real_text_stands_above(exams):
    exam = exams[0][0]["random word"]

    def score(texts, places):
        return torch.tensor([2.0, 1.0, 0.0] * 8) if torch.equal(texts, exam.real) else torch.ones(24)

    assert fair_exams.sit(exam, score) == "1=0" * 8
    assert fair_exams.credit("1=0").tolist() == [1, 0.5, 0]


def test_too_short_a_text_is_refused():
    dice = np.random.default_rng(0)
    with pytest.raises(ValueError, match="has 2 windows"):
        fair_exams.draw_windows([torch.arange(20)], 3, 10, lambda ids: True, dice)
