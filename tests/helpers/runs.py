"""Small training runs, for the tests of the loop, its settings and its checkpoints."""

import pytest
import torch
from reference import tiny_gpt
from sizes import B, S, V

from bertgpt.text.data import LMBatches
from bertgpt.training.loop import TrainingSettings, train
from bertgpt.training.objectives import lm_objective

STREAM = [torch.arange(200) * 5 % (V - 1) + 1]  # a text that can be learned by heart
needs_muon = pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch.optim.Muon came with torch 2.9")
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


class Stopped(Exception):
    pass


def stop_at(step):
    def report(row):
        if row["step"] == step:
            raise Stopped

    return report


def stopped_run(path, at=4, settings=SETTINGS, m=None, **more):
    """Train with checkpoints after steps 3 and 6, and be stopped after step `at`."""
    with pytest.raises(Stopped):
        train(m or model(), lm_objective, batches(), settings, checkpoint=path, report=stop_at(at), **more)
