"""The figures on the cards: which tokens are asked for, what they are given, and how they are counted."""

import math

import pytest
import torch
from cards import LENGTH, best_threshold, bits_a_character, exchange_false, named, next_tokens, tables
from reference import tiny_bert, tiny_gpt
from torch import nn

from bertgpt.inference.scoring import token_surprisal
from bertgpt.text.batching import generator_for
from bertgpt.text.data import SentencePairBatches


def test_a_next_token_has_half_a_window_before_it():
    gpt = tiny_gpt()
    length = gpt.config.max_len
    text = torch.randint(gpt.config.vocab_size, (3 * length,))
    nats, targets = next_tokens(gpt, text, 2)
    for row, found, start in zip(targets, nats, (0, 2 * length)):
        window, half = text[start:start + length], length // 2
        assert row.tolist() == window[half:].tolist()
        torch.testing.assert_close(found, token_surprisal(gpt, window)[half - 1:])


def test_the_token_in_the_middle_is_hidden_and_the_end_of_a_story_is_not_asked_for(tokenizer):
    guesses = [tokenizer.encode(text)[0] for text in (" the", " cat", " sat", ",", ".")]
    bert = tiny_bert(vocab_size=tokenizer.vocab_size, max_len=LENGTH + 2)

    class Guess(nn.Module):
        def forward(self, hidden):
            logits = torch.zeros(len(hidden), tokenizer.vocab_size)                        # (N, V)
            logits[:, guesses] = torch.arange(5, 0, -1).float()
            return logits

    bert.mlm_head = Guess()
    story = [*tokenizer.encode(" the cat sat, the dog ran."), tokenizer.eos_id]
    middles = (story * 30)[LENGTH // 2:][:2 * len(story)]
    text = torch.tensor(story * 30)[:LENGTH + len(middles) - 1]      # a row begins at each place
    asked = [token for token in middles if token != tokenizer.eos_id]
    hits = named(bert, tokenizer, text, len(middles))
    assert hits.tolist() == [[token == guesses[0], token in guesses] for token in asked]


def test_bits_are_counted_a_character_and_the_end_of_a_story_is_one(tokenizer):
    rows = [[*tokenizer.encode(" a cat"), tokenizer.eos_id], [*tokenizer.encode(" the cat"), tokenizer.eos_id]]
    nats = torch.full((2, 3), math.log(2))
    found = bits_a_character(tokenizer, nats, torch.tensor(rows))
    assert found["mean"] == pytest.approx(6 / (7 + 9)) and found["n"] == 2


def test_words_are_cut_where_most_pairs_are_right():
    scores, follows = torch.linspace(0, 1, 41), torch.arange(41) > 20
    assert scores[16] < best_threshold(scores, follows) <= scores[25]


def test_only_false_second_spans_are_exchanged(tokenizer):
    source = SentencePairBatches({name: f"{name} sat down. " * 90 for name in ("Tom", "Lily")}, tokenizer, 32, 2)
    pairs = [("He rose.", " He left the room."), ("She rose.", " She was gone.")]
    first, second = exchange_false(pairs, torch.tensor([True, False]), source, generator_for(0, 0))
    assert first == pairs[0] and second[0] == "She rose." and "sat down" in second[1]
    assert len(tokenizer.encode(second[1])) == len(tokenizer.encode(" She was gone."))


def test_figures_with_the_same_columns_share_a_table():
    figure = {"mean": 42.31, "interval": [40.2, 44.4], "n": 9}
    row = {"name": "tinybert", "first, %": {"stories": figure}, "loss, nats": {"stories": figure},
           "lead, points": {"pairs": figure}, "McNemar's z": {"pairs": 2.0}, "made_with": {"data": []}}
    assert tables(row).splitlines() == [
        "| held out | stories |", "|---|---|", "| first, % | 42 (40 to 44) |",
        "| loss, nats | 42.31 (40.20 to 44.40) |", "",
        "| held out | pairs |", "|---|---|", "| lead, points | 42 (40 to 44) |"]
