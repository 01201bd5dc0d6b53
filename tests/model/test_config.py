"""Configurations: contradictions are refused by name, presets are the published models."""

import json
import math
from dataclasses import FrozenInstanceError, asdict

import numpy as np
import pytest
import torch
from sizes import SIZES

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig


@pytest.mark.parametrize("field, value", [
    ("vocab_size", 0), ("max_len", 0), ("d_model", -12), ("n_layers", 0), ("n_heads", 0), ("d_ff", 0), ("n_heads", 5),
    ("n_segments", -1), ("activation", "swish"), ("norm_eps", 0.0), ("norm_eps", 1.1), ("norm_eps", -1e-5),
    ("norm_eps", math.nan), ("norm_eps", math.inf), ("dropout", 1.0), ("dropout", -0.1), ("dropout", math.nan),
    ("pad_id", 13), ("pad_id", -1)])
def test_a_contradiction_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=field):
        TransformerConfig(**SIZES | {field: value})


@pytest.mark.parametrize("field, value", [
    (field, value) for field, right in asdict(TransformerConfig(**SIZES)).items()
    for value in (2.0, "2", None, [2], True, torch.tensor(2)) if type(value) is not type(right)], ids=str)
def test_another_type_is_refused_by_name(field, value):
    kind = type(getattr(TransformerConfig(**SIZES), field)).__name__
    with pytest.raises(ValueError, match=f"^{field} must be of type {kind}, not "):
        TransformerConfig(**SIZES | {field: value})


def test_numpys_numbers_become_pythons():
    config = TransformerConfig(**SIZES | {"d_model": np.int64(12), "dropout": np.float32(0.5), "norm_first": False})
    assert type(config.d_model) is int and type(config.dropout) is float and config.dropout == 0.5
    json.dumps(asdict(config))


@pytest.mark.parametrize("field, value", [
    ("dropout", 0), ("dropout", 0.0), ("pad_id", 12), ("n_segments", 0), ("n_heads", 12)])
def test_the_edge_of_what_is_allowed_is_allowed(field, value):
    assert getattr(TransformerConfig(**SIZES | {field: value}), field) == value


def test_a_configuration_does_not_change():
    with pytest.raises(FrozenInstanceError):
        TransformerConfig(**SIZES).d_model = 24


@pytest.mark.parametrize("model, config, published", [
    (BERTForPreTraining, TransformerConfig.bert(), 110_106_428),       # bert-base-uncased with both heads
    (GPT, TransformerConfig.gpt(), 124_439_808),                       # gpt2
], ids=["bert-base", "gpt2"])
def test_presets_have_the_published_number_of_parameters(model, config, published):
    with torch.device("meta"):
        assert sum(p.numel() for p in model(config).parameters()) == published


@pytest.mark.parametrize("config, expected", [
    (TransformerConfig.bert(), dict(      # Devlin et al. 2019, section 3, and the config.json of bert-base-uncased
        vocab_size=30522, max_len=512, d_model=768, n_layers=12, n_heads=12, d_ff=3072, n_segments=2, norm_first=False,
        activation="gelu", norm_eps=1e-12, dropout=0.1, pad_id=0, tie_embeddings=True)),
    (TransformerConfig.gpt(), dict(       # Radford et al. 2019, table 2, and the config.json of gpt2
        vocab_size=50257, max_len=1024, d_model=768, n_layers=12, n_heads=12, d_ff=3072, n_segments=0, norm_first=True,
        activation="gelu_new", norm_eps=1e-5, dropout=0.1, pad_id=0, tie_embeddings=True)),
    (TransformerConfig(**TINY), dict(
        vocab_size=8192, max_len=128, d_model=256, n_layers=4, n_heads=4, d_ff=1024, n_segments=0, norm_first=False,
        activation="gelu", norm_eps=1e-12, dropout=0.1, pad_id=0, tie_embeddings=True)),
], ids=["bert-base", "gpt2", "TINY and the defaults"])
def test_every_field_of_a_preset(config, expected):
    assert asdict(config) == expected


def test_presets_give_way_to_what_is_said():
    assert TransformerConfig.bert(n_layers=2, norm_eps=1e-5).norm_eps == 1e-5
    assert TransformerConfig.gpt(activation="relu").activation == "relu"
