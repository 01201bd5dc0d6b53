"""A text that every small run of a benchmark can learn from in no time."""

import pytest
import torch

from bertgpt import Tokenizer

TEXT = "the cat sat on the mat and the dog sat on the cat " * 40


@pytest.fixture
def letters():
    return Tokenizer.train_char([TEXT])


@pytest.fixture
def documents(letters):
    return [torch.tensor(letters.encode(TEXT), dtype=torch.int32)]
