"""The command line, as a user meets it: it learns, it resumes exactly, and its refusals are one clear line."""

import json
import math
import random
import subprocess
import sys

import pytest
import tokenizers
import torch
from reference import tiny_bert, tiny_both, tiny_gpt
from safetensors.torch import load_file
from transformers import AutoModelForPreTraining

from bertgpt import BERTForPreTraining, Tokenizer, save_pretrained
from bertgpt.cli import train as train_command
from bertgpt.cli.main import main
from bertgpt.training import loop

WORDS = "the cat sat on a mat and the dog ran to the door".split()
CHOSEN = random.Random(0).choices(WORDS, k=1500)
TEXT = " ".join(word + ("." if n % 7 == 6 else "") for n, word in enumerate(CHOSEN))
SMALL = ["--tokenizer", "char", "--d-model", "12", "--heads", "3", "--layers", "1", "--context", "13",
         "--batch-size", "5"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def bertgpt(monkeypatch, capsys):
    """Call the command line: -> exit code, standard output, standard error."""
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["bertgpt", *map(str, arguments)])
        try:
            code = main()
        except SystemExit as stopped:            # argparse's own refusals
            code = stopped.code
        return code, *capsys.readouterr()
    return call


def train(bertgpt, kind, text, out, *more, steps=6):
    return bertgpt("train", kind, "--text", text, "--out", out, "--steps", steps, *SMALL, *more)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(out, seconds=False):
    found = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return found if seconds else [{k: v for k, v in row.items() if k != "seconds"} for row in found]


@pytest.mark.parametrize("kind", ["gpt", "bert", "both"])
def test_training_learns_and_leaves_a_model_that_transformers_opens(kind, bertgpt, text, tmp_path):
    code, out, _ = train(bertgpt, kind, text, tmp_path / "run", "--warmup", 10, steps=120)
    assert code == 0 and "unigram baseline" in out and "wrote" in out
    assert sorted(files(tmp_path / "run")) == [
        "checkpoint.safetensors", "config.json", "metrics.jsonl", "model.safetensors", "run.json", "tokenizer.json"]
    history = rows(tmp_path / "run")
    assert [row["step"] for row in history] == list(range(1, 121))
    for task in {"gpt": ["lm_loss"], "bert": ["mlm_loss"], "both": ["mlm_loss", "lm_loss"]}[kind]:
        curve = [row[task] for row in history if task in row]
        assert curve[0] > 2.5                                     # ln of about 20 characters
        assert sum(curve[-10:]) / 10 < curve[0] - 0.4
        assert history[-1]["held_out"][task] < curve[0] - 0.4
    unigram = float(out.split("unigram baseline ")[1].split()[0])
    assert f"unigram {unigram:.2f}" in out.split("step 120: ")[1]
    assert kind == "bert" or history[-1]["held_out"][task] < unigram - 0.1
    AutoModelForPreTraining.from_pretrained(tmp_path / "run")


@pytest.mark.parametrize("kind", ["gpt", "bert", "both"])
def test_the_same_command_gives_the_same_model(kind, bertgpt, text, tmp_path):
    for out in ("one", "two"):
        train(bertgpt, kind, text, tmp_path / out)
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert one["model.safetensors"] == two["model.safetensors"]
    train(bertgpt, kind, text, tmp_path / "three", "--seed", 1)
    assert files(tmp_path / "three")["model.safetensors"] != one["model.safetensors"]


@pytest.mark.parametrize("kind", ["gpt", "bert", "both"])
def test_resuming_is_exact(kind, bertgpt, text, tmp_path, monkeypatch):
    at_once, stopped = tmp_path / "at once", tmp_path / "stopped"
    train(bertgpt, kind, text, at_once, "--save-every", 3)

    # The same run with checkpoints after steps 3 and 6, stopped after the first of them.
    real, learned = loop.save_checkpoint, []

    def save_then_stop(path, model, optimiser, settings, history):
        real(path, model, optimiser, settings, history)
        learned.append(len(history))
        if len(history) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_checkpoint", save_then_stop)
        code, _, err = train(bertgpt, kind, text, stopped, "--save-every", 3)
        assert code == 130
        assert err.splitlines()[-1] == f"bertgpt: {stopped}: stopped after step 2: go on with --resume"
        assert learned == [3] and not (stopped / "config.json").exists()
        patch.setattr(loop, "save_checkpoint", real)
        assert train(bertgpt, kind, text, stopped, "--save-every", 3, "--resume")[0] == 0

    for name in ("model.safetensors", "checkpoint.safetensors"):
        torch.testing.assert_close(load_file(stopped / name), load_file(at_once / name), rtol=0, atol=0)
    assert rows(stopped) == rows(at_once)


def test_a_finished_run_resumed_stays_as_it_is(bertgpt, text, tmp_path):
    out = tmp_path / "run"
    train(bertgpt, "gpt", text, out)
    before = files(out)
    assert train(bertgpt, "gpt", text, out, "--resume")[0] == 0
    assert files(out) == before


def begin(bertgpt, text, out):
    """Leave a run as one that was killed before its first checkpoint leaves it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_command, "train", lambda *_, **__: (_ for _ in ()).throw(ValueError("killed")))
        train(bertgpt, "gpt", text, out)
    assert sorted(files(out)) == ["metrics.jsonl", "run.json", "tokenizer.json"]


def test_a_run_that_was_stopped_before_its_first_checkpoint_begins_again(bertgpt, text, tmp_path):
    train(bertgpt, "gpt", text, tmp_path / "at once")
    begin(bertgpt, text, tmp_path / "stopped")
    (tmp_path / "stopped" / "tokenizer.json").write_text("{ half of")
    refused(train(bertgpt, "gpt", text, tmp_path / "stopped"), "not empty", "--resume")
    assert train(bertgpt, "gpt", text, tmp_path / "stopped", "--resume")[0] == 0
    at_once, stopped = files(tmp_path / "at once"), files(tmp_path / "stopped")
    for name in ("model.safetensors", "tokenizer.json"):
        assert stopped[name] == at_once[name]
    assert rows(tmp_path / "stopped") == rows(tmp_path / "at once")


def test_a_start_that_was_cut_short_leaves_no_obstacle(bertgpt, text, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.jsonl").touch()
    (tmp_path / "run" / "run.json.part").write_text("{ half of")
    assert train(bertgpt, "gpt", text, tmp_path / "run")[0] == 0


@pytest.mark.parametrize("finished", [True, False])
def test_a_text_that_changed_is_noticed(finished, bertgpt, text, tmp_path):
    out = tmp_path / "run"
    (train if finished else begin)(*([bertgpt, "gpt"] if finished else [bertgpt]), text, out)
    before = files(out)
    text.write_text(TEXT + "z", encoding="utf-8")
    refused(train(bertgpt, "gpt", text, out, "--resume"), str(out / "run.json"), f"{text} changed")
    assert files(out) == before


def test_the_vocabulary_is_the_folders_own(bertgpt, text, tmp_path):
    out = tmp_path / "run"
    train(bertgpt, "gpt", text, out)
    own = (out / "tokenizer.json").read_bytes()
    Tokenizer.train_char(["other letters"]).save(out / "tokenizer.json")
    refused(train(bertgpt, "gpt", text, out, "--resume"), "tokenizer.json", "another vocabulary")
    (out / "tokenizer.json").unlink()
    refused(train(bertgpt, "gpt", text, out, "--resume"), "tokenizer.json is lost")
    (out / "tokenizer.json").write_bytes(own)
    assert train(bertgpt, "gpt", text, out, "--resume")[0] == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"arguments": {}}', '{"arguments": [], "steps": "six"}'])
def test_a_damaged_record_is_named(content, bertgpt, text, tmp_path):
    train(bertgpt, "gpt", text, tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text(content)
    refused(train(bertgpt, "gpt", text, tmp_path / "run", "--resume"), "run.json", "cannot be read")


def test_two_processes_cannot_share_a_folder(bertgpt, text, tmp_path):
    out = tmp_path / "run"
    hold = ("import sys, pathlib; from bertgpt.cli.run import Run\n"
            "with Run(pathlib.Path(sys.argv[1])).claimed():\n    print('held', flush=True); sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", hold, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as other:
        assert other.stdout.readline() == "held\n"
        refused(train(bertgpt, "gpt", text, out), str(out), "in use")
        other.kill()                             # the lock ends with the process, however that ends
    assert train(bertgpt, "gpt", text, out)[0] == 0


def refused(result, *named):
    """Exit code 2, nothing on standard output, one line that begins with the program's name and tells all."""
    code, out, err = result
    assert code == 2, err
    assert out == ""
    assert err.startswith("bertgpt: ") and err.count("\n") == 1, err
    for part in named:
        assert part in err, err


def test_a_missing_file(bertgpt, tmp_path):
    missing = tmp_path / "missing.txt"
    refused(train(bertgpt, "gpt", missing, tmp_path / "run"), "missing.txt", "cannot be read", "austen")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["gpt", "bert"])
@pytest.mark.parametrize("content, reason", [
    (b"", "is empty"), (b"\n \n", "is empty"), (b"caf\xe9", "not UTF-8"), (b"too short", "fewer than one window"),
    (TEXT[:50].encode(), "fewer than one window")])           # long enough to train on, too short to hold out from
def test_a_text_that_cannot_be_used(kind, content, reason, bertgpt, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    refused(train(bertgpt, kind, path, tmp_path / "run"), "text.txt", reason)
    assert not (tmp_path / "run").exists()


def test_the_same_refusals_when_measuring(bertgpt, text, tmp_path):
    train(bertgpt, "bert", text, tmp_path / "run")
    refused(bertgpt("eval", tmp_path / "run", "--text", tmp_path / "missing.txt"), "missing.txt")
    text.write_text("short")
    refused(bertgpt("eval", tmp_path / "run", "--text", text), "fewer than one window")


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_folder_that_holds_another_model_is_left_alone(resume, bertgpt, text, tmp_path):
    out = tmp_path / "run"
    train(bertgpt, "bert", text, out)
    before = files(out)
    refused(train(bertgpt, "gpt", text, out, *resume), str(out))
    refused(train(bertgpt, "bert", text, out, *resume, "--seed", 1), str(out))
    assert files(out) == before


def test_a_folder_that_holds_anything_is_left_alone(bertgpt, text, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    refused(train(bertgpt, "gpt", text, out), str(out), "not empty", "--out")
    refused(train(bertgpt, "gpt", text, out, "--resume"), str(out), "no run to resume")
    assert files(out) == {"thesis.txt": b"years of work"}


def test_an_output_that_is_a_file_is_left_alone(bertgpt, text, tmp_path):
    out = tmp_path / "a file"
    out.write_text("years of work")
    refused(train(bertgpt, "gpt", text, out), "a file")
    assert out.read_text() == "years of work"


@pytest.mark.parametrize("changes, named", [
    (["--heads", "5"], "n_heads"), (["--dropout", "1"], "--dropout"), (["--learning-rate", "0"], "--learning-rate"),
    (["--weights", "1", "2"], "--weights"), (["--tokenizer", "missing.json"], "missing.json"),
    (["--batch-size", "0"], "--batch-size"), (["--context", "2"], "--context")], ids=" ".join)
def test_a_setting_without_sense(changes, named, bertgpt, text, tmp_path):
    refused(train(bertgpt, "gpt", text, tmp_path / "run", *changes), named)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("steps", [0, -5])
def test_no_steps_at_all(steps, bertgpt, text, tmp_path):
    refused(train(bertgpt, "gpt", text, tmp_path / "run", steps=steps), "steps")
    assert not (tmp_path / "run").exists()


def test_a_vocabulary_without_the_special_tokens(bertgpt, text, tmp_path):
    bare = tokenizers.Tokenizer(tokenizers.models.WordLevel({"the": 0, "?": 1}, unk_token="?"))
    bare.save(str(tmp_path / "bare.json"))
    for kind in ("gpt", "bert"):
        result = train(bertgpt, kind, text, tmp_path / "run", "--tokenizer", tmp_path / "bare.json")
        refused(result, "bare.json", "[PAD]")


def test_a_damaged_checkpoint(bertgpt, text, tmp_path):
    out = tmp_path / "run"
    train(bertgpt, "gpt", text, out)
    path = out / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    code, _, err = train(bertgpt, "gpt", text, out, "--resume")
    assert code == 2 and "checkpoint.safetensors" in err


def test_a_folder_in_the_place_of_a_checkpoint(bertgpt, text, tmp_path):
    begin(bertgpt, text, tmp_path / "run")
    (tmp_path / "run" / "checkpoint.safetensors").mkdir()
    code, _, err = train(bertgpt, "gpt", text, tmp_path / "run", "--resume")
    assert code == 2 and "checkpoint.safetensors cannot be read" in err.splitlines()[-1]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A GPT, a BERT and a Both of characters, random but finished."""
    tokenizer = Tokenizer.train_char([TEXT])
    folders = {}
    for kind, make in (("gpt", tiny_gpt), ("bert", tiny_bert), ("both", tiny_both)):
        folders[kind] = tmp_path_factory.mktemp(kind)
        save_pretrained(make(vocab_size=tokenizer.vocab_size, max_len=32), folders[kind])
        tokenizer.save(folders[kind] / "tokenizer.json")
    return folders


@pytest.mark.parametrize("kind", ["gpt", "both"])
def test_generate_goes_on_with_the_prompt(kind, models, bertgpt):
    code, out, err = bertgpt("generate", models[kind], "the cat", "--tokens", 9, "--seed", 3)
    assert (code, err) == (0, "") and out.startswith("the cat") and len(out) > len("the cat\n")
    assert bertgpt("generate", models[kind], "the cat", "--tokens", 9, "--seed", 3)[1] == out
    assert bertgpt("generate", models[kind], "the cat", "--tokens", 9, "--seed", 4)[1] != out
    assert bertgpt("generate", models[kind], "the cat")[0] == 0            # as long as there is room
    assert bertgpt("generate", models[kind], "")[0] == 0


@pytest.mark.parametrize("kind", ["bert", "both"])
def test_fill_answers_each_blank(kind, models, bertgpt):
    code, out, err = bertgpt("fill", models[kind], "the [MASK]at sat on [MASK] mat", "--top-k", 3)
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith("[MASK] 1: ") and second.startswith("[MASK] 2: ")
    assert first.count(", ") == 2


def test_eval_measures_both_kinds(models, bertgpt, text):
    code, out, _ = bertgpt("eval", models["gpt"], "--text", text)
    nats, perplexity = float(out.split(" nats")[0].split()[-1]), float(out.split("perplexity ")[1].split(",")[0])
    bits = float(out.split(" bits a character")[0].split()[-1])
    assert code == 0
    assert f"{len(TEXT) + 1:,} tokens" in out                     # the whole file, and <eos>
    assert math.isclose(math.exp(nats), perplexity, rel_tol=0.01)
    assert math.isclose(nats / math.log(2), bits, rel_tol=0.01)   # a token is a character
    assert "unknown" not in out
    code, out, _ = bertgpt("eval", models["bert"], "--text", text)
    assert code == 0 and "mlm_loss" in out
    code, out, _ = bertgpt("eval", models["both"], "--text", text)
    assert code == 0 and len(out.splitlines()) == 2 and "perplexity" in out and "mlm_loss" in out.splitlines()[1]
    assert "lm_loss" not in out.splitlines()[1].replace("mlm_loss", "")


def test_eval_measures_a_bert_that_has_no_head_for_pairs(bertgpt, tmp_path, tokenizer):
    config = tiny_bert(vocab_size=tokenizer.vocab_size, max_len=32).config
    save_pretrained(BERTForPreTraining(config, next_sentence=False), tmp_path)
    tokenizer.save(tmp_path / "tokenizer.json")
    code, out, _ = bertgpt("eval", tmp_path, "--text", "austen")
    assert code == 0 and "mlm_loss" in out and "nsp_loss" not in out


@pytest.mark.parametrize("kind", ["gpt", "bert", "both"])
def test_eval_says_how_much_it_cannot_spell(kind, models, bertgpt, tmp_path):
    (tmp_path / "greek.txt").write_text("the \u03b1\u03b2\u03b3 " * 25, encoding="utf-8")
    code, out, _ = bertgpt("eval", models[kind], "--text", tmp_path / "greek.txt")
    assert code == 0 and f"{100 * 75 / 201:.1f} % of the tokens are unknown" in out       # <eos> counts


def test_what_a_model_cannot_do_is_refused(models, bertgpt, tmp_path):
    refused(bertgpt("generate", models["bert"], "the"), str(models["bert"]), "bert", "gpt or a both")
    refused(bertgpt("fill", models["gpt"], "the [MASK]"), str(models["gpt"]), "gpt", "bert or a both")
    refused(bertgpt("fill", models["bert"], "the cat"), "[MASK]")
    refused(bertgpt("fill", models["bert"], "the " * 20 + "[MASK]"), "max_len = 32")
    refused(bertgpt("generate", models["gpt"], "the cat", "--tokens", 99), "max_len = 32")
    refused(bertgpt("generate", models["gpt"], "the cat", "--temperature", "-1"), "temperature")
    for command, *prompt in (("generate", "the"), ("fill", "[MASK]"), ("eval", "--text", "austen")):
        refused(bertgpt(command, tmp_path, *prompt), str(tmp_path), "no finished model")


def test_a_model_that_was_tampered_with(models, bertgpt, tmp_path):
    for name, content in files(models["gpt"]).items():
        (tmp_path / name).write_bytes(content)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    refused(bertgpt("generate", tmp_path, "the"), "model.safetensors", "damaged")


def test_a_command_that_does_not_exist(bertgpt):
    code, _, err = bertgpt("teach")
    assert code == 2 and "teach" in err
    code, _, err = bertgpt("train", "gpt", "--text", "austen", "--out", "run")
    assert code == 2 and "--minutes" in err


def test_the_module_runs_by_name(tmp_path):
    done = subprocess.run([sys.executable, "-m", "bertgpt", "generate", str(tmp_path), "Once"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"bertgpt: {tmp_path}") and "Traceback" not in done.stderr
