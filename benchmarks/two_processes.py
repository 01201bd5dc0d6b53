"""How much faster are two processes of one thread than one of one thread? The same training, turn about.

    python benchmarks/two_processes.py                             # on an idle computer of two cores or more
    python benchmarks/two_processes.py --steps 4 --turns 1 --out DIR      # a rehearsal

Writes assets/results/two_processes.json, a row per run: seconds per step, the median over the steps
after the first five. Starting the processes is not counted.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from experiments import fingerprint, save_results

from bertgpt.text.corpora import novels
from bertgpt_book.records import RESULTS


def seconds_a_step(kind: str, processes: int, steps: int, out: Path) -> float:
    """Train a tiny pair's model on the novels with one thread a process, and give the median step."""
    start = [sys.executable, "-m"]
    if processes > 1:
        start += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    subprocess.run(
        [
            *start,
            "bertgpt",
            "train",
            kind,
            "--text",
            "austen",
            "--steps",
            str(steps),
            "--device",
            "cpu",
            "--out",
            str(out),
        ],
        check=True,
        capture_output=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    clock = [json.loads(line)["seconds"] for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    steps_of = [after - before for before, after in zip(clock, clock[1:])]
    return statistics.median(steps_of[5:] or steps_of)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(args.turns):
            for kind in ("bert", "gpt"):
                for processes in (1, 2):
                    out = Path(folder) / f"{kind}-{processes}-{turn}"
                    seconds = seconds_a_step(kind, processes, args.steps, out)
                    rows.append(
                        {
                            "model": kind.upper(),
                            "processes": processes,
                            "turn": turn,
                            "seconds_a_step": round(seconds, 4),
                        }
                    )
                    print(json.dumps(rows[-1]), flush=True)
    about = {
        "command": shlex.join(["python", *sys.argv]),
        "steps": args.steps,
        "data": {"austen": fingerprint(*novels("train").values())},
    }
    save_results("two_processes", about, rows, args.out)
    for kind in ("BERT", "GPT"):
        one, two = (
            statistics.median(row["seconds_a_step"] for row in rows if (row["model"], row["processes"]) == (kind, n))
            for n in (1, 2)
        )
        print(f"{kind}: {one / two:.2f} times as fast")


if __name__ == "__main__":
    main()
