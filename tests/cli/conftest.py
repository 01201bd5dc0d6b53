"""A small text, small models, and a small training by the command line."""

import random

import pytest
from reference import tiny_bert, tiny_both, tiny_gpt

from bertgpt import Tokenizer, save_pretrained

WORDS = "the cat sat on a mat and the dog ran to the door".split()
TEXT = " ".join(word + ("." if n % 7 == 6 else "") for n, word in enumerate(random.Random(0).choices(WORDS, k=1500)))


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def train(bertgpt, text, tmp_path):
    """Train a tiny model for six steps: -> as `bertgpt`. Flags that are given again replace the first ones."""

    def call(kind, out, *more):
        small = "--steps 6 --tokenizer char --d-model 12 --heads 3 --layers 1 --context 13 --batch-size 5".split()
        return bertgpt("train", kind, "--text", text, "--out", out, *small, *more)

    return call


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Save a GPT, a BERT and a Both over characters, untrained: -> kind -> folder."""
    tokenizer = Tokenizer.train_char([TEXT])
    folders = {}
    for kind, make in (("gpt", tiny_gpt), ("bert", tiny_bert), ("both", tiny_both)):
        folders[kind] = tmp_path_factory.mktemp(kind)
        save_pretrained(make(vocab_size=tokenizer.vocab_size, max_len=32), folders[kind])
        tokenizer.save(folders[kind] / "tokenizer.json")
    return folders
