"""The parity meter without a browser: what it holds and refuses, its HTML twin, the words the page says."""

import json

import pytest
import torch
import traitlets
from harmless import HOSTILE, assert_harmless

from bertgpt.book.widgets import ParityMeter

ERRORS = {
    "BERT": {"nothing": [0.0, 4.83e-7, 2e-6], "epsilon": [7.7e-3, 1.7e-3, 1e-5], "segments": [0.4, 0.2, 0.1]},
    "GPT": {"nothing": [0, 2e-7], "epsilon": [0, 220.4]},
}


def test_it_shows_one_model_and_one_break_at_a_time():
    meter = ParityMeter(ERRORS)
    assert repr(meter) == "ParityMeter(models=BERT+GPT, breaks=3)"
    assert meter.shown() == [0, 4.8e-7, 2e-6] and meter.over() == []
    meter.broken = "epsilon"
    assert meter.over() == [0, 1]
    meter.model = "GPT"
    assert meter.shown() == [0, 220] and meter.over() == [1]
    meter.broken = "segments"                    # BERT has them, GPT does not
    assert meter.shown() == [0, 2e-7]


def test_it_says_what_a_broken_model_says():
    said = {"GPT": {"epsilon": " the", "nothing": " sea"}}
    meter = ParityMeter(ERRORS, {"GPT": "She was"}, said, model="GPT")
    assert meter.words() == " sea"
    meter.broken = "epsilon"
    assert meter.words() == " the"
    meter.model = "BERT"
    assert meter.words() is None


def test_tensors_are_welcome_and_the_order_stays():
    names = ["nothing", "z", "a"]
    meter = ParityMeter({"BERT": {name: torch.full((3,), 0.5) for name in names}})
    assert meter.page_state()["breaks"] == {"BERT": names} and meter.shown() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("errors, reason", [
    ({}, "needs a model"), ({"BERT": {}}, "needs a model"),
    ({"BERT": {"nothing": [0, 1], "a": [0]}}, "BERT: the rows have"),
    ({"BERT": {"nothing": [0, -1]}}, "BERT, nothing"), ({"BERT": {"nothing": [0, float("nan")]}}, "BERT, nothing"),
    ({"BERT": {"nothing": [float("inf")]}}, "BERT, nothing")], ids=str)
def test_what_cannot_be_drawn_is_refused(errors, reason):
    with pytest.raises(ValueError, match=reason):
        ParityMeter(errors)


def test_words_must_be_there_for_each_break():
    with pytest.raises(ValueError, match="GPT: there are words for"):
        ParityMeter(ERRORS, said={"GPT": {"nothing": " sea"}})


def test_an_unknown_choice_is_refused():
    meter = ParityMeter(ERRORS)
    with pytest.raises(traitlets.TraitError, match="no model 'ELMo'"):
        meter.model = "ELMo"
    with pytest.raises(traitlets.TraitError, match="nothing called 'luck'"):
        meter.broken = "luck"
    with pytest.raises(traitlets.TraitError, match="no model 'ELMo'"):
        ParityMeter(ERRORS, model="ELMo")


def test_the_html_is_stable_and_asks_nobody_for_anything():
    assert_harmless(lambda: ParityMeter({HOSTILE: {"nothing": [0.0]}}))


def test_the_page_says_it_in_words(in_node):
    rows = [[0, 4.8e-7], [0, 0.2, 0.5], [0.2, 0, 0.5], [0, 0, 220]]
    words, places, numbers = in_node(
        ("common.js", "parity_meter.js"),
        f'import {{ place, scientific, verdict }} from "./widget.mjs"; const rows = {json.dumps(rows)};'
        "console.log(JSON.stringify([rows.map((row) => verdict(row, 1e-4)), [0, 1e-8, 1e3, 1e9].map(place),"
        "[0, 4.83e-7, 0.0123, 0.5, 220.4].map(scientific)]));")
    assert words == [
        "Equal to within 1e-4 everywhere. Largest difference: 4.8e-7.",
        "Above 1e-4 in layer 1 first, and in all that follows. Largest difference: 0.5.",
        "Above 1e-4 in the embeddings first, and in 1 of the 2 rows that follow. Largest difference: 0.5.",
        "Above 1e-4 in layer 2 first, there only. Largest difference: 220.",
    ]
    assert places == pytest.approx([0, 0, 1, 1])
    assert numbers == ["0", "4.8e-7", "0.012", "0.5", "220"]
