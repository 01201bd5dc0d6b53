"""The models that ship with the package: their cards are true of their files, and transformers opens them."""

import hashlib
import json
import re
import shlex

import pytest
import torch
from safetensors import safe_open
from ship_both import at_blanks, draw_positions, spread_rows
from transformers import AutoModelForPreTraining

from bertgpt import generate
from bertgpt.assets import SHIPPED
from bertgpt.book.records import load_results
from bertgpt.cli.main import parser
from bertgpt.inference.scoring import token_surprisal
from bertgpt.model.config import TINY
from bertgpt.text import corpora
from bertgpt.text.data import encode_documents
from bertgpt.training.loop import evaluate
from bertgpt.training.objectives import masked_lm_objective
from bertgpt.training.recipes import HELD_OUT_BATCHES, encode_texts, make_batches, read_texts
from bertgpt.weights.pretrained import load_model

every_model = pytest.mark.parametrize("name", SHIPPED)


def card(name):
    return (SHIPPED[name] / "README.md").read_text(encoding="utf-8")


def numbers(name, row):
    """Read a row of the card's tables, of as many columns as it has."""
    (cells,) = re.findall(rf"^\| {re.escape(row)} \| (.*) \|$", card(name), re.M)
    return [float(cell.split(",")[0] if "Tiny" in cell else cell.replace(",", "")) for cell in cells.split(" | ")]


def commands(name):
    """Read the commands on the card as the command line reads them."""
    found = re.findall(r"python -m bertgpt (train .*?)\n\n", card(name).replace("\\\n", " "), re.S)
    return [parser().parse_args(shlex.split(command)) for command in found]


@every_model
def test_the_card_names_the_weights_that_are_there(name):
    weights = SHIPPED[name] / "model.safetensors"
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in card(name)
    assert weights.stat().st_size <= 12e6
    with safe_open(weights, "pt") as file:
        assert {file.get_tensor(key).dtype for key in file.keys()} == {torch.float16}
    assert json.loads((SHIPPED[name] / "config.json").read_text())["dtype"] == "float32"


@every_model
def test_the_commands_on_the_card_make_a_model_of_this_size(name):
    config = load_model(name).config
    assert {size: getattr(config, size) for size in TINY} == TINY
    for args in commands(name):
        assert (args.d_model, args.layers, args.heads, args.context) == (
            config.d_model, config.n_layers, config.n_heads, config.max_len)
    assert numbers(name, "steps") == [args.steps for args in commands(name)]
    tokens = [args.steps * args.batch_size * args.context / 1e6 for args in commands(name)]
    assert numbers(name, "tokens seen, in millions") == pytest.approx(tokens, abs=0.05)


def test_all_were_trained_on_the_same_text_for_as_long():
    for bert, gpt, both in zip(*map(commands, SHIPPED), strict=True):
        for same in ("text", "weights", "tokenizer", "steps", "batch_size", "context", "seed"):
            assert getattr(bert, same) == getattr(gpt, same) == getattr(both, same)


@every_model
def test_the_recorded_curves_are_those_of_the_runs_on_the_card(name):
    (row,) = (row for row in load_results("shipped_training")["rows"] if "tiny" + row["model"].lower() == name)
    for stage, args in zip(row["stages"], commands(name), strict=True):
        arguments, given = stage["arguments"], vars(args)
        compared = arguments.keys() - ({"rate"} if name != "tinybert" else set())     # only a BERT masks at a rate
        assert {key: given[key] for key in compared} == {key: arguments[key] for key in compared}
        assert all(curve[-1][0] == args.steps for curve in stage["held_out"].values())
    seconds = [round(stage["seconds"]) for stage in row["stages"]]
    assert numbers(name, "seconds, on one thread of a busy two-core machine") == seconds
    assert row["tokens"] == sum(stage["tokens"] for stage in row["stages"])


@pytest.mark.slow
def test_tinybert_is_as_good_as_its_card_says(tokenizer):
    model = load_model("tinybert")
    corpus = encode_texts("austen", read_texts("austen"), tokenizer)
    unseen = make_batches("bert", corpus, "test", tokenizer, model.config.max_len, seed=1)
    measured = evaluate(model, masked_lm_objective, [unseen.sample(step) for step in range(HELD_OUT_BATCHES)])
    assert measured["mlm_loss"] == pytest.approx(numbers("tinybert", "all that masked-LM asks, nats")[0], abs=0.01)
    assert measured["nsp_loss"] == pytest.approx(numbers("tinybert", "next sentence, nats")[0], abs=0.01)


@pytest.mark.slow
def test_tinygpt_is_as_good_as_its_card_says(tokenizer):
    (ids,) = encode_documents(corpora.novels("test"), tokenizer)
    nats = token_surprisal(load_model("tinygpt"), ids[:20_000], context=64).mean().item()
    assert nats == pytest.approx(numbers("tinygpt", "first 20,000 tokens, nats")[0], abs=0.01)


@pytest.mark.slow
def test_tinyboth_is_as_good_as_its_card_says(tokenizer):
    (ids,) = encode_documents(corpora.novels("test"), tokenizer)
    both = load_model("tinyboth")
    nats = token_surprisal(both, ids[:20_000], context=64).mean().item()
    assert nats == pytest.approx(numbers("tinyboth", "first 20,000 tokens, nats")[0], abs=0.01)
    rows = spread_rows(ids, 500)
    nats = at_blanks(both, tokenizer, rows, draw_positions(tokenizer, rows, 0.15)).mean().item()
    assert nats == pytest.approx(numbers("tinyboth", "15 % hidden, nats")[0], abs=0.01)


@pytest.mark.slow
@every_model
def test_transformers_opens_the_folder_and_gives_the_same_outputs(name, tokenizer):
    ours, theirs = load_model(name), AutoModelForPreTraining.from_pretrained(SHIPPED[name]).eval()
    ids = torch.tensor([tokenizer.encode(" Anne hoped she had outlived the age of blushing; but the age of emotion")])
    with torch.inference_mode():
        answers = theirs(ids)
        if name == "tinybert":
            mlm_logits, nsp_logits = ours(ids)
            torch.testing.assert_close(mlm_logits, answers.prediction_logits, atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(nsp_logits, answers.seq_relationship_logits, atol=1e-4, rtol=1e-4)
        else:
            torch.testing.assert_close(ours(ids), answers.logits, atol=1e-4, rtol=1e-4)
            text = theirs.generate(ids, max_new_tokens=40, do_sample=False, pad_token_id=tokenizer.pad_id,
                                   eos_token_id=tokenizer.eos_id)
            for use_cache in (True, False):
                written = generate(ours, ids, 40, temperature=0, eos_id=tokenizer.eos_id, use_cache=use_cache)
                torch.testing.assert_close(written, text, rtol=0, atol=0)
