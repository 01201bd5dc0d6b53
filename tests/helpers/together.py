"""What each process of test_distributed.py runs: train tiny models together.

python -m torch.distributed.run --nproc-per-node 2 tests/helpers/together.py FOLDER
"""

import json
import shutil
import sys
import weakref
from pathlib import Path

import torch
from reference import tiny_bert, tiny_gpt
from safetensors.torch import save_file
from sizes import S, V

from bertgpt.text.batching import IGNORED, generator_for
from bertgpt.training import distributed
from bertgpt.training.loop import TrainingSettings, train
from bertgpt.training.objectives import lm_objective, masked_lm_objective

SETTINGS = TrainingSettings(steps=20, learning_rate=1e-2, warmup=3, save_every=10, eval_every=10, accumulate=2)


class Rows:
    """Seven rows a step, which two processes cannot share evenly, with unequally many labels; some are pairs."""

    def __init__(self, kind: str):
        self.kind = kind

    def sample(self, step: int) -> dict[str, torch.Tensor]:
        generator = generator_for(1, step)
        ids = torch.randint(1, V, (7, S), generator=generator)  # (B, T)
        real = torch.arange(S) < torch.randint(2, S + 1, (7, 1), generator=generator)  # (B, T)
        batch = {"input_ids": ids, "attention_mask": real.long()}
        if self.kind == "gpt":
            return batch
        labelled = real & (torch.rand(7, S, generator=generator) < 0.5)  # (B, T)
        labelled[0, 0] = True
        batch |= {"labels": ids.flip(1).masked_fill(~labelled, IGNORED), "at_mask": labelled & (ids > 4)}
        return batch | ({"segment_ids": (ids > 6).long(), "is_random_next": ids[:, 0] % 2} if step % 3 else {})


def learn(kind: str, checkpoint: Path) -> tuple[torch.nn.Module, list[dict]]:
    """Train a model, from its checkpoint where there is one, and keep the checkpoint of half-way beside it."""
    make, objective = {"gpt": (tiny_gpt, lm_objective), "bert": (tiny_bert, masked_lm_objective)}[kind]
    model = make()

    def report(row):
        print(f"process {distributed.rank()}, step {row['step']}")
        if row["step"] == 10:
            shutil.copy(checkpoint, checkpoint.with_name(f"{checkpoint.name}.half"))

    more = dict(held_out=[Rows(kind).sample(99)], checkpoint=checkpoint, report=report)
    return model, train(model, objective, Rows(kind), SETTINGS, **more)


def save(path: Path, model: torch.nn.Module, history: list[dict]) -> None:
    """Keep weights and history, for a comparison."""
    save_file(dict(model.named_parameters()), path, metadata={"history": json.dumps(history)})


def main(folder: Path) -> None:
    for kind in ("gpt", "bert"):
        learned = learn(kind, folder / f"{kind} on two")
        resumed = learn(kind, folder / f"{kind} on one, then two")  # the test has put a checkpoint here
        if distributed.rank() == 0:
            save(folder / f"{kind} on two.result", *learned)
            save(folder / f"{kind} on one, then two.result", *resumed)


if __name__ == "__main__":
    with distributed.processes():  # the door that every command takes
        group = weakref.ref(torch.distributed.group.WORLD)
        main(Path(sys.argv[1]))
    assert group() is None, "the group's threads go on while Python shuts down, which now and then aborts the process"
