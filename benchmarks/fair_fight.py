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
from collections import Counter
from pathlib import Path

from experiments import save_results
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.model.heads import POOLINGS
from bertgpt.results import RESULTS, fingerprint
from bertgpt.tasks import fair_fight
from bertgpt.tasks.baselines import word_classifier
from bertgpt.tasks.labelled import TASKS
from bertgpt.text.corpora import novels, plays
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.finetuning import build_inputs, pooled


def probe(model, tokenizer: Tokenizer, n_train: int = 2000, n_test: int = 800) -> dict[str, dict[str, float]]:
    """Fit one linear classifier on frozen hidden states, for each task and pooling: -> task -> pooling -> accuracy.

    The recorded rows are older than the space that build_inputs puts before a text: their texts were read without it.
    """
    found = {}
    for task, texts in TASKS.items():
        training = fair_fight.subsample(texts("train"), n_train)
        test = fair_fight.subsample(texts("test"), n_test)
        seen, unseen = (pooled(model, [build_inputs(model, tokenizer, text)[0] for text in side.texts], *POOLINGS)
                        for side in (training, test))                                      # pooling -> (n, D)
        found[task] = {}
        for pooling in POOLINGS:
            # The columns are brought to one scale and pulled to zero alike, so that no model has the easier fit.
            linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
            linear.fit(seen[pooling].numpy(), training.labels)
            found[task][pooling] = linear.score(unseen[pooling].numpy(), test.labels)
    return found


def probe_baselines(n_train: int = 2000, n_test: int = 800) -> dict[str, dict[str, float]]:
    """Give the same tasks to counts of words and to the most frequent label: -> task -> baseline -> accuracy."""
    found = {}
    for task, texts in TASKS.items():
        training = fair_fight.subsample(texts("train"), n_train)
        test = fair_fight.subsample(texts("test"), n_test)
        counts = word_classifier().fit(training.texts, training.labels)
        common = Counter(training.labels).most_common(1)[0][0]
        found[task] = {"TF-IDF": counts.score(test.texts, test.labels),
                       "majority": test.labels.count(common) / n_test}
    return found


def evaluate_model(model, tokenizer: Tokenizer, pairs: list[dict[str, str]], n_train: int = 2000,
                   n_test: int = 800) -> dict:
    """Ask a model everything that both can be asked: -> {"probes", "choices"}."""
    return {"probes": probe(model, tokenizer, n_train, n_test),
            "choices": fair_fight.minimal_pair_accuracy(fair_fight.likelihood_of(model, tokenizer), pairs)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--checkpoints", type=Path, help="a folder for them; without it nothing is kept")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    tokenizer = load_tokenizer()
    trigram = fair_fight.trigram_score(tokenizer)
    pairs = fair_fight.make_minimal_pairs(300, trigram)
    rows = []

    def add(row: dict, model) -> None:
        rows.append({**row, **evaluate_model(model, tokenizer, pairs)})
        about = {"command": shlex.join(["python", *sys.argv]), "steps": args.steps, "sentences": len(pairs),
                 "data": {"novels": fingerprint(*novels("train").values()),
                          "plays": fingerprint(*plays("train").values()),
                          "sentences": fingerprint(*(text for sentence in pairs for text in sentence.values()))},
                 "baselines": {"probes": probe_baselines(),
                               "trigram": fair_fight.minimal_pair_accuracy(trigram, pairs)}}
        save_results("fair_fight", about, rows, args.out)
        print(rows[-1], flush=True)

    runs = [(kind, seed, 0.3) for seed in range(args.seeds) for kind in fair_fight.OBJECTIVES] + [("BERT", 0, 0.15)]
    for kind, seed, rate in runs:
        checkpoint = args.checkpoints and args.checkpoints / f"{kind.lower()}-{seed}-{rate}.ckpt"
        model, row = fair_fight.train_model(kind, seed, tokenizer, steps=args.steps, rate=rate, checkpoint=checkpoint)
        add({"name": "trained", **row}, model)
    for kind in fair_fight.OBJECTIVES:
        add({"name": "untrained", "model": kind, "seed": 0, "tokens": 0}, fair_fight.untrained_model(kind, 0))
    add({"name": "shipped", "model": "BERT", "seed": 0, "tokens": 36_864_000}, load_bert("tinybert"))
    add({"name": "shipped", "model": "GPT", "seed": 0, "tokens": 36_864_000}, load_gpt("tinygpt"))


if __name__ == "__main__":
    main()
