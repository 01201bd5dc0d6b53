"""The fair fight: budgets share their steps, scores are log probabilities on any device, a row runs small."""

import copy

import fair_fight as experiment
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from experiments import made_with
from pretend_device import pretend_device, to_device
from runs import needs_muon

from bertgpt.book.records import recorded
from bertgpt.tasks import fair_fight
from bertgpt.tasks.fair_fight import ARMS, FIGHT_SIZES, FightBatches, target_logits, untrained_model
from bertgpt.tasks.labelled import movie_snippets
from bertgpt.tasks.minimal_pairs import MinimalPairs
from bertgpt.text.corpora import novels

SIZES = dict(max_len=16, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


def batch_of(arm, documents, letters):
    return FightBatches(documents, letters, ARMS[arm], 16, 4, seed=3).sample(0)


def model_of(arm, letters):
    return untrained_model(ARMS[arm], letters.vocab_size, 0, SIZES).eval()


@needs_muon
def test_budgets_share_their_trunk(documents, letters, tmp_path, monkeypatch):
    monkeypatch.setattr(fair_fight, "WARMUP", 4)
    batches = fair_fight.training_batches(documents, letters, ARMS["BERT"], 0, SIZES)

    def trained(steps, trunk):
        model = model_of("BERT", letters)
        history = experiment.train_to(steps, ARMS["BERT"], model, batches, trunk)
        assert [row["step"] for row in history] == list(range(1, steps + 1))
        return model.state_dict()

    alone = {steps: trained(steps, None) for steps in (14, 24)}
    for steps in (14, 24):                                 # the second begins where the first left it
        together = trained(steps, tmp_path / "bert")
        for name in together:
            torch.testing.assert_close(together[name], alone[steps][name])
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["bert-0000012", "bert-0000020"]


@pytest.mark.parametrize("arm", ["BERT", "own place", "published"])
def test_a_bidirectional_score_fills_its_positions_from_left_to_right(arm, documents, letters):
    model, rows = model_of(arm, letters), batch_of("GPT", documents, letters)["input_ids"]
    expected = torch.zeros(4)
    for hidden, position in (([5, 9], 5), ([9], 9)):
        given, targets = rows.clone(), torch.zeros_like(rows, dtype=torch.bool)
        given[:, hidden], targets[:, position] = letters.mask_id, True
        logits = target_logits(model, ARMS[arm], given, targets)
        expected += F.log_softmax(logits, -1)[range(4), rows[:, position]]
    found = experiment.text_scores(model, ARMS[arm], rows, torch.tensor([[5, 9]] * 4), letters.mask_id, 3)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("arm", ["GPT", "left-only"])
def test_the_difference_of_causal_scores_is_that_of_whole_texts(arm, documents, letters):
    model, rows = model_of(arm, letters), batch_of("GPT", documents, letters)["input_ids"]
    other, positions = rows.clone(), torch.tensor([[7]] * 4)
    other[:, 7] = (rows[:, 7] + 1) % letters.vocab_size

    def whole(ids):
        logs = model(ids).log_softmax(-1)[:, :-1]
        return logs.gather(2, ids[:, 1:, None]).sum(dim=(1, 2))

    found = [experiment.text_scores(model, ARMS[arm], ids, positions, letters.mask_id) for ids in (rows, other)]
    torch.testing.assert_close(found[0] - found[1], whole(rows) - whole(other), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("arm", ["BERT", "GPT", "published"])
def test_losses_and_scores_follow_the_device_of_the_model(arm, documents, letters):
    model, batch = model_of(arm, letters), batch_of(arm, documents, letters)
    rows, positions = batch["input_ids"], torch.tensor([[5, 9]] * 4)
    loss = experiment.own_loss(model, ARMS[arm], [batch])
    measured = fair_fight.objective_for(ARMS[arm])(model, batch)
    assert loss.keys() == measured.keys()
    assert np.mean(loss["loss"]) == pytest.approx(measured["loss"].item(), abs=1e-5)     # a mean per row
    scores = experiment.text_scores(model, ARMS[arm], rows, positions, letters.mask_id)
    with pretend_device():
        there = to_device(copy.deepcopy(model))
        found = experiment.own_loss(there, ARMS[arm], [batch])
        moved = experiment.text_scores(there, ARMS[arm], rows, positions, letters.mask_id)
    assert found == {name: pytest.approx(values) for name, values in loss.items()}
    assert moved.device.type == "cpu"
    torch.testing.assert_close(moved, scores)


def test_a_pair_is_right_if_the_real_text_scores_higher():
    pairs = MinimalPairs(torch.ones(3, 5), torch.zeros(3, 5), torch.zeros(3, 1))

    def score(texts, positions):
        return torch.tensor([2.0, 1.0, 0.0]) if texts.all() else torch.ones(3)

    assert experiment.compare(pairs, score) == "1=0"


@pytest.mark.slow
def test_a_row_is_made_again_small(tokenizer, monkeypatch):
    text = novels("test")["Persuasion"][:60_000]
    monkeypatch.setattr(experiment, "BOOKS", {"austen": lambda split: {"Persuasion": text}})
    monkeypatch.setattr(experiment, "TASKS", {"sentiment": movie_snippets})
    sizes = FIGHT_SIZES | {"d_model": 24, "n_layers": 1, "d_ff": 48}
    fight = experiment.Fight(tokenizer, None, budgets=(4, 9), sizes=sizes, n_items=3, n_rows=2, n_train=60, n_test=40)
    kept, baselines, row = recorded("fair_fight"), fight.baselines(), fight.row("BERT", 1, 2)
    for found, name in ((row, "BERT, 500 steps, seed 0"), (baselines, "baselines")):
        assert found.keys() == kept[name].keys() - {"name", "made_with", "cpu_seconds"}
    assert {len(outcomes) for outcomes in row["minimal_pairs"].values()} == {3}
    assert all(8.5 < loss < 9.5 for loss in row["own"]["test"]["loss"])                # ln 8192 = 9.01
    assert np.mean(baselines["own"]["GPT"]["trigram"]) < np.mean(baselines["own"]["GPT"]["unigram"])


def test_every_recorded_row_is_planned_and_made_from_what_ships(tokenizer):
    planned = {row.name: row for row in experiment.rows_of(experiment.Fight(tokenizer, None))}
    kept = recorded("fair_fight")
    assert planned.keys() == kept.keys()
    assert all(row["made_with"] == made_with(planned[name]) for name, row in kept.items())
