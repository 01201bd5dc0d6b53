"""What the tests share: tiny models, the shipped tokenizer, and no network."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"      # before anything imports huggingface_hub

import pytest
import torch
from hypothesis import settings
from reference import draw_ids, tiny_bert, tiny_gpt
from sizes import B, S

from bertgpt.tokenizer import load_tokenizer

settings.register_profile("the same examples every time, however slow the machine", derandomize=True, deadline=None)
settings.load_profile("the same examples every time, however slow the machine")


@pytest.fixture(autouse=True)
def same_random_numbers():
    torch.manual_seed(0)


@pytest.fixture
def bert():
    return tiny_bert()


@pytest.fixture
def gpt():
    return tiny_gpt()


@pytest.fixture
def ids():
    """(B, S) token ids, none of them padding."""
    return draw_ids(B, S)


@pytest.fixture(scope="session")
def tokenizer():
    return load_tokenizer()
