"""How much faster are two processes of one thread than one of one thread? The same training, turn about.

On an idle computer of two cores or more. A row has the seconds per step, the median over the steps
after the first five. Starting the processes is not counted.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments import Row, fingerprint, main

from bertgpt.text.corpora import novels

NAME, STEPS, TURNS = "two_processes", 20, 2


def seconds_a_step(model: str, processes: int, steps: int = STEPS) -> dict:
    """Train a tiny model on the novels with one thread a process."""
    start = [sys.executable, "-m"]
    if processes > 1:
        start += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    with tempfile.TemporaryDirectory() as folder:
        train = f"bertgpt train {model.lower()} --text austen --steps {steps} --device cpu --out".split()
        one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run([*start, *train, f"{folder}/run"], check=True, capture_output=True, env=one_thread)
        history = Path(folder, "run", "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    clock = [json.loads(line)["seconds"] for line in history]
    seconds = [after - before for before, after in zip(clock, clock[1:])]
    median = statistics.median(seconds[5:] or seconds)
    return {"seconds_a_step": round(median, 4)}


def rows() -> Iterator[Row]:
    for turn in range(TURNS):
        for model in ("BERT", "GPT"):
            for processes in (1, 2):
                key = {"model": model, "processes": processes, "turn": turn}
                name = f"{model}, processes: {processes}, turn {turn}"
                yield Row(name, partial(seconds_a_step, model, processes), seconds=60, key=key)


ABOUT = {"steps": STEPS, "data": {"austen": fingerprint(*novels("train").values())}}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
