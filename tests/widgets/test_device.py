"""Widgets whose models are on an accelerator: each has the state that it has on the CPU, in plain numbers."""

import json

import pytest
from pretend_device import pretend_device, to_device
from reference import tiny_bert, tiny_gpt

from bertgpt import widgets
from bertgpt.ngrams import Unigram

TEXT = " She walked to the"
WIDGETS = {
    "ClozeGame": lambda bert, gpt, words: widgets.ClozeGame(bert, gpt, words, [" He took her {hand} here."], top=5),
    "MaskRate": lambda bert, gpt, words: widgets.MaskRate(bert, words, [TEXT], rates=[15, 80]),
    "PromptDesk": lambda bert, gpt, words: widgets.PromptDesk(bert, gpt, words, [
        {"name": "blank", "text": TEXT, "blank": TEXT + "[MASK]."},
        {"name": "answer", "text": TEXT, "candidates": [" sea.", " shore, slowly."]}], n_new=3, top=5),
    "SamplingPlayground": lambda bert, gpt, words: widgets.SamplingPlayground(gpt, words, [TEXT], 2, top=5),
    "SixHacks": lambda bert, gpt, words: widgets.SixHacks(
        bert, gpt, words, Unigram(words.vocab_size).fit([5, 6, 7]), [TEXT], length=2, sweeps=1, top=3),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_is_the_same_whichever_device_its_models_are_on(name, tokenizer):
    sizes = dict(vocab_size=tokenizer.vocab_size, max_len=17)
    models = [tiny_bert(**sizes), tiny_gpt(**sizes)]
    expected = WIDGETS[name](*models, tokenizer).page_state()
    with pretend_device():
        found = WIDGETS[name](*[to_device(model) for model in models], tokenizer).page_state()
    assert json.dumps(found) == json.dumps(expected)
