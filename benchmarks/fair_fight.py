"""Which learns more from the same text? A BERT and a GPT, the same in all but mask, objective and head.

    python benchmarks/fair_fight.py --checkpoints DIR       # about an hour and a half on one core
    python benchmarks/fair_fight.py --steps 60 --seeds 1 --out /tmp     # a rehearsal

Writes assets/results/fair_fight.json: a row for each model and seed, one for a BERT that is asked for 15 % instead
of 30 %, rows for models that have learned nothing and for the shipped pair, and the baselines. A run that is stopped
goes on from its checkpoints.
"""

import argparse
import shlex
import sys
from pathlib import Path

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.results import RESULTS, fingerprint, save_results
from bertgpt.tasks import fair_fight
from bertgpt.text.corpora import novels, plays


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--checkpoints", type=Path, help="a folder for them; without it nothing is kept")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    tokenizer = load_tokenizer()
    trigram = fair_fight.trigram_score(tokenizer)
    drawn = fair_fight.real_and_false(300, trigram)
    rows = []

    def add(row: dict, model) -> None:
        rows.append({**row, **fair_fight.examine(model, tokenizer, drawn)})
        about = {"command": shlex.join(["python", *sys.argv]), "steps": args.steps, "sentences": len(drawn),
                 "data": {"novels": fingerprint(*novels("train").values()),
                          "plays": fingerprint(*plays("train").values()),
                          "sentences": fingerprint(*(text for sentence in drawn for text in sentence.values()))},
                 "baselines": {"probes": fair_fight.probe_baselines(),
                               "trigram": fair_fight.choose_real(trigram, drawn)}}
        save_results("fair_fight", about, rows, args.out)
        print(rows[-1], flush=True)

    runs = [(kind, seed, 0.3) for seed in range(args.seeds) for kind in fair_fight.OBJECTIVES] + [("BERT", 0, 0.15)]
    for kind, seed, rate in runs:
        checkpoint = args.checkpoints and args.checkpoints / f"{kind.lower()}-{seed}-{rate}.ckpt"
        model, row = fair_fight.learn(kind, seed, tokenizer, steps=args.steps, rate=rate, checkpoint=checkpoint)
        add({"name": "trained", **row}, model)
    for kind in fair_fight.OBJECTIVES:
        add({"name": "untrained", "model": kind, "seed": 0, "tokens": 0}, fair_fight.build(kind, 0))
    add({"name": "shipped", "model": "BERT", "seed": 0, "tokens": 36_864_000}, load_bert("tinybert"))
    add({"name": "shipped", "model": "GPT", "seed": 0, "tokens": 36_864_000}, load_gpt("tinygpt"))


if __name__ == "__main__":
    main()
