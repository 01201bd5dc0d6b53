"""`train`: it learns, it resumes exactly however it was stopped, and it refuses before it writes."""

import json
import signal

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, AutoModelForPreTraining, AutoTokenizer

from bertgpt import Tokenizer, load_gpt, load_model
from bertgpt.cli import train as train_command

KINDS = ["gpt", "bert", "both"]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(out):
    """Read metrics.jsonl without the seconds."""
    found = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in found]


def tensors(path):
    return {name: tensor for name, tensor in load_file(path).items() if name != "history"}  # which holds seconds


def assert_same_run(one, two):
    for name in ("model.safetensors", "checkpoint.safetensors"):
        torch.testing.assert_close(tensors(one / name), tensors(two / name), rtol=0, atol=0)
    assert rows(one) == rows(two)
    for name in ("run.json", "tokenizer.json", "config.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def after_step(monkeypatch, step, act):
    """Let something happen after a step."""

    class Bar(train_command.tqdm):
        def update(self, n=1):
            super().update(n)
            if self.n == step:
                act()

    monkeypatch.setattr(train_command, "tqdm", Bar)


@pytest.mark.parametrize("kind", KINDS)
def test_training_learns_and_leaves_a_model_that_transformers_opens(kind, train, tmp_path):
    code, out, _ = train(kind, tmp_path / "run", "--warmup", 10, "--steps", 120)
    assert code == 0 and "unigram baseline" in out and "wrote" in out
    names = "checkpoint.safetensors config.json metrics.jsonl model.safetensors run.json tokenizer.json"
    assert files(tmp_path / "run").keys() == {*names.split(), "tokenizer_config.json"}
    history = rows(tmp_path / "run")
    assert [row["step"] for row in history] == list(range(1, 121))
    for task in {"gpt": ["lm_loss"], "bert": ["mlm_loss"], "both": ["mlm_loss", "lm_loss"]}[kind]:
        curve = [row[task] for row in history if task in row]
        assert curve[0] > 2.5  # ln of about 20 characters
        assert sum(curve[-10:]) / 10 < curve[0] - 0.4
        assert history[-1]["held_out"][task] < curve[0] - 0.4
    unigram = float(out.split("unigram baseline ")[1].split()[0])
    assert f"unigram {unigram:.2f}" in out.split("step 120: ")[1]
    assert kind == "bert" or history[-1]["held_out"][task] < unigram - 0.1
    AutoModelForPreTraining.from_pretrained(tmp_path / "run")
    assert AutoTokenizer.from_pretrained(tmp_path / "run").vocab_size == load_model(tmp_path / "run").config.vocab_size


@pytest.fixture
def ctrl_c():
    """Give a function that presses Ctrl-C: a shell starts what it runs in the background with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_saves_the_last_step_and_the_run_resumes_exactly(kind, train, ctrl_c, tmp_path, monkeypatch):
    at_once, stopped = tmp_path / "at once", tmp_path / "stopped"
    train(kind, at_once)
    with monkeypatch.context() as patch:
        after_step(patch, 5, ctrl_c)
        code, _, err = train(kind, stopped)
    assert code == 130
    assert err.splitlines()[-1] == f"bertgpt: {stopped}: stopped after step 5: continue with --resume"
    assert not (stopped / "config.json").exists()
    code, out, _ = train(kind, stopped, "--resume")
    assert code == 0 and out.startswith(f"{stopped}: resumes from step 5\n")
    assert_same_run(stopped, at_once)
    before = files(at_once)  # a finished run stays as it is
    assert train(kind, at_once, "--resume")[0] == 0 and files(at_once) == before


def test_a_second_ctrl_c_does_not_wait_and_the_run_begins_again(train, ctrl_c, tmp_path, monkeypatch, refused):
    train("gpt", tmp_path / "at once")
    with monkeypatch.context() as patch:
        after_step(patch, 2, lambda: [ctrl_c(), ctrl_c()])
        _, _, err = train("gpt", tmp_path / "stopped")
    assert err.splitlines()[-1] == f"bertgpt: {tmp_path / 'stopped'}: stopped: continue with --resume"
    assert sorted(files(tmp_path / "stopped")) == ["metrics.jsonl", "run.json", "tokenizer.json"]
    refused(train("gpt", tmp_path / "stopped"), "not empty", "--resume")
    code, out, _ = train("gpt", tmp_path / "stopped", "--resume")
    assert code == 0 and "has no checkpoint, begins at step 0" in out
    assert_same_run(tmp_path / "stopped", tmp_path / "at once")


def test_a_run_is_resumed_with_the_same_arguments_and_texts(train, text, tmp_path, refused):
    out = tmp_path / "run"
    train("bert", out)
    before = files(out)
    refused(train("gpt", out, "--resume"), str(out), "--model was bert, now gpt")
    refused(train("bert", out, "--resume", "--seed", 1), str(out), "--seed")
    text.write_text(text.read_text() + "z", encoding="utf-8")
    refused(train("bert", out, "--resume"), str(out), f"{text} changed")
    assert files(out) == before


def test_what_a_folder_holds_is_left_alone(train, tmp_path, refused):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    refused(train("gpt", out), str(out), "not empty", "--out")
    refused(train("gpt", out, "--resume"), str(out), "no run to resume")
    refused(train("gpt", out / "thesis.txt"), "thesis.txt")
    assert files(out) == {"thesis.txt": b"years of work"}


SENSELESS = """gpt --steps 0: --steps; gpt --steps 6 --layers -1: --layers; gpt --heads 5: --heads;
    gpt --learning-rate nan: --learning-rate must be; gpt --weights inf: --weights must be;
    gpt --warmup 999: --warmup must; bert --rate 1e-9: --rate must be at least 0.01;
    gpt --rate 0.3: a gpt masks nothing; bert --blanks 0.3: --blanks; gpt --muon-factor 2: adamw;
    gpt --steps 99999999999: --steps must be at most; gpt --text austen austen: different texts;
    gpt --dropout 1: dropout; gpt --optimiser sgd: adamw; gpt --activation swish: activation must be one of gelu;
    gpt --weights 1 2: --weights must be; gpt --weights 0: --weights must be; gpt --batch-size 0: --batch-size must be;
    both --blanks 1: --blanks must be; bert --rate nan: --rate must be; gpt --tokenizer missing.json: missing.json;
    gpt --context 5000: --context 5000; gpt --context 2: --context must be at least 3, not 2;
    gpt --accumulate 6: --accumulate must be at most 5;
    gpt --text missing.txt: missing.txt; gpt --text austin: austin""".split(";")


@pytest.mark.parametrize("case", SENSELESS)
def test_what_makes_no_sense_is_refused_before_anything_is_written(case, train, tmp_path, refused):
    line, named = case.split(": ")
    kind, *changes = line.split()
    refused(train(kind, tmp_path / "run", *changes), named)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_the_shortest_context_trains(kind, train, tmp_path):
    assert train(kind, tmp_path / "run", "--context", 3)[0] == 0


def test_a_vocabulary_of_ones_own_is_saved_with_the_run(train, tmp_path):
    assert train("gpt", tmp_path / "run", "--tokenizer", "own")[0] == 0
    assert Tokenizer.from_file(tmp_path / "run" / "tokenizer.json").encode(" the cat") != []
    assert load_model(tmp_path / "run").config.vocab_size > 256
    assert train("gpt", tmp_path / "again", "--tokenizer", "own")[0] == 0
    assert_same_run(tmp_path / "run", tmp_path / "again")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_begins_from_another(kind, train, text, bertgpt, tmp_path, refused):
    first, second = tmp_path / "first", tmp_path / "second"
    train(kind, first)
    more = ("train", kind, "--text", text, "--init-from", first, "--steps", 1, "--batch-size", 5, "--out", second)
    small = ("--context", 13, "--learning-rate", "1e-12")
    assert bertgpt(*more, *small)[0] == 0
    assert tensors(second / "model.safetensors").keys() == tensors(first / "model.safetensors").keys()
    for name, tensor in tensors(second / "model.safetensors").items():
        torch.testing.assert_close(tensor, tensors(first / "model.safetensors")[name], rtol=1e-3, atol=1e-5)
    refused(bertgpt(*more[:-1], tmp_path / "third", *small, "--layers", 3), "--layers", "--init-from")
    refused(bertgpt(*more[:-1], tmp_path / "third", "--context", 14), "--context must be at most 13")


def test_a_head_that_nothing_trained_is_not_saved(train, tmp_path):
    train("bert", tmp_path / "run")
    assert not [name for name in tensors(tmp_path / "run" / "model.safetensors") if "pooler" in name or "seq_" in name]
    theirs = AutoModelForMaskedLM.from_pretrained(tmp_path / "run").eval()
    ours, ids = load_model(tmp_path / "run"), torch.randint(6, 15, (2, 13))
    torch.testing.assert_close(ours(ids)[0], theirs(ids).logits, rtol=1e-4, atol=1e-4)


def test_the_held_out_tenth_is_named_where_it_is_too_short(train, text, tmp_path, refused):
    text.write_text("the cat sat on the mat. " * 4, encoding="utf-8")
    refused(train("gpt", tmp_path / "out"), "the held-out tenth of", "fewer than one window")


def test_a_batch_larger_than_the_text_repeats_it_with_a_word(train, text, tmp_path):
    text.write_text(text.read_text()[:400], encoding="utf-8")
    assert "repeats" not in train("gpt", tmp_path / "some")[2]
    code, _, err = train("gpt", tmp_path / "all", "--batch-size", 40)
    assert code == 0 and f"bertgpt: a batch of 520 tokens repeats those of {text}" in err


def test_a_vocabulary_of_another_language_is_named(train, text, tmp_path):
    text.write_text("\u4eca\u5929\u6211\u53bb\u4e86\u5e02\u573a\u3002" * 60, encoding="utf-8")
    code, _, err = train("gpt", tmp_path / "bytes", "--tokenizer", "bpe")
    assert code == 0 and f"tokens a character of {text}: --tokenizer char takes one" in err
    assert "character" not in train("gpt", tmp_path / "characters", "--tokenizer", "char")[2]


def test_a_switch_of_the_configuration_is_a_flag(train, tmp_path, refused):
    switches = ("--activation", "relu", "--norm-eps", 1e-3, "--no-tie-embeddings")
    assert train("gpt", tmp_path / "run", *switches)[0] == 0
    config = load_gpt(tmp_path / "run").config
    assert (config.activation, config.norm_eps, config.tie_embeddings) == ("relu", 1e-3, False)
    refused(train("gpt", tmp_path / "run", "--resume"), "--activation was relu")


def test_finished_weights_are_stored_as_the_help_says(train, bertgpt, tmp_path):
    train("gpt", tmp_path / "run")
    assert {tensor.dtype for tensor in tensors(tmp_path / "run/model.safetensors").values()} == {torch.float16}
    assert "float16" in bertgpt("train", "--help")[1]


def test_bfloat16_is_refused_where_it_would_be_emulated(train, tmp_path, monkeypatch, refused):
    monkeypatch.setattr(train_command, "supports_bfloat16", lambda device: False)
    refused(train("gpt", tmp_path / "run", "--bfloat16", "--device", "cpu"), "--bfloat16", "cpu", "leave it out")
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr(train_command, "supports_bfloat16", lambda device: True)
    assert train("gpt", tmp_path / "run", "--bfloat16")[0] == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["arguments"]["bfloat16"] is True


def test_minutes_become_steps(bertgpt, text, tmp_path):
    small = "--tokenizer char --d-model 12 --heads 3 --context 13 --minutes 1e-9".split()
    assert bertgpt("train", "gpt", "--text", text, "--out", tmp_path / "run", *small)[0] == 0
    assert len(rows(tmp_path / "run")) == 1
