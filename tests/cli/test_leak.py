"""What `leak` prints, and its exit code: 1 where a model that is declared causal leaks, or could not be measured."""

import pytest
import torch

from bertgpt import GPT
from bertgpt.cli.leak import tiny_models
from bertgpt.inference.probes import masked_by


@pytest.mark.slow
@pytest.mark.parametrize("source, shape", [("tinygpt", "triangle"), ("tinybert", "square")])
def test_a_shipped_model_has_its_shape(source, shape, bertgpt):
    code, out, err = bertgpt("leak", source)
    assert (code, err) == (0, "") and f": {shape}." in out and ("not offered" in out) == (shape == "square")
    assert out.rstrip().endswith("# # # # # # #") and len(out.splitlines()) < 24


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind, named",
    [
        ("bert", "BertForMaskedLM; bidirectional; 12 settings: square; BertLMHeadModel; causal; 24 settings: triangle"),
        ("gpt2", "GPT2LMHeadModel; 24 settings: triangle"),
        ("bart", "BartForCausalLM; 24 settings: triangle"),
        ("modernbert", "ModernBertForMaskedLM; square"),
        ("recurrent_gemma", "RecurrentGemmaForCausalLM; 12 settings: triangle"),  # one layer in three has attention
    ],
)
def test_a_type_of_transformers_is_made_tiny_and_measured(kind, named, bertgpt):
    code, out, _ = bertgpt("leak", f"transformers:{kind}")
    assert code == 0 and not [words for words in named.split("; ") if words not in out], out


@pytest.mark.slow
def test_a_folder_of_another_architecture_is_read_by_transformers(bertgpt, tmp_path):
    [(_, model)] = tiny_models("llama")
    model.save_pretrained(tmp_path)
    code, out, _ = bertgpt("leak", tmp_path)
    assert code == 0 and out.startswith("LlamaForCausalLM of transformers") and "24 settings: triangle" in out


def seeing_all(encode, model, ids, **named):
    with masked_by(model, torch.ones(1, 1, dtype=torch.bool)):
        return encode(model, ids, **named)


def nan_in_batches(encode, model, ids, **named):
    return encode(model, ids, **named) * (torch.nan if len(ids) == 2 else 1.0)


@pytest.mark.parametrize(
    "read, verdict",
    [
        (seeing_all, "LEAK: in 12 of 12 settings;The first part to leak: blocks.0.attention."),
        (nan_in_batches, "NOT MEASURED: in 6 of 12 settings;In each of 6 settings: triangle."),
    ],
)
def test_a_leak_or_nan_is_reported_and_an_exit_code(read, verdict, models, bertgpt, monkeypatch):
    encode = GPT.encode
    monkeypatch.setattr(GPT, "encode", lambda *args, **named: read(encode, *args, **named))
    code, out, _ = bertgpt("leak", models["gpt"])
    assert code == 1 and not [words for words in verdict.split(";") if words not in out], out


def test_what_is_no_language_model_is_refused(bertgpt, refused):
    refused(bertgpt("leak", "transformers:nothing"), "no masked or causal language model of the type 'nothing'")
    refused(bertgpt("leak", "transformers:t5"), "is an encoder-decoder")
    refused(bertgpt("leak", "no/such-model"), "no/such-model")
