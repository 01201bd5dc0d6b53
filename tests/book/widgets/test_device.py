"""Widgets whose models are on an accelerator, or in training mode, have the state that they always have."""

import json

import pytest
import torch
from pretend_device import pretend_device, to_device
from reference import seeded, tiny_bert, tiny_both, tiny_gpt
from sizes import D

from bertgpt.device import device_of
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.model.heads import POOLINGS
from bertgpt_book import widgets

MODELS = ("BERT", "GPT")
TEXT = " She walked to the"
WIDGETS = {
    "ClozeGame": lambda bert, gpt, both, words: widgets.ClozeGame(
        bert, gpt, words, [" He took her {hand} here."], top=5
    ),
    "Hybrid": lambda bert, gpt, both, words: widgets.Hybrid(both, words, TEXT + "[MASK] and[MASK]", count=3),
    "Pair": lambda bert, gpt, both, words: widgets.Pair(bert, gpt, words),
    "LiveMaskExplorer": lambda bert, gpt, both, words: widgets.LiveMaskExplorer(bert, gpt, words, TEXT),
    "MaskRate": lambda bert, gpt, both, words: widgets.MaskRate(bert, words, [TEXT]),
    "PromptDesk": lambda bert, gpt, both, words: widgets.PromptDesk(
        bert,
        gpt,
        words,
        [
            {"name": "blank", "text": TEXT, "blank": TEXT + "[MASK]."},
            {"name": "answer", "text": TEXT, "candidates": [" sea.", " shore, slowly."]},
        ],
        n_new=3,
        top=5,
    ),
    "SamplingPlayground": lambda bert, gpt, both, words: widgets.SamplingPlayground(gpt, words, [TEXT], 2, top=5),
    "SevenHacks": lambda bert, gpt, both, words: widgets.SevenHacks(
        bert, gpt, words, Unigram(words.vocab_size).fit([5, 6, 7]), [TEXT], length=2, sweeps=1, top=3
    ),
    "HeadSwitcher": lambda bert, gpt, both, words: widgets.HeadSwitcher(
        {"BERT": bert, "GPT": gpt},
        words,
        [TEXT],
        {"mood": (["a", "b"], dict.fromkeys(MODELS, layers(2, bert)))},
        (["O", "B", "I"], dict.fromkeys(MODELS, layers(3, bert)["mean"]), {"BERT": "first", "GPT": "last"}),
    ),
}


def layers(n: int, model) -> dict:
    """Make a layer of n classes on the model's device, one for all poolings."""
    layer = seeded(lambda: torch.nn.Linear(D, n))
    return dict.fromkeys(POOLINGS, layer if device_of(model).type == "cpu" else to_device(layer))


@pytest.mark.slow
@pytest.mark.parametrize("name", WIDGETS)
def test_device_and_mode_of_the_models_change_nothing(name, tokenizer):
    sizes = dict(vocab_size=tokenizer.vocab_size, max_len=17, dropout=0.5)
    models = [make(**sizes) for make in (tiny_bert, tiny_gpt, tiny_both)]
    expected = WIDGETS[name](*models, tokenizer).page_state()
    with pretend_device():
        moved = [to_device(model).train() for model in models]
        found = WIDGETS[name](*moved, tokenizer).page_state()
    assert json.dumps(found) == json.dumps(expected)
    assert all(module.training for model in moved for module in model.modules())
