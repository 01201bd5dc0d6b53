"""Widgets whose models are on an accelerator, or in training mode, have the state that they always have."""

import json

import pytest
from pretend_device import pretend_device, to_device
from reference import tiny_bert, tiny_both, tiny_gpt
from small_widgets import MAKERS, WORDS, make_widget


@pytest.mark.slow
@pytest.mark.parametrize("name", [*MAKERS, "head switcher"])
def test_device_and_mode_of_the_models_change_nothing(name):
    models = [make(vocab_size=WORDS.vocab_size, max_len=40, dropout=0.5) for make in (tiny_bert, tiny_gpt, tiny_both)]
    expected = make_widget(name, *models).page_state()
    with pretend_device():
        moved = [to_device(model).train() for model in models]
        found = make_widget(name, *moved, place=to_device).page_state()
    assert json.dumps(found) == json.dumps(expected)
    assert all(module.training for model in moved for module in model.modules())
