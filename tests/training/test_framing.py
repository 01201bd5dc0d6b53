"""A model frames a text as its nearest kind does, and what is neither BERT nor GPT is refused."""

from dataclasses import replace

import pytest
import torch
from reference import tiny_bert, tiny_encoder
from sizes import SIZES

from bertgpt import BERT, Both, TransformerConfig
from bertgpt.model.modern import Decoder, OpenDecoder
from bertgpt.training.framing import FRAMINGS, framing_of


def test_an_opened_decoder_fills_and_another_encoder_has_no_framing():
    decoder, opened = FRAMINGS[Decoder], framing_of(OpenDecoder(tiny_encoder().config))
    assert not decoder.fills_blanks and opened == replace(decoder, fills_blanks=True)
    with pytest.raises(ValueError, match="a Encoder is neither BERT nor GPT"):  # ModernBERT's is not known
        framing_of(tiny_encoder())


def test_a_derived_model_frames_a_text_as_its_nearest_kind_does():
    class Mine(Both):
        pass

    mine = Mine(TransformerConfig.gpt(**SIZES))
    assert framing_of(mine) == FRAMINGS[Both] and framing_of(tiny_bert()) == FRAMINGS[BERT]
    with pytest.raises(ValueError, match="a Linear is neither BERT nor GPT"):
        framing_of(torch.nn.Linear(2, 3))
