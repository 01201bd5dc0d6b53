"""What `leak` prints, and its exit code: 0 where a model reads as expected in every way, else 1."""

import pytest
from reference import edit_config

from bertgpt import GPT, padding_mask
from bertgpt.inference.leak_meter import tiny_models


@pytest.mark.slow
def test_a_folder_of_another_architecture_is_read_by_transformers(bertgpt, tmp_path):
    [model] = tiny_models("llama")
    model.save_pretrained(tmp_path)
    config = tmp_path / "config.json"
    for source in (tmp_path, config):  # with its weights, and with random ones
        code, out, _ = bertgpt("leak", source)
        assert code == 0 and out.startswith("LlamaForCausalLM, expected: triangle\nIn each of 18 ways: triangle")
    edit_config(tmp_path, is_causal=False)
    code, out, _ = bertgpt("leak", config)
    assert code == 0 and out.startswith("LlamaForCausalLM, expected: square\nIn each of 12 ways: square")
    code, out, _ = bertgpt("leak", config, "--expect", "triangle", "--skip", "cache", "a batch")
    assert code == 1 and "OPEN in 6 of 6 ways. The worst: eager, one text, no padding: square" in out


def test_a_shape_is_printed_and_a_leak_is_an_exit_code(models, bertgpt, monkeypatch):
    for kind, shape, n_ways, fault in (("gpt", "triangle", 9, "CLOSED"), ("bert", "square", 4, "OPEN")):
        code, out, err = bertgpt("leak", models[kind])
        assert (code, err) == (0, "") and f"expected: {shape}\nIn each of {n_ways} ways: {shape}\n" in out
        assert out.rstrip().endswith("# # # # # # #") and len(out.splitlines()) < 24
        code, out, _ = bertgpt("leak", models[kind], "--expect", "prefix")
        assert code == 1 and fault in out.splitlines()[1]
    monkeypatch.setattr(GPT, "build_mask", lambda model, attention_mask, n_queries: padding_mask(attention_mask))
    code, out, _ = bertgpt("leak", models["gpt"])
    assert code == 1 and out.splitlines()[1].startswith("OPEN in 9 of 9 ways"), out


def test_what_is_no_language_model_is_refused(bertgpt, refused):
    refused(bertgpt("leak", "transformers:nothing"), "no language model of the type 'nothing'")
    refused(bertgpt("leak", "no/such-model"), "no/such-model")
