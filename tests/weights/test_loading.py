"""A decoder opened: its own weights, an adapter beside them, and a vocabulary that has a [MASK]."""

import pytest
import torch
from reference import seeded

from bertgpt import fill_mask, load_tokenizer, save_pretrained
from bertgpt_book.modern import Decoder, ModernConfig
from bertgpt_book.modern.adapters import Adapter
from bertgpt_book.modern.model import OpenDecoder
from bertgpt_book.modern.open_mask import open_mask

MASK_ID = 50_257  # of a token that is added to GPT-2's


@pytest.fixture
def tokenizer():
    tokenizer = load_tokenizer("openai-community/gpt2")
    tokenizer.backend.add_special_tokens(["<unused>"])
    return tokenizer


@pytest.fixture
def decoder():
    return seeded(lambda: Decoder(ModernConfig(50_258, 32, 12, 2, 3, 10)))


def test_an_opened_decoder_fills_a_blank_and_the_decoder_stays_as_it_is(decoder, tokenizer, tmp_path):
    adapter, ids = Adapter(decoder, rank=2, token_id=MASK_ID), torch.tensor([[3, 1, 4, 1, 5]])
    for parameter in adapter.parameters():
        torch.nn.init.normal_(parameter)
    adapter.save(tmp_path / "a.safetensors")
    adapter.detach()
    before = decoder(ids)
    opened, named = open_mask(decoder, tokenizer, tmp_path / "a.safetensors")
    assert type(opened) is OpenDecoder and torch.equal(decoder(ids), before) and named.mask_id == MASK_ID
    with torch.inference_mode():
        one, other = (fill_mask(opened, named, text)[0] for text in ("A [MASK] barks", "A [MASK] sings"))
    assert one != other  # the right side counts


def test_a_decoder_is_not_saved_as_if_it_were_a_bert(decoder, tmp_path):
    with pytest.raises(ValueError, match="a Decoder cannot be saved"):
        save_pretrained(decoder, tmp_path)
    assert not list(tmp_path.iterdir())
