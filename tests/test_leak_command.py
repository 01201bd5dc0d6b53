"""What `python -m leak_meter` prints, and its exit code: 0 where a model reads as expected in every way, else 1."""

import sys

import pytest
from reference import edit_config

import leak_meter
from leak_meter import tiny_models


@pytest.fixture
def leak(monkeypatch, capsys):
    """Call the leak meter's command line: -> exit code, standard output, standard error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["leak_meter", *map(str, arguments)])
        return leak_meter.main(), *capsys.readouterr()

    return call


@pytest.mark.slow
def test_a_folder_of_another_architecture_is_read_by_transformers(leak, tmp_path):
    [model] = tiny_models("llama")
    model.save_pretrained(tmp_path)
    config = tmp_path / "config.json"
    for source in (tmp_path, config):  # with its weights, and with random ones
        code, out, _ = leak(source)
        assert code == 0 and out.startswith("LlamaForCausalLM, expected: triangle\nIn each of 18 ways: triangle")
    edit_config(tmp_path, is_causal=False)
    code, out, _ = leak(config)
    assert code == 0 and out.startswith("LlamaForCausalLM, expected: square\nIn each of 12 ways: square")
    code, out, _ = leak(config, "--expect", "triangle", "--skip", "cache", "a batch")
    assert code == 1 and "OPEN in 6 of 6 ways. The worst: eager, one text, no padding: square" in out


def test_what_is_no_language_model_is_refused(leak):
    for source in ("transformers:nothing", "no/such-model"):
        code, out, err = leak(source)
        assert (code, out) == (2, "") and err.startswith("leak_meter: ") and source.partition(":")[2] in err


def test_a_hub_that_does_not_answer_is_asked_once(leak, monkeypatch):
    asked = []

    def silent(address, timeout):
        asked.append(timeout)
        raise OSError

    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr("urllib.request.urlopen", silent)
    assert leak("nobody")[0] == leak("nobody")[0] == 2 and asked == [5]


def test_what_was_mistyped_is_named(leak, capsys):
    code, _, err = leak("nope.json")
    assert code == 2 and err == "leak_meter: nope.json does not exist\n"
    code, _, err = leak("transformers:gpt2", "--expect", "circle", "--skip", "cache", "sdpa", "a batch")
    assert code == 2 and "no shape called 'circle': square, triangle, prefix of N" in err
    with pytest.raises(SystemExit, match="2"):
        leak("transformers:gpt2", "--skip", "nonsense")
    assert "'nonsense' (choose from" in capsys.readouterr().err
