"""Configurations: contradictions are refused by name, presets are the published models."""

from dataclasses import asdict

import pytest
import torch
from cases import values
from sizes import SIZES
from transformers import BertConfig, GPT2Config

from bertgpt import TransformerConfig
from bertgpt.weights.conversion import HF_BERT, HF_GPT2, map_config

WRONG = """vocab_size=0 max_len=0 d_model=-12 n_layers=0 n_heads=0 d_ff=0 n_heads=5 n_segments=-1 pad_id=13 pad_id=-1
    activation='swish' norm_eps=0.0 norm_eps=1.1 norm_eps=-1e-5 norm_eps=nan norm_eps=inf
    dropout=1.0 dropout=-0.1 dropout=nan"""


@pytest.mark.parametrize("changes, field", values(WRONG))
def test_a_contradiction_is_refused_by_name(changes, field):
    with pytest.raises(ValueError, match=field):
        TransformerConfig(**SIZES | changes)


def test_another_type_is_refused_by_name():
    for field, right in asdict(TransformerConfig(**SIZES)).items():
        for value in (2.5, "2", None, [2], True, torch.tensor(2)):
            if type(value) is not type(right):
                with pytest.raises(ValueError, match=f"^{field} must be of type {type(right).__name__}, not "):
                    TransformerConfig(**SIZES | {field: value})


def test_presets_are_those_of_transformers():
    for dialect, theirs in ((HF_BERT, BertConfig()), (HF_GPT2, GPT2Config())):
        assert map_config(theirs.to_dict() | {"pad_token_id": 0}, dialect) == dialect.preset()
