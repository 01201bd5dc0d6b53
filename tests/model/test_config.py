"""Configurations: contradictions are refused by name, presets are the published models."""

from dataclasses import FrozenInstanceError

import pytest
import torch
from sizes import SIZES

from bertgpt import GPT, BERTForPreTraining, TransformerConfig


@pytest.mark.parametrize("field, value", [
    ("vocab_size", 0), ("max_len", 0), ("d_model", -12), ("n_layers", 0), ("n_heads", 0), ("d_ff", 0), ("n_heads", 5),
    ("n_segments", -1), ("activation", "swish"), ("norm_eps", 0.0),
    ("norm_eps", float("nan")), ("norm_eps", 1e30), ("dropout", 1.0), ("dropout", -0.1),
    ("pad_id", 13), ("pad_id", -1)])
def test_a_contradiction_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=field):
        TransformerConfig(**SIZES | {field: value})


@pytest.mark.parametrize("field, value", [("dropout", 0.0), ("pad_id", 12), ("n_segments", 0), ("n_heads", 12)])
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


def test_presets_give_way_to_what_is_said():
    assert TransformerConfig.bert(n_layers=2, norm_eps=1e-5).norm_eps == 1e-5
    assert TransformerConfig.gpt(activation="relu").activation == "relu"
