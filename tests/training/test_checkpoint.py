"""Checkpoints: an exact resume, whole files only, and a clear refusal of another run's or a damaged one."""

import os

import pytest
import safetensors.torch
import torch
from reference import tiny_bert, tiny_both, tiny_gpt
from runs import SETTINGS, batches, learned, model, same, stop_at, stopped_run, without_seconds
from sizes import D

from bertgpt.training.checkpoint import save_checkpoint, steps_done
from bertgpt.training.loop import TrainingSettings, train
from bertgpt.training.objectives import lm_objective


@pytest.mark.parametrize("at", [3, 4, 5])
def test_a_resumed_run_goes_on_exactly_where_it_was(tmp_path, at):
    path, held_out = tmp_path / "new" / "checkpoint.safetensors", [batches(seed=7).sample(0)]
    at_once, resumed, reported = model(), model(seed=5), []
    history = train(at_once, lm_objective, batches(), SETTINGS, held_out=held_out)
    stopped_run(path, at, held_out=held_out)
    torch.manual_seed(77)  # another process, another state
    more = {"held_out": held_out, "checkpoint": str(path)}  # a string will do
    resumed_history = train(resumed, lm_objective, batches(), SETTINGS, report=reported.append, **more)
    same(learned(resumed), learned(at_once))
    assert without_seconds(resumed_history) == without_seconds(history)
    assert [row["step"] for row in reported] == [4, 5, 6]  # steps 1 to 3 are not done again
    before, finished = path.read_bytes(), model(seed=6)  # a finished run is finished
    assert train(finished, lm_objective, batches(), SETTINGS, report=stop_at(1), **more) == resumed_history
    same(learned(finished), learned(at_once))
    assert path.read_bytes() == before


@pytest.mark.parametrize("field, value", [("steps", 9), ("betas", (0.9, 0.999))])
def test_resuming_with_other_settings_is_refused(tmp_path, field, value):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    with pytest.raises(ValueError, match=f"checkpoint.safetensors.*{field} was"):
        train(model(), lm_objective, batches(), TrainingSettings(**vars(SETTINGS) | {field: value}), checkpoint=path)


def test_resuming_another_model_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    for other in (tiny_gpt(d_ff=D), tiny_gpt(n_layers=1), tiny_bert(), tiny_both()):
        with pytest.raises(ValueError, match="checkpoint.safetensors holds another model"):
            train(other, lm_objective, batches(), SETTINGS, checkpoint=path)


def test_resuming_on_other_data_is_refused_but_where_the_checkpoint_does_not_say(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped_run(path)
    with pytest.raises(ValueError, match="checkpoint.safetensors was trained on other data: give"):
        train(model(), lm_objective, batches(seed=1), SETTINGS, checkpoint=path)
    with safetensors.safe_open(path, "pt") as file:  # as versions before this one wrote it
        tensors, about = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()
    safetensors.torch.save_file(tensors, path, {"settings": about["settings"]})
    assert len(train(model(), lm_objective, batches(seed=1), SETTINGS, checkpoint=path)) == 6


@pytest.mark.parametrize(
    "damage",
    [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: safetensors.torch.save(learned(model()))],
    ids=["cut short", "empty", "weights alone"],  # alone, as without the history that an older version kept elsewhere
)
def test_resuming_a_damaged_checkpoint_is_refused_by_name_and_changes_nothing(tmp_path, damage):
    path, m = tmp_path / "checkpoint.safetensors", model(seed=5)
    stopped_run(path)
    path.write_bytes(damage(path.read_bytes()))
    before = {name: p.clone() for name, p in learned(m).items()}
    with pytest.raises(ValueError, match="checkpoint.safetensors cannot be read as a checkpoint.*or delete it"):
        train(m, lm_objective, batches(), SETTINGS, checkpoint=path)
    same(learned(m), before)


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="only Linux says which files are mapped")
def test_a_resumed_run_lets_go_of_its_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    assert steps_done(path) == 0
    stopped_run(path)
    train(model(), lm_objective, batches(), SETTINGS, checkpoint=path)
    assert steps_done(path) == 6
    assert str(path) not in open("/proc/self/maps").read()  # Windows could not replace a file that is mapped


def test_a_history_of_any_length_can_be_saved(tmp_path):
    path = tmp_path / "checkpoint"
    for n in (1, 5_000):  # the header of a safetensors file ends at 100 MB
        save_checkpoint(path, model(), [], SETTINGS, [{"step": step, "loss": 2.5} for step in range(n)])
        header = int.from_bytes(path.read_bytes()[:8], "little")
        assert header < 10_000 and steps_done(path) == n
