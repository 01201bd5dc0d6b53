"""What becomes of the four pairs of a question and a mask, and of BERT without the trainer's own recipe?

The trainer of the page (widgets/engine/training) in node, on the novel, d_model 64: each question behind each mask.
Then BERT again, with what the trainer does otherwise than the package taken back, one thing at a time. A row has the
lines of counting, and [step, loss on held-out text, the same asked one at a time] every 25 steps.
"""

import json
import subprocess
from collections.abc import Iterator
from functools import partial

from experiments import Row, fingerprint, main

from bertgpt_book.widgets.engine import files

STEPS = 400
CORNERS = [("next", "causal"), ("next", "bidirectional"), ("blanks", "bidirectional"), ("blanks", "causal")]
RECIPES = {  # what is taken back
    "weights of spread 0.02": {"spread": 0.02},
    "random positions": {"waves": 0},
    "AdamW": {"muon": False},
    "AdamW, a third of the rate": {"muon": False, "rate": 1 / 3},
    "post-norm": {"kind": "bert"},
    "all of it": {"kind": "bert", "spread": 0.02, "waves": 0, "muon": False, "rate": 1 / 3},
}
NODE = """
import { readFileSync } from "node:fs"; import { fileURLToPath } from "node:url";
import { makeTrainer, T } from "FOLDER/training/trainer.js"; import { buildMask } from "FOLDER/../masks.js";
const { steps, mask, ...given } = JSON.parse(readFileSync(0, "utf8"));
const wasm = readFileSync(fileURLToPath("FOLDER/training/kernels.wasm"));
const trainer = makeTrainer({ ...given, mask: buildMask(mask, T), wasm });
const curve = [];
for (;;) {
  if (trainer.steps % 25 === 0) {
    const { loss, alone } = trainer.evaluate();
    curve.push([trainer.steps, loss, alone].map((x) => Number(x.toFixed(3))));
  }
  if (trainer.steps >= steps) break;
  trainer.step();
}
const lines = Object.fromEntries(trainer.baselines.map(([name, loss]) => [name, Number(loss.toFixed(3))]));
console.log(JSON.stringify({ lines, curve, sample: trainer.sample() }));
""".replace("FOLDER", files.HERE.as_uri())


def train(text: str, question: str, mask: str, recipe: dict, steps: int = STEPS) -> dict:
    """Train in node: -> {"question", "mask", "lines", "curve", "sample"}."""
    settings = json.dumps({"text": text, "question": question, "mask": mask, "recipe": recipe, "steps": steps})
    node = ["node", "--input-type=module", "-e", NODE]
    result = subprocess.run(node, input=settings, capture_output=True, text=True, check=True)
    return {"question": question, "mask": mask, **json.loads(result.stdout)}


def rows() -> Iterator[Row]:
    novel = dict(files.trainer_files())["text.novel"]
    runs = {f"{question}, {mask}": (question, mask, {}) for question, mask in CORNERS}
    runs |= {f"BERT, {name}": ("blanks", "bidirectional", recipe) for name, recipe in RECIPES.items()}
    for name, run in runs.items():
        data = (fingerprint(novel), json.dumps([*run, STEPS]))
        yield Row(name, partial(train, novel, *run), data, seconds=20)


NAME, ABOUT = "corners", {"steps": STEPS, "d_model": 64}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
