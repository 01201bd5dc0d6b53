"""The cheat switch without a browser: what is stored, what is refused, the page's arithmetic."""

import json
import math

import pytest
import torch
import traitlets
from harmless import HOSTILE, assert_harmless

from bertgpt.book.widgets import CheatSwitch
from bertgpt.book.widgets.cheat_switch import ahead, beaten

T = 4
TOKENS = list("sea ")
LINES = {"unigram": 3.0, "ln V": 4.4, "bigram": 2.4}


def runs(steps=(0, 25, 50)):
    moved = torch.rand(T, T, generator=torch.Generator().manual_seed(0)) + 0.01
    leaks = {"honest": moved.tril(), "cheat": moved}
    falls = {"honest": [4.39, 2.7, 2.2], "cheat": [4.4, 2.41, 0.123456]}
    return {name: [{"step": step, "loss": loss, "alone": 5 - loss, "sample": f"{name} {step}",
                    "leak": leaks[name] * (1 + step)}
                   for step, loss in zip(steps, falls[name])] for name in falls}


def switch(**traits):
    return CheatSwitch(runs(), TOKENS, baselines=LINES, prompt="the ", **traits)


def test_what_is_shown_is_what_was_given():
    widget = switch(run="cheat", step=50)
    assert repr(widget) == "CheatSwitch(runs=honest+cheat, steps=3)"
    assert widget.baselines == [["ln V", 4.4], ["unigram", 3.0], ["bigram", 2.4]]
    assert widget.shown() == {"loss": 0.123, "choices": round(math.exp(0.123), 1), "alone": 4.877,
                              "sample": "cheat 50", "ahead": T * (T - 1) // 2,
                              "beaten": ["ln V", "unigram", "bigram"]}
    widget.run, widget.step = "honest", 25
    assert widget.shown()["ahead"] == 0 and widget.shown()["beaten"] == ["ln V", "unigram"]
    widget.run, widget.step = "cheat", 0
    assert widget.shown()["beaten"] == []      # 4.4 is not below 4.4


def test_an_exact_zero_stays_one_and_a_small_number_does_not_become_one():
    leak = torch.tensor([[1.0, 1e-7], [0.3, 1.0]])
    row = {"step": 0, "loss": 1.0, "alone": 1.0, "sample": "", "leak": leak}
    assert ahead(CheatSwitch({"a": [row]}, ["x", "y"]).rows["a"][0][3]) == 1
    assert ahead(CheatSwitch({"a": [{**row, "leak": leak.tril()}]}, ["x", "y"]).rows["a"][0][3]) == 0


def test_beaten_keeps_the_order():
    assert beaten(0.1, {"b": 2, "a": 1, "c": 0.1}) == ["b", "a"]


@pytest.mark.parametrize("spoil, complaint", [
    (lambda given: given.clear(), "needs a run"),
    (lambda given: given.update(honest=[]), "needs a run"),
    (lambda given: given["honest"].pop(), "different steps"),
    (lambda given: given.update(runs(steps=(0, 25, 75))), "rise evenly"),
    (lambda given: given["cheat"][1].update(leak=torch.ones(3, 3)), "4 tokens"),
])
def test_what_does_not_fit_is_refused(spoil, complaint):
    given = runs()
    spoil(given)
    with pytest.raises(ValueError, match=complaint):
        CheatSwitch(given, TOKENS)


def test_only_stored_runs_and_steps_can_be_shown():
    widget = switch()
    with pytest.raises(traitlets.TraitError, match="no run 'peek'"):
        widget.run = "peek"
    with pytest.raises(traitlets.TraitError, match="step 30 is not stored"):
        widget.step = 30


def test_the_html_is_stable_and_asks_nobody_for_anything():
    def hostile():
        given = runs()
        given["cheat"][0]["sample"] = HOSTILE
        return CheatSwitch(given, TOKENS, prompt=HOSTILE)

    assert_harmless(hostile)


def test_the_page_reckons_as_python_does(in_node):
    widget = switch()
    expected = []
    for run in widget.names:
        for step in widget.steps:
            widget.run, widget.step = run, step
            expected.append(widget.shown())
    rows = [row for name in widget.names for row in widget.rows[name]]
    found, below, above = in_node(
        "cheat_switch.js",
        f'import {{ shown, sentence }} from "./widget.mjs"; const lines = {json.dumps(widget.baselines)};'
        f"const all = {json.dumps(rows)}.map((row) => shown(row, lines));"
        "console.log(JSON.stringify([all, sentence(50, all.at(-1)), sentence(0, all[3])]));")
    assert found == expected
    assert below == "Step 50: loss 0.12 nats, as if choosing among 1.1; below ln V, unigram, bigram. " \
        "Asked one prefix at a time: 4.88."
    assert "; below none of the lines. " in above


def test_names_that_would_collide_move_apart_and_the_others_stay(in_node):
    found = in_node("cheat_switch.js", 'import { apart } from "./widget.mjs";'
                    "console.log(JSON.stringify([[10, 40, 44, 49, 90], [], [3, 3]].map((y) => apart(y, 12))));")
    assert found == [[10, 40, 52, 64, 90], [], [3, 15]]
