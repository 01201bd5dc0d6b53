"""The leak meter without a browser: small movements stay apart from zeros."""

import torch

from bertgpt_book.widgets import LeakMeter

T = 5


def test_only_an_exact_zero_is_stored_as_one():
    [rows] = LeakMeter(list("abcde"), {"GPT": torch.full((T, T), 1e-12).tril()}).leakage.values()
    assert sum(row.count(0) for row in rows) == 10
