"""How far do 20, 50, ... 8,000 labels go, for a layer on a frozen model and for counted words?

    python benchmarks/few_labels.py               # every row that is missing or stale
    python benchmarks/few_labels.py MiniLM        # those whose name has all of these words

Writes src/bertgpt/assets/results/few_labels.json, a row a method: its accuracy on the 2,046 held-out snippets of film
reviews, ten draws of labels a size, the same draws for all. No setting was chosen on these snippets. It takes about 60
seconds of a core for each of the tiny pair, 90 for MiniLM, 30 for TF-IDF.
"""

import sys

import torch
from experiments import MODELS, Row, record

from bertgpt.evaluation import baselines
from bertgpt.tasks import few_labels
from bertgpt.tasks.classification import MAX_TOKENS, fit_layer, frame_texts, frozen_features, load_splits, task_hashes
from bertgpt.tasks.few_labels import by_layer, by_words, label_curve
from bertgpt.training.finetuning import build_inputs
from bertgpt.weights.pretrained import load_tokenizer

NAME = "few_labels"
SIZES, DRAWS = (20, 50, 100, 200, 600, 2000, 8000), 10
DATA = tuple(digest for name, digest in task_hashes().items() if name.startswith("sentiment"))
ABOUT = {"command": "python benchmarks/few_labels.py", "data": dict(zip(("train", "test"), DATA)),
         "settings": "average of the last hidden states, frozen, bfloat16, 64 tokens; logistic regression; one thread"}


def counted(sizes=SIZES, n_draws: int = DRAWS) -> dict:
    training, exam = load_splits("sentiment")
    return {"curve": label_curve(by_words(training, exam), training, exam, sizes, n_draws)}


def frozen(encoder: str, sizes=SIZES, n_draws: int = DRAWS) -> dict:
    """Read every snippet once, then fit a layer on the average of its hidden states, a draw of labels at a time."""
    load, source = MODELS[encoder]
    training, exam = load_splits("sentiment")
    with torch.autocast("cpu", torch.bfloat16):
        known, asked = (frozen_features(load(source), load_tokenizer(source), side.texts, MAX_TOKENS["sentiment"],
                                        "mean")["mean"] for side in (training, exam))      # (n, D), (m, D)
    return {"curve": label_curve(by_layer(known, asked, training), training, exam, sizes, n_draws)}


def rows() -> list[Row]:
    found = [Row(name="TF-IDF", make=counted, code=(few_labels, baselines.word_classifier), data=DATA, seconds=30)]
    for encoder, (_, source) in MODELS.items():
        found.append(Row(name=encoder, make=lambda encoder=encoder: frozen(encoder), weights=(source,),
                         code=(few_labels, fit_layer, frozen_features, frame_texts, build_inputs, frozen), data=DATA,
                         seconds=90 if encoder == "MiniLM" else 60))
    return found


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
