"""Widgets whose models are on an accelerator, or in training mode, have the state that they always have."""

import json

import pytest
import torch
from pretend_device import pretend_device, to_device
from reference import seeded, tiny_bert, tiny_gpt
from sizes import D, H, T

from bertgpt.book import widgets
from bertgpt.device import device_of
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.model.heads import POOLINGS

MODELS = ("BERT", "GPT")
TEXT = " She walked to the"
WIDGETS = {
    "ClozeGame": lambda bert, gpt, words: widgets.ClozeGame(bert, gpt, words, [" He took her {hand} here."], top=5),
    "Pair": lambda bert, gpt, words: widgets.Pair(bert, gpt, words),
    "LiveMaskExplorer": lambda bert, gpt, words: widgets.LiveMaskExplorer(bert, gpt, words, TEXT),
    "MaskRate": lambda bert, gpt, words: widgets.MaskRate(bert, words, [TEXT], rates=[15, 80]),
    "PromptDesk": lambda bert, gpt, words: widgets.PromptDesk(bert, gpt, words, [
        {"name": "blank", "text": TEXT, "blank": TEXT + "[MASK]."},
        {"name": "answer", "text": TEXT, "candidates": [" sea.", " shore, slowly."]}], n_new=3, top=5),
    "SamplingPlayground": lambda bert, gpt, words: widgets.SamplingPlayground(gpt, words, [TEXT], 2, top=5),
    "SixHacks": lambda bert, gpt, words: widgets.SixHacks(
        bert, gpt, words, Unigram(words.vocab_size).fit([5, 6, 7]), [TEXT], length=2, sweeps=1, top=3),
    "HeadSwitcher": lambda bert, gpt, words: widgets.HeadSwitcher(
        {"BERT": bert, "GPT": gpt}, words, [TEXT], {"mood": (["a", "b"], dict.fromkeys(MODELS, layers(2, bert)))},
        (["O", "B", "I"], dict.fromkeys(MODELS, layers(3, bert)["mean"]), {"BERT": "first", "GPT": "last"}),
        ["sea", "land"]),
}


def layers(n: int, model) -> dict:
    """Make a layer of n classes on the model's device, one for all poolings."""
    layer = seeded(lambda: torch.nn.Linear(D, n))
    return dict.fromkeys(POOLINGS, layer if device_of(model).type == "cpu" else to_device(layer))


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_is_the_same_whichever_device_its_models_are_on_and_whichever_mode_in(name, tokenizer):
    sizes = dict(vocab_size=tokenizer.vocab_size, max_len=17, dropout=0.5)
    models = [tiny_bert(**sizes), tiny_gpt(**sizes)]
    expected = WIDGETS[name](*models, tokenizer).page_state()
    with pretend_device():
        moved = [to_device(model).train() for model in models]
        found = WIDGETS[name](*moved, tokenizer).page_state()
    assert json.dumps(found) == json.dumps(expected)
    assert all(module.training for model in moved for module in model.modules())


TOKENS = list("abcde")
FROM_TENSORS = {
    "MaskExplorer": lambda x: widgets.MaskExplorer(TOKENS, x, {"bidirectional": [x.softmax(-1), x.softmax(-1)]}),
    "LeakMeter": lambda x: widgets.LeakMeter(TOKENS, {"BERT": x[0].abs()}),
    "CheatSwitch": lambda x: widgets.CheatSwitch(
        {"a": [{"step": 0, "loss": 1.5, "alone": 1.0, "sample": "", "leak": x[0]}]}, TOKENS),
    "PairPicker": lambda x: widgets.PairPicker(TOKENS, TOKENS, [0] * T, x[0], x[1], 0.5),
    "ParityMeter": lambda x: widgets.ParityMeter({"BERT": {"nothing": x[0, 0].abs()}}),
    "QueryExplorer": lambda x: widgets.QueryExplorer({"a": x[0, 0, :2], "b": x[0, 1, :2]}),
}


@pytest.mark.parametrize("name", FROM_TENSORS)
def test_tensors_may_be_on_any_device(name):
    numbers = torch.randn(H, T, T, generator=torch.Generator().manual_seed(0))
    expected = FROM_TENSORS[name](numbers).page_state()
    with pretend_device() as device:
        found = FROM_TENSORS[name](numbers.to(device)).page_state()
    assert json.dumps(found) == json.dumps(expected)
