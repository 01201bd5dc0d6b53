"""Who finds the names in a novel that no list knows: rules, BERT or GPT, frozen or fine-tuned?

    python benchmarks/named_entities.py                  # every row that is not recorded yet
    python benchmarks/named_entities.py --steps 20 --out /tmp      # a rehearsal

Each row is one run of bertgpt.tagging.run_tagger or run_baseline; the file is written after every row, so a run that
is stopped goes on where it was.
"""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from bertgpt.results import RESULTS, load_results, save_results
from bertgpt.tasks.tagging import BASELINES, Recipe, data_hashes, run_baseline, run_tagger

NAME = "named_entities"
RECIPES = [
    Recipe("TinyBERT", frozen=False, steps=200, learning_rate=5e-4),
    Recipe("TinyBERT", frozen=True, steps=200, learning_rate=1e-2),
    Recipe("TinyGPT", frozen=True, steps=200, learning_rate=1e-2, piece="last"),
    Recipe("TinyGPT", frozen=False, steps=200, learning_rate=5e-4, piece="last"),
    Recipe("TinyBERT", frozen=False, steps=200, learning_rate=5e-4, disguised=0.0),
    Recipe("MiniLM", frozen=True, steps=200, learning_rate=1e-2),
    Recipe("MiniLM", frozen=False, steps=200, learning_rate=2e-4),
    Recipe("TinyGPT", frozen=True, steps=200, learning_rate=1e-2, piece="first"),
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, help="of every row, instead of its own")
    parser.add_argument("--seeds", type=int, default=3, help="of the small pair; MiniLM has one")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    recipes = [replace(recipe, seed=seed, steps=args.steps or recipe.steps) for seed in range(args.seeds)
               for recipe in RECIPES if seed == 0 or recipe.encoder != "MiniLM"]
    about = {"command": "python benchmarks/named_entities.py", "data": data_hashes(),
             "scored_on": "every eighth validation sentence, all test sentences"}
    rows = [run_baseline(name) for name in BASELINES]
    if (args.out / f"{NAME}.json").exists():
        before = load_results(NAME, args.out)
        rows += [row for row in before["rows"] if "encoder" in row and before["about"]["data"] == about["data"]]
    for recipe in recipes:
        if not any(asdict(recipe).items() <= row.items() for row in rows):
            rows.append(run_tagger(recipe))
            save_results(NAME, about, rows, args.out)
            test = rows[-1]["test"]
            print(f"{recipe}: test F1 {test['f1']:.3f}, unseen names {test['unseen_recall']:.3f}, "
                  f"{rows[-1]['cpu_seconds']} CPU seconds", flush=True)


if __name__ == "__main__":
    main()
