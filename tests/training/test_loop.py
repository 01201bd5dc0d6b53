"""The loop: what it measures and keeps by hand, in one piece and in parts."""

import json
import math

import pytest
import torch
from reference import draw_ids, tiny_bert
from runs import SETTINGS, batches, learned, model, same, without_seconds
from together import Rows
from torch import nn

from bertgpt.text.batching import IGNORED
from bertgpt.training import loop
from bertgpt.training.loop import TrainingSettings, estimate_steps, evaluate, train
from bertgpt.training.objectives import lm_objective, masked_lm_objective, predictions
from bertgpt.training.settings import learning_rate_at


def test_the_gradient_is_clipped_to_its_length():
    class Steep(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(3))

    m, seen = Steep(), []
    m.weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone()))

    def objective(m, batch):
        return {"loss": (m.weight * torch.tensor([300.0, 0.0, 400.0])).sum()}

    (row,) = train(m, objective, batches(), TrainingSettings(steps=1, clip=0.5))
    assert row["grad_norm"] == 500  # before clipping
    same(seen[0], torch.tensor([300.0, 0.0, 400.0]))
    torch.testing.assert_close(m.weight.grad, torch.tensor([0.3, 0.0, 0.4]))  # of length 0.5


def test_the_history_has_a_row_a_step():
    reported, held_out = [], [batches(seed=7).sample(0)]
    history = train(model(), lm_objective, batches(), SETTINGS, held_out=held_out, report=reported.append)
    assert history == reported
    assert [row["step"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert [row["step"] for row in history if "held_out" in row] == [2, 4, 6]
    assert all(row["loss"] == row["lm_loss"] for row in history)
    assert [row["learning_rate"] for row in history] == [learning_rate_at(step, SETTINGS) for step in range(6)]
    seconds = [row["seconds"] for row in history]
    assert seconds == sorted(seconds)
    json.dumps(history)
    rare = train(model(), lm_objective, batches(), TrainingSettings(steps=3, eval_every=100), held_out=held_out)
    assert [row["step"] for row in rare if "held_out" in row] == [3]  # the last step always is


@pytest.mark.parametrize("training_mode", [True, False])
def test_evaluation_leaves_the_model_as_it_was(training_mode):
    m = model(dropout=0.5).train(training_mode)
    before = {name: p.clone() for name, p in learned(m).items()}
    held_out = [batches().sample(step) for step in range(3)]
    first = evaluate(m, lm_objective, held_out)
    assert m.training is training_mode
    assert evaluate(m, lm_objective, held_out) == first  # no dropout
    same(learned(m), before)
    assert all(p.grad is None for p in m.parameters())


def test_training_leaves_the_random_state_as_it_was():
    before = torch.get_rng_state()
    train(model(), lm_objective, batches(), SETTINGS)
    same(torch.get_rng_state(), before)


def test_the_held_out_loss_of_pairs_is_the_sum_of_two_means(bert):
    alone, pairs = Rows("bert").sample(0), Rows("bert").sample(1)
    measured = evaluate(bert, masked_lm_objective, [alone, pairs])
    with torch.no_grad():
        parts = [masked_lm_objective(bert, batch) for batch in (alone, pairs)]
    n = [predictions(batch)["mlm_loss"] for batch in (alone, pairs)]
    mlm = (n[0] * parts[0]["mlm_loss"] + n[1] * parts[1]["mlm_loss"]) / sum(n)
    torch.testing.assert_close(measured["mlm_loss"], mlm.item())
    torch.testing.assert_close(measured["nsp_loss"], parts[1]["nsp_loss"].item())
    assert measured["loss"] == measured["mlm_loss"] + measured["nsp_loss"] and list(measured)[0] == "loss"


class Always:
    """The same batch at every step."""

    def __init__(self, batch):
        self.batch = batch

    def sample(self, step):
        return self.batch


@pytest.mark.parametrize("kind", ["gpt", "mlm", "pairs"])
@pytest.mark.parametrize("accumulate", [2, 3, 5])
def test_accumulated_gradients_are_those_of_the_whole_batch(kind, accumulate):
    batch = Rows(kind).sample(int(kind == "pairs"))
    make, objective = (model, lm_objective) if kind == "gpt" else (tiny_bert, masked_lm_objective)
    whole, parts = make(dropout=0.0), make(dropout=0.0)
    settings = [TrainingSettings(steps=1, clip=1e9, accumulate=n) for n in (1, accumulate)]
    histories = [train(m, objective, Always(batch), s) for m, s in zip((whole, parts), settings)]
    for row, expected in zip(*map(without_seconds, histories)):
        torch.testing.assert_close(row, expected, atol=1e-6, rtol=1e-6)
    for name, p in whole.named_parameters():
        torch.testing.assert_close(parts.get_parameter(name).grad, p.grad, atol=1e-6, rtol=1e-5)


def test_a_part_may_have_nothing_to_predict():
    batch = Rows("bert").sample(0)
    batch["labels"][2:], batch["at_mask"][1:] = IGNORED, False
    histories = [
        train(tiny_bert(), masked_lm_objective, Always(batch), TrainingSettings(steps=1, accumulate=n)) for n in (1, 4)
    ]
    torch.testing.assert_close(*(without_seconds(history)[0] for history in histories))


def test_a_batch_without_a_label_is_refused():
    nothing = Rows("bert").sample(0)
    nothing["labels"][:] = IGNORED
    for m, objective, batch in [
        (tiny_bert(), masked_lm_objective, nothing),
        (tiny_bert(), masked_lm_objective, nothing | {"is_random_next": torch.zeros(7, dtype=torch.long)}),
        (model(), lm_objective, {"input_ids": draw_ids(2, 1)}),
    ]:
        with pytest.raises(ValueError, match="nothing to predict: no batch, or none with a label"):
            train(m, objective, Always(batch), SETTINGS)
        with pytest.raises(ValueError, match="nothing to predict: no batch, or none with a label"):
            evaluate(m, objective, [batch])
    with pytest.raises(ValueError, match="nothing to predict: no batch"):
        evaluate(model(), lm_objective, [])


def test_a_mean_over_nothing_is_left_out():
    batch = Rows("bert").sample(0)
    batch["at_mask"][:] = False  # no hidden token is [MASK], as for one in five
    history = train(tiny_bert(), masked_lm_objective, Always(batch), SETTINGS, held_out=[batch])
    assert not any("loss_at_mask" in row for row in history) and "loss_at_mask" not in history[-1]["held_out"]


@pytest.mark.parametrize("where", ["loss", "grad_norm"])
def test_training_stops_at_the_first_number_that_is_not_finite(tmp_path, where):
    path, m, seen = tmp_path / "checkpoint", model(), []

    def objective(m, batch):
        seen.append(1)
        measured = lm_objective(m, batch)
        if len(seen) == 5:  # infinite, or an infinite slope at a finite height
            first = m.embeddings.token.weight[0, 0]
            measured["lm_loss"] = measured["lm_loss"] + (torch.inf if where == "loss" else (first - first).abs().sqrt())
        return measured

    with pytest.raises(ValueError, match=rf"^{where} is (inf|nan) at step 5, at a learning rate of 0\.00\d+: give"):
        train(m, objective, batches(), SETTINGS, checkpoint=path)
    assert all(p.isfinite().all() for p in m.parameters())  # it did not reach the weights
    assert loop.resume(path, model(), loop.OPTIMISERS["adamw"](model(), SETTINGS), SETTINGS)[-1]["step"] == 3
    assert [found.name for found in tmp_path.iterdir()] == ["checkpoint"]


def test_weights_that_overflow_in_a_step_that_is_saved_are_not_saved(tmp_path):
    path, settings = tmp_path / "checkpoint", TrainingSettings(steps=1, learning_rate=3e38, weight_decay=3e38)
    with pytest.raises(ValueError, match="^a weight is not finite at step 1, at a learning rate of 3e"):
        train(model(), lm_objective, batches(), settings, checkpoint=path)
    assert not path.exists()


def test_sixteen_bits_learn_nearly_the_same():
    full, half = model(dropout=0.0), model(dropout=0.0)
    settings = [TrainingSettings(steps=5, bfloat16=b) for b in (False, True)]
    losses = [train(m, lm_objective, batches(), s)[-1]["loss"] for m, s in zip((full, half), settings)]
    assert losses[0] != losses[1]
    torch.testing.assert_close(*losses, atol=0.05, rtol=0)
    assert all(p.dtype == torch.float32 for p in half.parameters())


def test_minutes_become_steps_without_touching_the_model(monkeypatch):
    m, before = model(), {name: p.clone() for name, p in learned(model()).items()}
    for minutes, steps in [(10, 150), (0.1, 1)]:
        looks = iter(range(0, 10_000, 3))  # each look at the clock is 3 seconds later, the tenth 90 more
        monkeypatch.setattr(loop.time, "perf_counter", lambda looks=looks: (n := next(looks)) + 90 * (n >= 30))
        # 20 steps took 150 seconds; what is left of 10 minutes holds 450 / 3 more.
        assert estimate_steps(minutes, m, lm_objective, batches(), SETTINGS) == steps
    same(learned(m), before)
    for minutes in (0, math.inf):
        with pytest.raises(ValueError, match=f"minutes must be above 0 and finite, not {minutes}"):
            estimate_steps(minutes, m, lm_objective, batches(), SETTINGS)
