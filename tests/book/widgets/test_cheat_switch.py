"""The cheat switch without a browser: the page's arithmetic in node."""

import json
import math

import pytest
import torch

from bertgpt.book.widgets import CheatSwitch

T = 4
TOKENS = list("sea ")
LINES = {"unigram": 3.0, "ln V": 4.4, "bigram": 2.4}


def runs():
    moved = torch.rand(T, T, generator=torch.Generator().manual_seed(0)) + 0.01
    moved[0, 1] = 1e-7                           # a small number does not become a zero
    leaks = {"honest": moved.tril(), "cheat": moved}
    losses = {"honest": [4.39, 2.7, 2.2], "cheat": [4.4, 2.41, 0.123456]}
    return {name: [{"step": step, "loss": loss, "alone": 5 - loss, "sample": f"{name} {step}", "leak": leaks[name]}
                   for step, loss in zip((0, 25, 50), losses[name])] for name in losses}


def test_the_page_reads_a_row(in_node):
    widget = CheatSwitch(runs(), TOKENS, baselines=LINES)
    assert widget.baselines == [["ln V", 4.4], ["unigram", 3.0], ["bigram", 2.4]]
    rows = [row for name in widget.names for row in widget.rows[name]]
    found, low, high = in_node(
        "cheat_switch.js",
        f'import {{ shown, sentence }} from "./widget.mjs"; const lines = {json.dumps(widget.baselines)};'
        f"const all = {json.dumps(rows)}.map((row) => shown(row, lines));"
        "console.log(JSON.stringify([all, sentence(50, all.at(-1)), sentence(0, all[3])]));")
    for row, (loss, alone, sample, leak) in zip(found, rows, strict=True):
        assert [row["loss"], row["alone"], row["sample"]] == [loss, alone, sample]
        assert row["choices"] == pytest.approx(math.exp(loss), abs=0.05)
        assert row["ahead"] == torch.tensor(leak).triu(1).count_nonzero()
    assert [row["ahead"] for row in found] == [0] * 3 + [T * (T - 1) // 2] * 3
    assert [len(row["beaten"]) for row in found] == [1, 2, 3, 0, 2, 3]      # 4.4 is not below 4.4
    assert found[1]["beaten"] == ["ln V", "unigram"]
    assert low == "Step 50: loss 0.12 nats, as if choosing among 1.1; below ln V, unigram, bigram. " \
        "Asked one prefix at a time: 4.88."
    assert "; below none of the lines. " in high


def test_names_that_would_collide_move_apart_and_the_others_stay(in_node):
    found = in_node("plot.js", 'import { apart } from "./widget.mjs";'
                    "console.log(JSON.stringify([[10, 40, 44, 49, 90], [], [3, 3]].map((y) => apart(y, 12))));")
    assert found == [[10, 40, 52, 64, 90], [], [3, 15]]
