"""Shipping a both: its card's command is the run's, and it is asked for the same tokens as the pair."""

import json
import shlex
import sys

import pytest
import ship_both as experiment
import torch
import torch.nn.functional as F
from reference import tiny_bert, tiny_both, tiny_gpt

from bertgpt.book.records import load_results
from bertgpt.cli.main import parser
from bertgpt.cli.train import MAY_DIFFER_ON_RESUME
from bertgpt.model.both import Both
from bertgpt.weights.pretrained import save_pretrained

COMMAND = ("train both --text austen tales shakespeare --weights 2 2 1 --d-model 256 --layers 4 --context 128 "
           "--steps 3800 --dropout 0 --optimiser muon --learning-rate 2e-3 --schedule linear --bfloat16 --out RUN")


@pytest.fixture
def run(tmp_path, tokenizer):
    arguments = vars(parser().parse_args(COMMAND.split()))
    arguments = {name: value for name, value in arguments.items() if name not in MAY_DIFFER_ON_RESUME}
    record = {"arguments": arguments | {"tokenizer": "elsewhere.json"}, "steps": 3800, "texts": [],
              "tokenizer": tokenizer.sha256()}
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "seconds": 1.5}\n{"step": 3800, "seconds": 4321.4}\n')
    save_pretrained(tiny_both(), tmp_path)
    return tmp_path


def test_the_command_on_the_card_is_the_one_that_was_given(run):
    text = experiment.card(run, {"first 20,000 tokens, nats": {"TinyBoth": 4.5, "TinyGPT": 4.25}}, rows=7, parameters=9)
    line = text.split("python -m bertgpt ")[1].split("\n\n")[0].replace("\\\n", " ")
    told, given = parser().parse_args(shlex.split(line)), parser().parse_args(COMMAND.split())
    assert vars(told) | {"out": None} == vars(given) | {"out": None}
    assert max(map(len, text.splitlines())) <= 121
    for row in ("| steps | 3,800 |", "| tokens seen, in millions | 15.6 |"):
        assert row in text
    assert "| first 20,000 tokens, nats | 4.50 | 4.25, TinyGPT |" in text
    assert "| seconds, on one thread of a busy two-core machine | 4,321 |" in text


def test_both_kinds_are_asked_for_the_same_tokens_each_in_its_frame(tokenizer):
    sizes = dict(vocab_size=tokenizer.vocab_size, max_len=12)
    rows = torch.tensor([[11, 12, 13, 14, 15], [21, 22, 23, 24, 25]])
    blanks = torch.tensor([[1, 0, 0, 1, 0], [0, 0, 0, 0, 1]], dtype=torch.bool)
    for model, begins, ends in ((tiny_both(**sizes), tokenizer.eos_id, None),
                                (tiny_bert(**sizes), tokenizer.cls_id, tokenizer.sep_id)):
        ids = experiment.framed(model, tokenizer, rows)
        assert ids[:, 0].tolist() == [begins] * 2 and (ends is None or ids[:, -1].tolist() == [ends] * 2)
        assert ids[experiment.hidden_in(ids, blanks)].tolist() == [11, 14, 25]
    both = tiny_both(**sizes)
    with torch.inference_mode():
        holed = experiment.framed(both, tokenizer, rows.masked_fill(blanks, tokenizer.mask_id))
        logits = both(holed, order="bidirectional")                          # each blank is named one token early
    expected = [F.cross_entropy(logits[0, [0, 3]], rows[0, [0, 3]]), F.cross_entropy(logits[1, [4]], rows[1, [4]])]
    torch.testing.assert_close(experiment.at_blanks(both, tokenizer, rows, blanks), torch.stack(expected))


def test_the_share_that_is_hidden_is_the_one_that_was_asked_for(tokenizer):
    rows = torch.randint(100, 200, (60, 20))
    assert set(experiment.draw_places(tokenizer, rows, 0.15).sum(dim=1).tolist()) == {3}
    assert len(set(experiment.draw_places(tokenizer, rows, None).sum(dim=1).tolist())) > 10


@pytest.mark.slow
def test_every_figure_of_the_both_stands_beside_a_specialists(tokenizer):
    sizes = dict(vocab_size=tokenizer.vocab_size, max_len=128)
    boths = {"TinyBoth": tiny_both(**sizes), "arm": tiny_both(**sizes)}
    found = experiment.measure(boths, tiny_bert(**sizes), tiny_gpt(**sizes), tokenizer, 200, 3)
    assert len(found) == 3 * (2 + 3 + 2)
    assert all([*figures] in ([*boths, "TinyGPT"], [*boths, "TinyBERT"]) for figures in found.values())
    assert 0 <= found["one token missing, named among five, %"]["TinyBoth"] <= 100


def test_of_an_arm_only_the_figures_are_kept(run, tmp_path, monkeypatch):
    def measure(boths, bert, gpt, tokenizer):
        assert all(isinstance(both, Both) for both in boths.values())
        return {"15 % hidden, nats": {**dict.fromkeys(boths, 3.50004), "TinyBERT": 3.5}}

    monkeypatch.setattr(experiment, "measure", measure)
    out = tmp_path / "results"
    monkeypatch.setattr(sys, "argv", ["ship_both.py", str(run), "--arm", "--out", str(out)])
    experiment.main()
    assert [file.name for file in out.iterdir()] == ["both_arm.json"]
    found = load_results("both_arm", out)
    assert found["rows"] == [{"asked": "15 % hidden, nats", "TinyBoth": 3.5, "arm": 3.5, "TinyBERT": 3.5}]
    assert found["about"]["command"].startswith("train both") and found["about"]["tokens"] == 3800 * 32 * 128
