"""A model frames a text as its nearest kind does, and what is neither BERT nor GPT is refused."""

import pytest
import torch
from reference import tiny_bert, tiny_encoder
from sizes import SIZES

from bertgpt import BERT, Both, TransformerConfig
from bertgpt.training.framing import FRAMINGS, framing_of


def test_a_derived_model_frames_a_text_as_its_nearest_kind_does():
    class Mine(Both):
        pass

    mine = Mine(TransformerConfig.gpt(**SIZES))
    assert framing_of(mine) == FRAMINGS[Both] and framing_of(tiny_bert()) == FRAMINGS[BERT]
    for other in (torch.nn.Linear(2, 3), tiny_encoder()):  # ModernBERT's is not known
        with pytest.raises(ValueError, match=f"a {type(other).__name__} is neither BERT nor GPT"):
            framing_of(other)
