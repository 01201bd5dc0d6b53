"""Flash cards in node: which cell of question x mask answers from a side that was never read first."""

from pathlib import Path

import pytest
from node import run_script

from bertgpt_book.widgets.engine import files

FOLDER = (Path(files.__file__).parent / "training").as_uri()
SCRIPT = """
import { readFileSync } from "node:fs"; import { fileURLToPath } from "node:url";
import { makeCards } from "FOLDER/cards.js"; import { buildMask } from "FOLDER/../../masks.js";
const wasm = readFileSync(fileURLToPath("FOLDER/kernels.wasm"));
const run = ([question, mask, n, steps]) => {
  const cards = makeCards({ n, question, mask: buildMask(mask, 4), wasm });
  for (let i = 0; i < steps; i++) cards.step();
  return cards.report();
};
const cells = [["next", "causal", 120, 70], ["end", "bidirectional", 120, 70], ["blanks", "bidirectional", 120, 150],
  ["blanks", "causal", 24, 150]];
console.log(JSON.stringify(cells.map(run)));
""".replace("FOLDER", FOLDER)


@pytest.mark.slow
def test_a_side_never_read_first_is_known_only_by_the_square_asked_for_any_blank(tmp_path):
    found = run_script(tmp_path, SCRIPT)
    for report, n in zip(found, (120, 120, 120, 24), strict=True):
        assert report["forwards"] >= 0.97 * n and min(report["read"], report["bayes"]) >= 0.95 * n / 2
        assert len(report["said"]) == n / 2
    lost_by_gpt, only_sight, bert, only_question = (report["unread"] for report in found)
    assert bert >= 54 and max(lost_by_gpt, only_sight) <= 6 and only_question <= 3
