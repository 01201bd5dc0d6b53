"""How each model frames a text: special tokens and segments, for the model's own class and whatever derives from it."""

from dataclasses import replace

import pytest
import torch
from reference import tiny_bert, tiny_both, tiny_encoder, tiny_gpt
from sizes import SIZES

from bertgpt import BERT, Both, TransformerConfig
from bertgpt.model.modern import Decoder, OpenDecoder
from bertgpt.training.framing import FRAMINGS, framing_of

IDS = {"[CLS]": 1, "[SEP]": 2, "<eos>": 4}.__getitem__


FRAMED = [
    (tiny_bert, [[7, 8], [9]], ([1, 7, 8, 2, 9, 2], [0, 0, 0, 0, 1, 1])),
    (tiny_bert, [[], []], ([1, 2, 2], [0, 0, 1])),
    (tiny_gpt, [[7, 8]], ([4, 7, 8], [0, 0, 0])),
    (tiny_both, [[7, 8], [9]], ([4, 7, 8, 4, 9], [0, 0, 0, 0, 1])),
]


@pytest.mark.parametrize("make, texts, expected", FRAMED)
def test_special_tokens_stand_around_one_text_and_between_two(make, texts, expected):
    assert framing_of(make()).frame(texts, IDS) == expected


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
