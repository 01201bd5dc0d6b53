"""Asking in three ways: a plain sentence is framed and answered as the rows of its way are, and a row is made small."""

import itertools

import label_place as script
import pytest
import torch
from runs import needs_muon

from bertgpt import ModernConfig, Tokenizer
from bertgpt.text.batching import IGNORED
from bertgpt.training.framing import framing_of
from bertgpt_book.tasks.labelled import plain_sentences

TEXT = "the cat sat on the mat and the dog sat on the cat " * 40


@pytest.fixture
def letters():
    return Tokenizer.train_char([TEXT])


@pytest.fixture
def documents(letters):
    return [torch.tensor(letters.encode(TEXT), dtype=torch.int32)]


@pytest.mark.parametrize("label, framed, always", script.WAYS)
def test_a_sentence_is_asked_as_the_training_rows_were(label, framed, always, letters, documents):
    model = script.class_for(label, framed)(
        ModernConfig(vocab_size=letters.vocab_size, max_len=20, d_model=6, n_layers=1, n_heads=1, d_ff=6, **script.OLD)
    )
    batch = script.AskedBatches(documents, letters, 20, 4, 0.3, 1, label, framed, always_mask=True).sample(0)
    ids, labels = batch["input_ids"], batch["labels"]
    framing = framing_of(model)
    assert torch.equal((ids == letters.mask_id).roll(framing.answers_at, dims=1), labels != IGNORED)
    special = {letters.special_id(name) for name in (framing.opening, *framing.closing)}
    assert ({*ids[:, 0].tolist(), *ids[:, -1].tolist()} == special) is framed


def test_the_same_tokens_are_hidden_in_all_ways(letters, documents):
    def asked(label, framed, always):
        batch = script.AskedBatches(documents, letters, 20, 5, 0.3, 1, label, framed, always).sample(2)
        at_blank = batch["labels"].roll(-script.SHIFTS[label], dims=1)
        inside = slice(1, -1) if framed else slice(None)
        return batch["input_ids"][:, inside], at_blank[:, inside]

    _, first = asked("at the blank", True, True)
    assert (first[:, [0, -1]] == IGNORED).all() and (first != IGNORED).sum(dim=1).tolist() == [5] * 5
    for way in itertools.product(script.SHIFTS, (True, False), (True, False)):
        ids, labels = asked(*way)
        assert torch.equal(labels, first)
        at_mask = ids == letters.mask_id
        assert torch.equal(at_mask, first != IGNORED) if way[2] else (at_mask <= (first != IGNORED)).all()


@needs_muon
@pytest.mark.slow
def test_a_row_is_made_small(tokenizer, monkeypatch):
    text = [torch.arange(900, dtype=torch.int32) % 50 + 20]
    few = {"LENGTH": 32, "ROWS": 4, "SIZES": dict(max_len=32, d_model=12, n_layers=1, n_heads=1, d_ff=12)}
    for name, value in few.items():
        monkeypatch.setattr(script, name, value)
    monkeypatch.setattr(script, "tokenizer", lambda: tokenizer)
    monkeypatch.setattr(script, "texts", lambda split: text)
    monkeypatch.setattr(script, "plain_sentences", lambda: plain_sentences()[:2])
    for way in script.WAYS:
        row = script.run(*way, steps=8, seed=0)
        assert row["tokens"] == 8 * 4 * 32 and len(row["plain"]["both sides"]) == 2 and row["loss"] > 0
