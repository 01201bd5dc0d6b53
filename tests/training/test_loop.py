"""The loop: its schedule and groups by hand, and checkpoints that survive anything."""

import json
import math

import pytest
import safetensors
import torch
from reference import tiny_bert, tiny_gpt
from safetensors.torch import save_file
from sizes import B, D, S, V
from torch import nn

from bertgpt.text.data import LMBatches
from bertgpt.training import loop
from bertgpt.training.loop import TrainingSettings, evaluate, learning_rate_at, parameter_groups, steps_in, train
from bertgpt.training.objectives import lm_objective

STREAM = [torch.arange(200) * 5 % (V - 1) + 1]                    # a text that can be learned by heart
SETTINGS = TrainingSettings(steps=6, learning_rate=1e-2, warmup=2, save_every=3, eval_every=2)


def batches(seed=0):
    return LMBatches(STREAM, S, B, seed)


def model(dropout=0.2, seed=0):
    return tiny_gpt(seed, dropout=dropout)


def learned(m):
    return {name: p.detach() for name, p in m.named_parameters()}


def same(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)


def without_seconds(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


@pytest.mark.parametrize("field, value", [
    ("steps", 0), ("learning_rate", 0.0), ("clip", -1.0), ("eval_every", 0), ("save_every", 0)])
def test_a_setting_without_sense_is_named(field, value):
    with pytest.raises(ValueError, match=field):
        TrainingSettings(**{"steps": 1} | {field: value})


@pytest.mark.parametrize("m", [tiny_gpt(), tiny_bert(tie_embeddings=False)], ids=["gpt", "bert"])
def test_matrices_decay_and_vectors_do_not(m):
    decayed, kept = parameter_groups(m, weight_decay=0.1)
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.1, 0.0)
    names = {id(p): name for name, p in m.named_parameters()}
    for p in decayed["params"]:
        assert names.pop(id(p)).endswith("weight")
    for p in kept["params"]:
        name = names.pop(id(p))
        assert name.endswith("bias") or "norm" in name
    assert not names                             # each parameter in exactly one group, a tied one once


def test_frozen_parameters_are_left_out():
    m = model()
    m.embeddings.requires_grad_(False)
    grouped = [p for group in parameter_groups(m, 0.1) for p in group["params"]]
    assert len(grouped) == sum(p.requires_grad for p in m.parameters()) < len(list(m.parameters()))


def test_the_schedule_rises_to_the_peak_and_falls_to_a_tenth():
    settings = TrainingSettings(steps=50, learning_rate=2.0, warmup=10)
    rates = [learning_rate_at(step, settings) for step in range(50)]
    torch.testing.assert_close(rates[:10], [0.2 * (step + 1) for step in range(10)])
    assert rates[10] == max(rates) == 2.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert math.isclose(rates[-1], 0.2)
    # Half way between peak and end a cosine has fallen half of its way.
    middle = learning_rate_at(10, TrainingSettings(steps=21, learning_rate=2.0, warmup=0))
    assert math.isclose(middle, (2.0 + 0.2) / 2)


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_short_trainings_have_a_schedule_too(steps):
    settings = TrainingSettings(steps=steps, learning_rate=1.0, warmup=100)
    rates = [learning_rate_at(step, settings) for step in range(steps)]
    assert all(0 < rate <= 1 for rate in rates) and max(rates) == 1.0


def test_one_step_is_torchs_adamw():
    ours, theirs, settings = model(dropout=0.0), model(dropout=0.0), TrainingSettings(steps=1, learning_rate=0.01)
    train(ours, lm_objective, batches(), settings)

    matrices = [p for p in theirs.parameters() if p.dim() > 1]
    vectors = [p for p in theirs.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
                                  lr=learning_rate_at(0, settings), betas=(0.9, 0.98))
    lm_objective(theirs.train(), batches().sample(0))["loss"].backward()
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in theirs.parameters()))
    assert norm > 1                              # so that clipping has something to do
    for p in theirs.parameters():
        p.grad /= norm
    optimiser.step()
    torch.testing.assert_close(learned(ours), learned(theirs), atol=1e-5, rtol=1e-5)


def test_the_gradient_is_clipped_to_its_length():
    class Steep(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(3))

    m, seen = Steep(), []
    m.weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone()))

    def objective(m, batch):
        return {"loss": (m.weight * torch.tensor([300.0, 0.0, 400.0])).sum()}

    train(m, objective, batches(), TrainingSettings(steps=1, clip=0.5))
    same(seen[0], torch.tensor([300.0, 0.0, 400.0]))
    torch.testing.assert_close(m.weight.grad, torch.tensor([0.3, 0.0, 0.4]))         # of length 0.5


def test_a_few_steps_learn_a_text_by_heart():
    m = model(dropout=0.0)
    history = train(m, lm_objective, batches(), TrainingSettings(steps=150, learning_rate=1e-2, warmup=10))
    assert history[0]["loss"] > math.log(V) - 0.5
    assert history[-1]["loss"] < 0.5
    assert not m.training


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


def test_the_last_step_is_always_evaluated():
    history = train(model(), lm_objective, batches(), TrainingSettings(steps=3, eval_every=100),
                    held_out=[batches(seed=7).sample(0)])
    assert [row["step"] for row in history if "held_out" in row] == [3]


def test_looking_at_held_out_text_changes_nothing_that_is_learned():
    looked, blind = model(), model()
    train(looked, lm_objective, batches(), SETTINGS, held_out=[batches(seed=7).sample(0)])
    train(blind, lm_objective, batches(), SETTINGS)
    same(learned(looked), learned(blind))


@pytest.mark.parametrize("training_mode", [True, False])
def test_evaluation_leaves_the_model_as_it_was(training_mode):
    m = model(dropout=0.5).train(training_mode)
    before = {name: p.clone() for name, p in learned(m).items()}
    held_out = [batches().sample(step) for step in range(3)]
    first = evaluate(m, lm_objective, held_out)
    assert m.training is training_mode
    assert evaluate(m, lm_objective, held_out) == first           # no dropout
    same(learned(m), before)
    assert all(p.grad is None for p in m.parameters())


def test_training_leaves_the_random_state_as_it_was():
    before = torch.get_rng_state()
    train(model(), lm_objective, batches(), SETTINGS)
    same(torch.get_rng_state(), before)


def test_held_out_batches_may_come_from_a_generator():
    history = train(model(), lm_objective, batches(), SETTINGS, held_out=(batches(seed=s).sample(0) for s in (7, 8)))
    listed = train(model(), lm_objective, batches(), SETTINGS, held_out=[batches(seed=s).sample(0) for s in (7, 8)])
    assert without_seconds(history) == without_seconds(listed)


def test_evaluation_weighs_batches_by_their_rows():
    class Mean(nn.Linear):
        def forward(self, batch):
            return {"loss": batch["input_ids"].float().mean()}

    held_out = [{"input_ids": torch.full((3, 2), 10)}, {"input_ids": torch.full((1, 2), 2)}]
    assert evaluate(Mean(2, 3), lambda m, batch: m(batch), held_out) == {"loss": 8.0}


class Stopped(Exception):
    pass


def stop_at(step):
    def report(row):
        if row["step"] == step:
            raise Stopped
    return report


def stopped_run(path, at=4):
    """Train with checkpoints after steps 3 and 6, and be stopped after step `at`."""
    with pytest.raises(Stopped):
        train(model(), lm_objective, batches(), SETTINGS, checkpoint=path, report=stop_at(at))


@pytest.mark.parametrize("at", [3, 4, 5])
def test_a_resumed_run_goes_on_exactly_where_it_was(tmp_path, at):
    path = tmp_path / "checkpoint.safetensors"
    at_once = model()
    history = train(at_once, lm_objective, batches(), SETTINGS, held_out=[batches(seed=7).sample(0)])
    with pytest.raises(Stopped):
        train(model(), lm_objective, batches(), SETTINGS, checkpoint=path, held_out=[batches(seed=7).sample(0)],
              report=stop_at(at))
    torch.manual_seed(77)                                         # another process, another state
    resumed, reported = model(seed=5), []
    resumed_history = train(resumed, lm_objective, batches(), SETTINGS, held_out=[batches(seed=7).sample(0)],
                            checkpoint=path, report=reported.append)
    same(learned(resumed), learned(at_once))
    assert without_seconds(resumed_history) == without_seconds(history)
    assert [row["step"] for row in reported] == [4, 5, 6]         # steps 1 to 3 are not done again


def test_dropout_goes_on_too():
    # Another random state gives other weights: had it not been kept, the test above would have failed.
    at_once, other = model(), model()
    train(at_once, lm_objective, batches(), SETTINGS)
    train(other, lm_objective, batches(), TrainingSettings(**vars(SETTINGS) | {"seed": 1}))
    assert not torch.equal(at_once.embeddings.token.weight, other.embeddings.token.weight)


def test_a_finished_run_is_finished(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    m = model()
    history = train(m, lm_objective, batches(), SETTINGS, checkpoint=path)
    before, written = learned(m), path.read_bytes()
    again = model(seed=5)
    assert train(again, lm_objective, batches(), SETTINGS, checkpoint=path, report=stop_at(1)) == history
    same(learned(again), before)
    assert path.read_bytes() == written


def test_no_unfinished_file_is_left(tmp_path):
    train(model(), lm_objective, batches(), SETTINGS, checkpoint=tmp_path / "checkpoint.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def test_a_write_that_breaks_off_leaves_the_last_checkpoint_whole(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    whole = path.read_bytes()

    def breaks_off(tensors, target, metadata):
        target.write_bytes(whole[:len(whole) // 2])
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_file", breaks_off)
        with pytest.raises(OSError, match="no space"):
            train(model(), lm_objective, batches(), SETTINGS, checkpoint=path)
    assert path.read_bytes() == whole
    assert len(train(model(), lm_objective, batches(), SETTINGS, checkpoint=path)) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


@pytest.mark.parametrize("field, value", [("steps", 9), ("learning_rate", 0.5), ("seed", 3), ("betas", (0.9, 0.999))])
def test_resuming_with_other_settings_is_refused(tmp_path, field, value):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    with pytest.raises(ValueError, match=f"checkpoint.safetensors.*{field} was"):
        train(model(), lm_objective, batches(), TrainingSettings(**vars(SETTINGS) | {field: value}), checkpoint=path)


def test_resuming_another_model_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    for other in (tiny_gpt(d_ff=D), tiny_gpt(n_layers=1), tiny_bert()):
        with pytest.raises(ValueError, match="checkpoint.safetensors holds another model"):
            train(other, lm_objective, batches(), SETTINGS, checkpoint=path)


@pytest.mark.parametrize("damage", [lambda raw: raw[:len(raw) // 2], lambda raw: b"", lambda raw: b"x" * 999])
def test_resuming_a_damaged_checkpoint_is_refused_by_name(tmp_path, damage):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="checkpoint.safetensors"):
        train(model(), lm_objective, batches(), SETTINGS, checkpoint=path)


def test_resuming_from_weights_that_are_no_checkpoint_is_refused_by_name(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_file(learned(model()), path)
    with pytest.raises(ValueError, match="checkpoint.safetensors"):
        train(model(), lm_objective, batches(), SETTINGS, checkpoint=path)


def test_a_checkpoint_is_no_pickle(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    with safetensors.safe_open(path, "pt") as file:
        assert json.loads(file.metadata()["settings"])["steps"] == 6
        assert len(json.loads(file.metadata()["history"])) == 3


def test_sixteen_bits_learn_nearly_the_same():
    full, half = model(dropout=0.0), model(dropout=0.0)
    losses = [train(m, lm_objective, batches(), TrainingSettings(steps=5, bfloat16=b))[-1]["loss"]
              for m, b in ((full, False), (half, True))]
    assert losses[0] != losses[1]
    torch.testing.assert_close(*losses, atol=0.05, rtol=0)
    assert all(p.dtype == torch.float32 for p in half.parameters())


def test_minutes_become_steps_without_touching_the_model(monkeypatch):
    m, clock = model(), iter(range(0, 10_000, 3))                 # each look at the clock is 3 seconds later
    before = {name: p.clone() for name, p in learned(m).items()}
    monkeypatch.setattr(loop.time, "perf_counter", lambda: next(clock))
    # 20 steps took 60 seconds; what is left of 10 minutes holds 540 / 3 more.
    assert steps_in(10, m, lm_objective, batches(), SETTINGS) == 180
    assert steps_in(0, m, lm_objective, batches(), SETTINGS) == 1
    same(learned(m), before)


def test_any_objective_of_any_model_will_do():
    m = nn.Linear(1, 1)
    history = train(m, lambda m, batch: {"loss": (m(torch.ones(4, 1)) - 3).square().mean()}, batches(),
                    TrainingSettings(steps=100, learning_rate=0.1))
    assert history[-1]["loss"] < 0.01 < history[0]["loss"]
