"""The fair fight: budgets share their steps, scores are log probabilities on any device, a row runs small."""

import copy

import fair_fight as experiment
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from experiments import made_with
from fair_fight import target_logits
from minimal_pairs import MinimalPairs
from pretend_device import pretend_device, to_device
from runs import needs_muon

from bertgpt.book.records import recorded
from bertgpt.tasks.fair_fight import ARMS, FIGHT_SIZES, FightBatches, untrained_model
from bertgpt.text.corpora import novels
from bertgpt.training.settings import learning_rate_at as rate

SIZES = dict(max_len=16, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


def batch_of(arm, documents, letters):
    return FightBatches(documents, letters, ARMS[arm], 16, 4, seed=3).sample(0)


def model_of(letters):
    return untrained_model(letters.vocab_size, 0, SIZES).eval()


def test_training_begins_with_short_rows(documents, letters):
    batches = experiment.training_batches(documents, letters, ARMS["BERT"], 0, SIZES)
    shapes = [tuple(batches.sample(step)["input_ids"].shape) for step in (199, 200)]
    assert shapes == [(64, 4), (16, 16)]


def test_the_learning_rate_is_held_and_decays_over_the_last_fifth():
    settings, endless = experiment.settings_for(1000), experiment.settings_for(10**6)
    assert all(rate(step, settings) == rate(step, endless) for step in range(1000 - 180 + 1))
    assert rate(1000 - 180 + 1, settings) < rate(1000 - 180 + 1, endless)
    assert rate(999, settings) < 2e-5


@pytest.mark.parametrize("arm", ARMS)
def test_each_arm_predicts_one_position_early_and_attends_where_it_may(arm, documents, letters):
    model, ids = model_of(letters), batch_of("GPT", documents, letters)["input_ids"]
    targets = torch.zeros(4, 16, dtype=torch.bool)
    targets[:, 6] = True

    def logits(changed):
        other = ids.clone()
        other[:, changed] = (other[:, changed] + 1) % letters.vocab_size
        return target_logits(model, ARMS[arm], other, targets)

    before = target_logits(model, ARMS[arm], ids, targets)
    torch.testing.assert_close(before, model.lm_head(model.encode(ids, order=ARMS[arm].order)[:, 5]))
    causal = ARMS[arm].order == "causal"
    assert torch.equal(before, logits(9)) == causal                # a token on its right
    assert torch.equal(before, logits(6)) == causal                # the token itself
    assert not torch.equal(before, logits(4))


@needs_muon
def test_budgets_share_their_trunk(documents, letters, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "WARMUP", 4)
    batches = experiment.training_batches(documents, letters, ARMS["BERT"], 0, SIZES)

    def trained(steps, trunk):
        model = model_of(letters)
        history = experiment.train_to(steps, ARMS["BERT"], model, batches, trunk)
        assert [row["step"] for row in history] == list(range(1, steps + 1))
        return model.state_dict()

    alone = {steps: trained(steps, None) for steps in (14, 24)}
    for steps in (14, 24):                                 # the second begins where the first left it
        together = trained(steps, tmp_path / "bert")
        for name in together:
            torch.testing.assert_close(together[name], alone[steps][name])
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["bert-0000012", "bert-0000020"]


def test_a_bidirectional_score_fills_its_positions_from_left_to_right(documents, letters):
    arm, model, rows = ARMS["BERT"], model_of(letters), batch_of("GPT", documents, letters)["input_ids"]
    expected = torch.zeros(4)
    for hidden, position in (([5, 9], 5), ([9], 9)):
        given, targets = rows.clone(), torch.zeros_like(rows, dtype=torch.bool)
        given[:, hidden], targets[:, position] = letters.mask_id, True
        logits = target_logits(model, arm, given, targets)
        expected += F.log_softmax(logits, -1)[range(4), rows[:, position]]
    found = experiment.text_scores(model, arm, rows, torch.tensor([[5, 9]] * 4), letters.mask_id, 3)
    torch.testing.assert_close(found, expected)


def test_the_difference_of_causal_scores_is_that_of_whole_texts(documents, letters):
    model, rows = model_of(letters), batch_of("GPT", documents, letters)["input_ids"]
    other, positions = rows.clone(), torch.tensor([[7]] * 4)
    other[:, 7] = (rows[:, 7] + 1) % letters.vocab_size

    def whole(ids):
        logs = model(ids).log_softmax(-1)[:, :-1]
        return logs.gather(2, ids[:, 1:, None]).sum(dim=(1, 2))

    found = [experiment.text_scores(model, ARMS["GPT"], ids, positions, letters.mask_id) for ids in (rows, other)]
    torch.testing.assert_close(found[0] - found[1], whole(rows) - whole(other), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("arm", ["BERT", "GPT"])
def test_losses_and_scores_follow_the_device_of_the_model(arm, documents, letters):
    model, batch = model_of(letters), batch_of(arm, documents, letters)
    rows, positions = batch["input_ids"], torch.tensor([[5, 9]] * 4)
    loss = experiment.own_loss(model, ARMS[arm], [batch])
    measured = experiment.objective_for(ARMS[arm])(model, batch)["loss"]
    assert np.mean(loss) == pytest.approx(measured.item(), abs=1e-5)                     # a mean per row
    scores = experiment.text_scores(model, ARMS[arm], rows, positions, letters.mask_id)
    with pretend_device():
        there = to_device(copy.deepcopy(model))
        found = experiment.own_loss(there, ARMS[arm], [batch])
        moved = experiment.text_scores(there, ARMS[arm], rows, positions, letters.mask_id)
    assert found == pytest.approx(loss)
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
    sizes = FIGHT_SIZES | {"d_model": 24, "n_layers": 1, "d_ff": 48}
    fight = experiment.Fight(tokenizer, None, budgets=(4, 9), sizes=sizes, n_items=3, n_rows=2)
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
