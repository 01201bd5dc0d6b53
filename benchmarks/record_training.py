"""Keep the curves of finished trainings where chapters can read them: assets/results/shipped_training.json.

    python benchmarks/record_training.py runs/bert runs/gpt runs/both

Each folder is one that `python -m bertgpt train` has written. Only the looks at held-out text are kept, not every step;
beside each stands the mean of the training steps around it. A model whose run is not given keeps the curves it has.
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
    """Take the losses out of a history: -> "held_out", "training" -> name of the loss -> [step, nats] a look.

    every: steps from one look to the next. The training loss of a look is the mean over the steps up to half way to
    its neighbours; a step that did not ask for this loss counts for nothing.
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
    """Read one run: -> its model, its arguments, its seconds, its tokens and its curves, losses in nats."""
    record = read_run(run)
    arguments = record["arguments"]
    history = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return {"model": arguments["model"].upper(), "arguments": arguments, "seconds": history[-1]["seconds"],
            "tokens": record["steps"] * arguments["batch_size"] * arguments["context"],
            **curves(history, arguments["eval_every"])}


def beside(rows: list[dict], kept: list[dict]) -> list[dict]:
    """Put new rows beside those of the other models."""
    made = {row["model"] for row in rows}
    return [row for row in kept if row["model"] not in made] + rows


def main() -> None:
    texts = {"novels": novels("train"), "tales": tales("train"), "plays": plays("train")}
    data = {name: fingerprint(*corpus.values()) for name, corpus in texts.items()}
    save_results("shipped_training", {"command": shlex.join(["python", *sys.argv]), "data": data},
                 beside([row_of(Path(run)) for run in sys.argv[1:]], load_results("shipped_training")["rows"]))


if __name__ == "__main__":
    main()
