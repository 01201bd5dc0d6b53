"""First lines: what anybody can write, what a likelihood chooses, and the one number that says who reads."""

import first_lines
import numpy as np
import pytest
import torch
from experiments import made_with

from bertgpt import GPT, TransformerConfig, load_tokenizer
from bertgpt.book.records import load_results
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.tasks.prompting import LONGEST, summary_prompt
from bertgpt.tasks.questions import RankingTask

TOKENIZER = load_tokenizer()
TASK = RankingTask(["It is gone after this.", "Both must be whole.", "Nothing is read."],
                   ["Close the file.", "Add two numbers.", "Skip it."], [{0}, {1}, {2}])


@pytest.fixture
def gpt():
    torch.manual_seed(0)
    return GPT(TransformerConfig.gpt(vocab_size=TOKENIZER.vocab_size, max_len=72, d_model=12, n_layers=1, n_heads=3,
                                     d_ff=20, dropout=0.0)).eval()


def test_a_line_has_its_nats_after_a_text_and_after_none(gpt):
    sums, alone = first_lines.line_nats(gpt, TOKENIZER, TASK)
    line = [*TOKENIZER.encode(" Add two numbers."), TOKENIZER.eos_id]
    for text, found in (("It is gone after this.", sums[0, 1]), ("", alone[1])):
        prompt = summary_prompt(text, TOKENIZER, 72 - LONGEST)
        assert found == pytest.approx(log_likelihoods(gpt, [prompt], [line])[0].sum().item(), abs=1e-3)


def test_who_reads_nothing_gains_nothing_by_the_right_text(monkeypatch, gpt):
    monkeypatch.setattr(first_lines, "line_tasks", lambda blocks: [TASK])
    blind = np.tile([-5.0, -7.0, -9.0], (2, 1)), np.array([-5.0, -7.0, -9.0])            # every second description
    seeing = blind[0] + 2 * np.eye(3)[::2], blind[1]
    for tables, gain, mrr in ((blind, 0, 1 / 3), (seeing, 2, 1)):
        monkeypatch.setattr(first_lines, "line_nats", lambda *given, tables=tables: tables)
        row = first_lines.read_by(gpt, TOKENIZER)
        assert row["nats gained by the own text"]["mean"] == pytest.approx(gain) and row["chosen"]["mrr"] == mrr


def test_a_model_that_is_slow_is_asked_about_every_second_description():
    few = first_lines.thinned(TASK, 2)
    assert few.questions == TASK.questions[::2] and few.candidates == TASK.candidates and few.right == [{0}, {2}]
    sums = np.array([[1.0, 5.0, 2.0], [4.0, 5.0, 9.0]])
    np.testing.assert_allclose(first_lines.own_gain(sums, [0, 2]), [1 - 4, 9 - 2])


def test_no_sentence_of_the_text_beats_the_oracles():
    recorded = {row["name"]: row for row in load_results("first_lines")["rows"]}["no model"]
    each = {name: np.array(row["rouge_1_each"]) for name, row in recorded["systems"].items()}
    assert (each["best sentence, by an oracle"] >= np.maximum(each["first sentence"], each["random sentence"])).all()
    assert each["best sentence, by an oracle"].mean() < 0.3                   # so low is the ceiling of any extract
    assert recorded["made_with"] == made_with(first_lines.rows()[0])


def test_the_constant_is_chosen_without_the_test():
    known = [("Return a list.", ""), ("Return a list of things.", ""), ("Skip the queue.", "")]
    assert first_lines.one_for_all(known, tried=3) != "Skip the queue."


@pytest.mark.slow
def test_a_tuned_model_writes_and_chooses_in_little(monkeypatch):
    monkeypatch.setattr(first_lines, "line_tasks", lambda blocks: [TASK])
    row = first_lines.tuned(n_items=2, steps=2)
    assert 5 < row["loss"][0] < 9 and len(row["written"]) == 2 and len(row["chosen"]["reciprocal_ranks"]) == 2
