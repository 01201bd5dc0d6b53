"""What `eval`, `generate` and `fill` print, and what they refuse."""

import math

import pytest
from reference import tiny_bert

from bertgpt import BERT, load_tokenizer, save_pretrained
from bertgpt.cli import use


@pytest.mark.parametrize("kind", ["gpt", "both"])
def test_generate_continues_the_prompt(kind, models, bertgpt):
    code, out, err = bertgpt("generate", models[kind], "the cat", "--tokens", 9, "--seed", 3)
    assert (code, err) == (0, "") and out.startswith("the cat") and len(out) > len("the cat\n")
    assert bertgpt("generate", models[kind], "the cat", "--tokens", 9, "--seed", 3)[1] == out
    assert bertgpt("generate", models[kind], "the cat", "--tokens", 9, "--seed", 4)[1] != out
    assert bertgpt("generate", models[kind], "the cat")[0] == 0  # as long as there is room
    code, out, _ = bertgpt("generate", models[kind], "")
    assert code == 0 and not out.startswith("<eos>")  # with which every text begins
    code, out, _ = bertgpt("generate", models[kind], "[MASK]", "--tokens", 1)
    assert code == 0 and out.startswith("[UNK]") and "[MASK]" not in out  # plain text: these models have no brackets


@pytest.mark.parametrize("kind", ["bert", "both"])
def test_fill_answers_each_blank(kind, models, bertgpt):
    code, out, err = bertgpt("fill", models[kind], "the [MASK]at sat on [MASK] mat", "--top-k", 3)
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith("[MASK] 1: ") and second.startswith("[MASK] 2: ")
    assert first.count(", ") == 2


def test_fill_shows_white_space(models, bertgpt):
    tokenizer = load_tokenizer(models["bert"])
    _, out, _ = bertgpt("fill", models["bert"], "the [MASK]at", "--top-k", tokenizer.vocab_size)
    assert "' ' 0." in out and ",  0." not in out


def test_eval_leaves_out_what_the_model_was_trained_on(train, bertgpt, text, tmp_path):
    train("gpt", tmp_path / "run")
    n_held_out = len(text.read_text()) - len(text.read_text()) * 9 // 10
    _, out, _ = bertgpt("eval", tmp_path / "run", "--text", text)
    assert "the last tenth" in out and f"{n_held_out + 1:,} tokens" in out  # and <eos>
    text.write_text(text.read_text()[1:], encoding="utf-8")  # another text
    _, out, _ = bertgpt("eval", tmp_path / "run", "--text", text)
    assert "the last tenth" not in out and f"{len(text.read_text()) + 1:,} tokens" in out


def test_eval_measures_every_kind(models, bertgpt, text):
    code, out, _ = bertgpt("eval", models["gpt"], "--text", text)
    nats, perplexity = float(out.split(" nats")[0].split()[-1]), float(out.split("perplexity ")[1].split(",")[0])
    bits = float(out.split(" bits a character")[0].split()[-1])
    assert code == 0
    assert f"{len(text.read_text()) + 1:,} tokens" in out  # the whole file, and <eos>
    assert math.isclose(math.exp(nats), perplexity, rel_tol=0.01)
    assert math.isclose(nats / math.log(2), bits, rel_tol=0.01)  # a token is a character
    assert "unknown" not in out
    code, out, _ = bertgpt("eval", models["bert"], "--text", text)
    assert code == 0 and "mlm_loss" in out
    code, out, _ = bertgpt("eval", models["both"], "--text", text)
    causal, masked = out.splitlines()
    assert code == 0 and "perplexity" in causal and "lm_loss" not in masked.replace("mlm_loss", "")
    assert "mlm_loss" in masked


def test_eval_of_a_both_asks_at_blanks_in_every_batch(models, bertgpt, text, monkeypatch):
    asked = []
    monkeypatch.setattr(use, "evaluate", lambda model, objective, batches: asked.extend(batches) or {"mlm_loss": 1.0})
    bertgpt("eval", models["both"], "--text", text)
    assert len(asked) == use.HELD_OUT_BATCHES and all("labels" in batch for batch in asked)


def test_eval_says_how_much_the_vocabulary_cannot_spell(models, bertgpt, tmp_path):
    (tmp_path / "greek.txt").write_text("the \u03b1\u03b2\u03b3 " * 25, encoding="utf-8")
    code, out, _ = bertgpt("eval", models["gpt"], "--text", tmp_path / "greek.txt")
    assert code == 0 and f"{100 * 75 / 201:.1f} % of the tokens are unknown" in out  # <eos> counts


def test_what_a_model_cannot_do_is_refused(models, bertgpt, refused, text, tmp_path):
    refused(bertgpt("generate", models["bert"], "the"), "does not predict the next token")
    refused(bertgpt("generate", models["gpt"], "the cat", "--tokens", -5), "at least 1, not -5")
    for seed in (-1, 2**70):
        refused(bertgpt("generate", models["gpt"], "the cat", "--seed", seed), "--seed must be at least 0", str(seed))
    refused(bertgpt("fill", models["gpt"], "the [MASK]"), "no masked-LM head")
    refused(bertgpt("eval", models["gpt"], "--text", tmp_path / "missing.txt"), "missing.txt")
    (tmp_path / "short.txt").write_text("the cat")
    refused(bertgpt("eval", models["bert"], "--text", tmp_path / "short.txt"), "short.txt", "give more text\n")
    bare = tmp_path / "bare"
    save_pretrained(BERT(tiny_bert(max_len=32).config), bare)
    (bare / "tokenizer.json").write_bytes((models["bert"] / "tokenizer.json").read_bytes())
    refused(bertgpt("eval", bare, "--text", text), "bare", "no masked-LM head")


def test_a_folder_without_a_finished_model_is_refused(bertgpt, refused, tmp_path):
    for command, *rest in (("generate", "the"), ("fill", "[MASK]"), ("eval", "--text", "austen")):
        refused(bertgpt(command, tmp_path, *rest), str(tmp_path))


def test_generate_slides_its_window_past_the_context_and_says_so(models, bertgpt):
    code, out, err = bertgpt("generate", models["gpt"], "the cat", "--tokens", 90)
    assert code == 0 and err == "bertgpt: beyond its 32 tokens the model reads only the latest of them\n"
    assert len(out) > 60 or "<eos>" in out
    assert bertgpt("generate", models["gpt"], "the cat " * 9, "--tokens", 3)[0] == 0


def test_an_unfinished_run_says_so(bertgpt, refused, tmp_path):
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    refused(bertgpt("generate", tmp_path, "a"), "unfinished", "--resume")
