"""Tiny models that know the course's words, for the widgets that hold a model's answers."""

import pytest
from reference import tiny_bert, tiny_both, tiny_gpt
from small_widgets import WORDS


@pytest.fixture(scope="module")
def word_models():
    """BERT, GPT and Both."""
    return [make(vocab_size=WORDS.vocab_size, max_len=40) for make in (tiny_bert, tiny_gpt, tiny_both)]
