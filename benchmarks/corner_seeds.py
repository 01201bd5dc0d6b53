"""Do the four pairs of a question and a mask end where they do from any first weights?

The trainer of the page (widgets/engine/training) in node, on the novel, d_model 64: each question behind each mask,
with five seeds, which draw the first weights and the batches. A row has the lines of counting, and [step, loss on
held-out text, the same asked one at a time] every 25 steps. The held-out batches are the same in all.
"""

import json
import subprocess
from functools import cache, partial

from experiments import Row, fingerprint, main

from bertgpt_book.widgets.engine import files

NAME, STEPS, SEEDS = "corner_seeds", 400, range(1, 6)
CORNERS = [("next", "causal"), ("next", "bidirectional"), ("blanks", "bidirectional"), ("blanks", "causal")]
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


@cache
def novel() -> str:
    return dict(files.trainer_files())["text.novel"]


def train(question: str, mask: str, seed: int, steps: int = STEPS) -> dict:
    """Train in node: -> {"question", "mask", "lines", "curve", "sample"}."""
    given = {"text": novel(), "question": question, "mask": mask, "seed": seed, "steps": steps}
    node = ["node", "--input-type=module", "-e", NODE]
    result = subprocess.run(node, input=json.dumps(given), capture_output=True, text=True, check=True)
    return {"question": question, "mask": mask, **json.loads(result.stdout)}


def rows() -> list[Row]:
    data = (fingerprint(novel()), f"{STEPS} steps")
    return [
        Row(f"{question}, {mask}, seed {seed}", partial(train, question, mask, seed), data, seconds=20)
        for question, mask in CORNERS
        for seed in SEEDS
    ]


if __name__ == "__main__":
    main(__doc__, NAME, {"steps": STEPS, "d_model": 64}, rows)
