"""Keep the curves of finished trainings where chapters can read them: assets/results/shipped_training.json.

    python benchmarks/record_training.py runs/bert runs/gpt

Each folder is one that `python -m bertgpt train` has written. Only the looks at held-out text are kept, not every step.
"""

import json
import shlex
import sys
from pathlib import Path

from experiments import save_results

from bertgpt.results import fingerprint
from bertgpt.text.corpora import novels, plays


def row_of(run: Path) -> dict:
    """Read one run: -> its model, its arguments, its seconds and its held-out curve, losses in nats."""
    arguments = json.loads((run / "run.json").read_text(encoding="utf-8"))["arguments"]
    history = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    loss = {"bert": "mlm_loss", "gpt": "lm_loss"}[arguments["model"]]
    curve = [[row["step"], round(row["held_out"][loss], 4)] for row in history if "held_out" in row]
    pairs = [[row["step"], round(row["held_out"]["nsp_loss"], 4)] for row in history
             if "nsp_loss" in row.get("held_out", {})]
    return {"model": arguments["model"].upper(), "arguments": arguments, "seconds": history[-1]["seconds"],
            "tokens": arguments["steps"] * arguments["batch_size"] * arguments["context"],
            "curve": curve, "pair_curve": pairs}


def main() -> None:
    data = {"novels": fingerprint(*novels("train").values()), "plays": fingerprint(*plays("train").values())}
    save_results("shipped_training", {"command": shlex.join(["python", *sys.argv]), "data": data},
                 [row_of(Path(run)) for run in sys.argv[1:]])


if __name__ == "__main__":
    main()
