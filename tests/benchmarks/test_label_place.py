"""Asking in three ways: a row of each is made small."""

import label_place as script
import pytest
import torch
from runs import needs_muon

from bertgpt_book.tasks.labelled import plain_sentences


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
