"""Many processes learn what one does: two of them, as torchrun starts them, on a CPU."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors
import torch
from runs import without_seconds
from together import learn

import bertgpt
from bertgpt.training import distributed

HELPERS = Path(__file__).parents[1] / "helpers"


def torchrun(*command) -> subprocess.CompletedProcess:
    """Run a command on two processes."""
    paths = [str(Path(bertgpt.__file__).parents[1]), str(HELPERS)]
    start = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    return subprocess.run([*start, *map(str, command)], env=env, capture_output=True, text=True, timeout=300)


def result(path: Path):
    """Read what `save` kept: weights, history."""
    with safetensors.safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["history"])


def assert_same(found, expected):
    for name, weight in found[0].items():
        # The keys' biases add one number to all scores of a query, so softmax forgets them. Their gradient is 0 but for
        # rounding, and Adam, which divides by its size, makes steps of the rounding.
        if not name.endswith("k_proj.bias"):
            torch.testing.assert_close(weight, expected[0][name], atol=1e-5, rtol=0)
    for row, expected_row in zip(*map(without_seconds, (found[1], expected[1])), strict=True):
        torch.testing.assert_close(row, expected_row, atol=1e-5, rtol=1e-5)


@pytest.mark.slow
def test_two_processes_learn_what_one_does_and_go_on_with_each_others_runs(tmp_path):
    alone = {}
    for kind in ("gpt", "bert"):
        model, history = learn(kind, tmp_path / f"{kind} on one")
        alone[kind] = dict(model.named_parameters()), history
        shutil.copy(tmp_path / f"{kind} on one.half", tmp_path / f"{kind} on one, then two")
    run = torchrun(HELPERS / "together.py", tmp_path)
    assert run.returncode == 0, run.stderr
    steps = [f"process 0, step {step}" for step in (*range(1, 21), *range(11, 21))]
    assert run.stdout.splitlines() == 2 * steps  # the second prints nothing
    assert "[rank" not in run.stderr and "Warning" not in run.stderr, run.stderr
    for kind, expected in alone.items():
        assert_same(result(tmp_path / f"{kind} on two.result"), expected)
        assert_same(result(tmp_path / f"{kind} on one, then two.result"), expected)
        shutil.copy(tmp_path / f"{kind} on two.half", tmp_path / f"{kind} on two, then one")
        model, history = learn(kind, tmp_path / f"{kind} on two, then one")
        assert_same((dict(model.named_parameters()), history), expected)


@pytest.mark.slow
def test_the_command_line_trains_on_two_processes(tmp_path, bertgpt):
    text = tmp_path / "text.txt"
    text.write_text("".join(f"Line {n} says that {7919 * n % 1000} is a number.\n" for n in range(200)))
    small = "--tokenizer char --steps 6 --d-model 12 --heads 3 --context 16 --batch-size 5 --dropout 0 --eval-every 3"
    arguments = ["train", "bert", "--text", text, "--device", "cpu", *small.split()]
    assert bertgpt(*arguments, "--out", tmp_path / "one")[0] == 0
    run = torchrun("-m", "bertgpt", *arguments, "--out", tmp_path / "two")
    assert run.returncode == 0, run.stderr
    first, *looks, last = run.stdout.splitlines()
    assert first.startswith("bert: ") and len(looks) == 2 and last == f"wrote {tmp_path / 'two'}"
    metrics = [(tmp_path / name / "metrics.jsonl").read_text().splitlines() for name in ("one", "two")]
    one, two = ([json.loads(row) for row in rows] for rows in metrics)
    for row, expected in zip(*map(without_seconds, (two, one)), strict=True):
        torch.testing.assert_close(row, expected, atol=1e-5, rtol=1e-5)
    assert {path.name for path in (tmp_path / "one").iterdir()} == {path.name for path in (tmp_path / "two").iterdir()}

    again = torchrun("-m", "bertgpt", *arguments, "--out", tmp_path / "two")
    assert again.returncode != 0 and not again.stdout
    said = [line for line in again.stderr.splitlines() if line.startswith("bertgpt:")]
    assert len(said) == 1 and f"{tmp_path / 'two'} is not empty" in said[0]


def test_of_several_gpus_a_process_takes_the_one_that_torchrun_meant_for_it(monkeypatch):
    taken = []
    monkeypatch.setattr(distributed, "size", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setenv("LOCAL_RANK", "1")
    chosen = [distributed.local_device(name) for name in ("auto", "cuda", "cuda:0")]
    assert chosen == taken == [torch.device("cuda:1")] * 3


@pytest.mark.parametrize("rows, parts", [(7, 1), (7, 3), (8, 2)])
def test_every_row_is_in_one_share_and_shares_are_even(rows, parts, monkeypatch):
    monkeypatch.setattr(distributed, "size", lambda: 2)
    batch, shares = {"input_ids": 3 * torch.arange(rows), "labels": torch.arange(rows)}, []
    for rank in (0, 1):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        shares += distributed.micro_batches(batch, parts)
    labels = [share["labels"] for share in shares]
    assert torch.cat(labels).tolist() == list(range(rows))
    assert all(torch.equal(share["input_ids"], 3 * share["labels"]) for share in shares)
    assert len(labels) == 2 * parts and max(map(len, labels)) - min(map(len, labels)) <= 1


def test_each_process_has_dropout_of_its_own_and_the_first_goes_on(monkeypatch):
    drawn = {}
    for rank in (0, 1, 2):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        for step in (4, 5):
            torch.manual_seed(0)
            distributed.seed_step(3, step)
            drawn[rank, step] = torch.rand(()).item()
    torch.manual_seed(0)
    assert drawn[0, 4] == drawn[0, 5] == torch.rand(()).item()
    assert len(set(drawn.values())) == 5
