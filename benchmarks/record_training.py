"""Record the loss curves of finished trainings for the chapters: assets/results/shipped_training.json.

    python benchmarks/record_training.py runs/bert runs/gpt runs/both

Each folder was written by `python -m bertgpt train`. Only the held-out evaluations are kept, not
every step, each with the mean of the training steps around it. A model whose run is not given keeps
its curves.
"""

import json
import shlex
import statistics
import sys
from pathlib import Path

from experiments import fingerprint, read_run, save_results

from bertgpt.book.records import load_results
from bertgpt.text.corpora import novels, plays, tales

LOSSES = ("lm_loss", "mlm_loss", "loss_at_mask", "nsp_loss")


def curves(history: list[dict], every: int) -> dict[str, dict[str, list]]:
    """Collect the losses of a history: -> "held_out", "training" -> name of the loss -> [step, nats] each.

    every: steps from one evaluation to the next. The training loss is the mean over the steps up to
    half way to the neighbouring evaluations, of those that have this loss.
    """
    looks = [row for row in history if "held_out" in row]
    found: dict[str, dict[str, list]] = {"held_out": {}, "training": {}}
    for name in LOSSES:
        if name not in looks[-1]["held_out"]:
            continue
        found["held_out"][name] = [[row["step"], round(row["held_out"][name], 4)] for row in looks]
        around = {look["step"]: [row[name] for row in history if name in row
                                 and abs(row["step"] - look["step"]) <= every / 2] for look in looks}
        found["training"][name] = [[step, round(statistics.fmean(losses), 4)] for step, losses in around.items()]
    return found


def row_of(run: Path) -> dict:
    """Read one run: -> its model, arguments, seconds, tokens and loss curves, in nats."""
    record = read_run(run)
    arguments = record["arguments"]
    history = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return {"model": arguments["model"].upper(), "arguments": arguments, "seconds": history[-1]["seconds"],
            "tokens": record["steps"] * arguments["batch_size"] * arguments["context"],
            **curves(history, arguments["eval_every"])}


def beside(rows: list[dict], kept: list[dict]) -> list[dict]:
    """Add new rows to those of the other models."""
    made = {row["model"] for row in rows}
    return [row for row in kept if row["model"] not in made] + rows


def main() -> None:
    texts = {"novels": novels("train"), "tales": tales("train"), "plays": plays("train")}
    data = {name: fingerprint(*corpus.values()) for name, corpus in texts.items()}
    save_results("shipped_training", {"command": shlex.join(["python", *sys.argv]), "data": data},
                 beside([row_of(Path(run)) for run in sys.argv[1:]], load_results("shipped_training")["rows"]))


if __name__ == "__main__":
    main()
