"""The leak meter without a browser: small movements stay apart from zeros."""

import torch

from bertgpt_book.widgets import LeakMeter

T = 5


def test_only_an_exact_zero_is_stored_as_one():
    [rows] = LeakMeter(list("abcde"), {"GPT": torch.full((T, T), 1e-12).tril()}).leakage.values()
    assert sum(row.count(0) for row in rows) == 10


def test_shades_grow_with_movement_and_zero_has_none(in_node):
    shades = in_node(
        "common.js",
        """import { leakShade } from "./widget.mjs";
        console.log(JSON.stringify([0, 1e-9, 1e-3, 1e-2, 0.1, 1].map((moved) => leakShade(moved, 1))));""",
    )
    assert 0 == shades[0] < shades[1] and shades == sorted(shades) and shades[-1] == 1
