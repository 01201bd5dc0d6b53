"""What counts as an answer to a blank, and to a beginning; that sense is told by the whole sentence."""

import math

import cloze_answers
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bertgpt import GPT, BERTForPreTraining, Both, Tokenizer, TransformerConfig
from bertgpt_book.tasks.labelled import PlainSentence

SENTENCE = PlainSentence("a dog sat on the", " ran.", ["Cat", "dog"], ["mat"], "mud")
WORDS = Tokenizer.train_bpe([" the cat sat on a mat, the dog ran to the mill"] * 9 + [" cat dog mat sat ran"] * 9, 300)


@pytest.mark.parametrize("kind, right", [("bert", False), ("gpt", True)])
def test_only_a_continuation_may_fit_the_left_side_alone(kind, right, request, monkeypatch):
    for name in ("blank_words", "next_words"):
        monkeypatch.setattr(cloze_answers, name, lambda *_: ["mat", "cat", "mud"])
    monkeypatch.setattr(cloze_answers, "sense_margins", lambda *_: torch.tensor([0.5]))
    expected = {"first": [right], "among five": [True], "both sides": [False], "sense": [True]}
    assert cloze_answers.judge(request.getfixturevalue(kind), None, [SENTENCE]) == expected


def standing_in(kind, table):
    """Make a model that knows the table alone: (V, V), from a token to the scores of the next one.

    Where it reads both sides it adds the scores of the token before the one after.
    """
    V = WORDS.vocab_size

    class StandIn(kind):
        def encode(self, input_ids, *, order=None, **_):
            before = F.one_hot(input_ids, V).float()  # (B, T, V)
            after = torch.zeros_like(before)
            if kind is BERTForPreTraining:
                before, after = before.roll(1, dims=1), before.roll(-1, dims=1)
            elif order == "bidirectional":
                after = before.roll(-2, dims=1)
            return before @ table + after @ table.T  # (B, T, V)

    config = TransformerConfig.bert if kind is BERTForPreTraining else TransformerConfig.gpt
    model = StandIn(config(vocab_size=V, max_len=64, d_model=4, n_layers=1, n_heads=1, d_ff=4))
    setattr(model, "mlm_head" if kind is BERTForPreTraining else "lm_head", nn.Identity())
    return model


@pytest.mark.parametrize("kind, order", [(BERTForPreTraining, None), (GPT, None), (Both, None), (Both, "causal")])
def test_sense_is_told_by_both_sides(kind, order):
    table = torch.randn(WORDS.vocab_size, WORDS.vocab_size)
    model = standing_in(kind, table)
    sentences = [PlainSentence("the dog", " ran to the mill", [word], [], "mat") for word in ("cat", "sat", "mat")]
    if kind is GPT or order == "causal":
        table = table.log_softmax(dim=1)  # of a word between both sides its normaliser is the same for all
    dog, ran, mat, *fitting = (WORDS.encode(word)[0] for word in (" dog", " ran", " mat", " cat", " sat", " mat"))
    scored = table[dog] + table[:, ran]  # (V,)
    expected = scored[fitting] - scored[mat]
    found = cloze_answers.sense_margins(model, WORDS, sentences, order)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_tokens_of_a_word_are_hidden_together():
    pieces = WORDS.encode(" mud")
    assert WORDS.tokens(pieces) == [" m", "u", "d"]
    told = torch.zeros(WORDS.vocab_size, WORDS.vocab_size)
    told[pieces[:-1], pieces[1:]] = 20.0  # each by the one before it
    sentence = PlainSentence("the dog", " ran", ["cat"], [], "mud")
    (margin,) = cloze_answers.sense_margins(standing_in(BERTForPreTraining, told), WORDS, [sentence])
    assert math.isclose(margin, 2 * math.log(WORDS.vocab_size), rel_tol=1e-4)  # three guesses, and one
