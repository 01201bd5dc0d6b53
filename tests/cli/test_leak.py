"""What `leak` prints, and its exit code: 1 where a model that is declared causal leaks, or could not be measured."""

from contextlib import nullcontext

import pytest
import torch

from bertgpt import BERT, GPT, bidirectional_mask, causal_mask
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


def test_a_leak_in_a_causal_model_is_an_exit_code(models, bertgpt, monkeypatch):
    monkeypatch.setattr(GPT, "build_mask", lambda self, mask, n_queries: bidirectional_mask(n_queries, mask.size(1)))
    code, out, _ = bertgpt("leak", models["gpt"])
    assert code == 1 and "LEAK: in 12 of 12 settings" in out and "first part to leak: blocks.0.attention." in out
    assert bertgpt("leak", models["bert"])[0] == 0  # a square is what it is declared to be


def test_a_setting_that_gives_no_numbers_is_no_pass(models, bertgpt, refused, monkeypatch):
    encode = GPT.encode

    def nan_in_batches(model, ids, **named):
        return encode(model, ids, **named) * (torch.nan if len(ids) == 2 else 1.0)

    monkeypatch.setattr(GPT, "encode", nan_in_batches)
    code, out, _ = bertgpt("leak", models["gpt"])
    assert code == 1 and "NOT MEASURED: in 6 of 12 settings" in out and "In each of 6 settings: triangle" in out
    monkeypatch.setattr(GPT, "encode", lambda *args, **named: encode(*args, **named) * torch.nan)
    refused(bertgpt("leak", models["gpt"]), "not finite")


def test_a_refused_first_setting_does_not_stop_the_report(models, bertgpt, monkeypatch):
    encode = GPT.encode

    def needs_a_mask(model, ids, *, attention_mask=None, cache=None):
        if attention_mask is None:
            raise ValueError("give an attention mask")
        return encode(model, ids, attention_mask=attention_mask, cache=cache)

    monkeypatch.setattr(GPT, "encode", needs_a_mask)
    code, out, _ = bertgpt("leak", models["gpt"])
    assert code == 0 and "In each of 10 settings: triangle." in out and "not offered" in out


def test_a_bert_that_is_causal_when_it_is_alone_is_reported(models, bertgpt, monkeypatch):
    encode = BERT.encode

    def alone(model, ids, **named):  # LLM2Vec's Llama was so at batch size 1
        with masked_by(model, causal_mask(ids.size(1))) if len(ids) == 1 else nullcontext():
            return encode(model, ids, **named)

    monkeypatch.setattr(BERT, "encode", alone)
    code, out, _ = bertgpt("leak", models["bert"])
    assert code == 0 and "The settings differ: square in 2, triangle in 2." in out


def test_what_is_no_language_model_is_refused(bertgpt, refused):
    refused(bertgpt("leak", "transformers:nothing"), "no masked or causal language model of the type 'nothing'")
    refused(bertgpt("leak", "transformers:t5"), "is an encoder-decoder")
    refused(bertgpt("leak", "no/such-model"), "no/such-model")
