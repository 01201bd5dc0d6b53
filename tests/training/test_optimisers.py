"""Which weight is moved by what: groups by hand, AdamW and Muon against torch's own."""

import math

import torch
from runs import SETTINGS, batches, learned, model, needs_muon, same, stopped_run, without_seconds

from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective
from bertgpt.training.optimisers import parameter_groups
from bertgpt.training.settings import TrainingSettings, learning_rate_at

MUON = TrainingSettings(**vars(SETTINGS) | {"optimiser": "muon", "muon_factor": 3.0})


def test_frozen_parameters_are_left_out():
    m = model()
    m.embeddings.requires_grad_(False)
    grouped = [p for group in parameter_groups(m.parameters(), 0.1) for p in group["params"]]
    assert len(grouped) == sum(p.requires_grad for p in m.parameters()) < len(list(m.parameters()))


def test_one_step_is_torchs_adamw():
    ours, theirs, settings = model(dropout=0.0), model(dropout=0.0), TrainingSettings(steps=1, learning_rate=0.01)
    train(ours, lm_objective, batches(), settings)

    matrices = [p for p in theirs.parameters() if p.dim() > 1]
    vectors = [p for p in theirs.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=learning_rate_at(0, settings), betas=(0.9, 0.98))
    lm_objective(theirs.train(), batches().sample(0))["lm_loss"].backward()
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in theirs.parameters()))
    assert norm > 1  # so that clipping has something to do
    for p in theirs.parameters():
        p.grad /= norm
    optimiser.step()
    torch.testing.assert_close(learned(ours), learned(theirs), atol=1e-5, rtol=1e-5)


@needs_muon
def test_one_step_of_muon_is_torchs_and_moves_the_rest_by_adamw():
    ours, by_adamw, theirs = model(dropout=0.0), model(dropout=0.0), model(dropout=0.0)
    settings = TrainingSettings(steps=1, learning_rate=0.01, optimiser="muon", muon_factor=3.0)
    train(ours, lm_objective, batches(), settings)
    train(by_adamw, lm_objective, batches(), TrainingSettings(steps=1, learning_rate=0.01))

    lm_objective(theirs.train(), batches().sample(0))["lm_loss"].backward()
    torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
    matrices = {name for name, p in theirs.named_parameters() if ".blocks." in f".{name}" and p.dim() == 2}
    rates = dict(lr=3 * learning_rate_at(0, settings), weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    torch.optim.Muon([theirs.get_parameter(name) for name in matrices], **rates).step()
    for name, p in learned(ours).items():
        torch.testing.assert_close(p, (theirs if name in matrices else by_adamw).get_parameter(name).detach())
        if name in matrices:
            assert not torch.allclose(p, by_adamw.get_parameter(name))


@needs_muon
def test_a_resumed_muon_goes_on_exactly_where_it_was(tmp_path):
    at_once, resumed = model(), model(seed=5)
    history = train(at_once, lm_objective, batches(), MUON)
    stopped_run(tmp_path / "checkpoint", settings=MUON)
    again = train(resumed, lm_objective, batches(), MUON, checkpoint=tmp_path / "checkpoint")
    same(learned(resumed), learned(at_once))
    assert without_seconds(again) == without_seconds(history)
