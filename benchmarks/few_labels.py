"""How far do 20, 50, ... 8,000 labels go, for a layer on a frozen model and for word counts?

    python benchmarks/few_labels.py               # every row that is missing or stale
    python benchmarks/few_labels.py MiniLM        # those whose name has all of these words

Writes src/bertgpt_book/results/few_labels.json, a row per method: its accuracy on the 2,046
held-out snippets of film reviews, ten draws of labels per size, the same draws for all methods. No
setting was chosen on these snippets. It takes about 20 seconds of one core for each of the tiny
pair, 35 for MiniLM, 12 for TF-IDF.
"""

import random
import sys
from collections.abc import Sequence

import numpy as np
import torch
from experiments import Row, record
from text_classification import task_hashes
from torch import Tensor

from bertgpt.weights.pretrained import load_tokenizer
from bertgpt_book.tasks.classification import (
    ENCODERS,
    MAX_TOKENS,
    Classifier,
    by_words,
    fit_layer,
    frozen_features,
    load_splits,
)
from bertgpt_book.tasks.labelled import Labelled

NAME = "few_labels"
SIZES = (20, 50, 100, 200, 600, 2000, 8000)
DATA = tuple(digest for name, digest in task_hashes().items() if name.startswith("sentiment"))
ABOUT = {
    "command": "python benchmarks/few_labels.py",
    "data": dict(zip(("train", "test"), DATA)),
    "settings": "average of the last hidden states, frozen, bfloat16, 64 tokens; logistic regression; one thread",
}


def draw_labels(n: int, size: int, draw: int) -> list[int]:
    """Choose `size` of n texts to be labelled, the same for every method: -> their indices."""
    return random.Random(f"{size} labels, draw {draw}").sample(range(n), size)


def by_layer(train_vectors: Tensor, test_vectors: Tensor, training: Labelled) -> Classifier:
    """Classify by one linear layer on frozen vectors, (n, D) and (m, D)."""

    def classify(chosen):
        layer = fit_layer(train_vectors[chosen], [training.labels[i] for i in chosen])
        return layer(test_vectors).argmax(dim=-1).tolist()

    return classify


def label_curve(
    classify: Classifier, training: Labelled, test: Labelled, sizes: Sequence[int]
) -> dict[int, list[float]]:
    """Learn from ten draws of each number of labels: -> size -> test accuracy of each draw."""
    n = len(training.texts)
    return {
        size: [float(np.mean(np.equal(classify(draw_labels(n, size, draw)), test.labels))) for draw in range(10)]
        for size in sizes
    }


def counted() -> dict:
    training, test = load_splits("sentiment")
    return {"curve": label_curve(by_words(training, test), training, test, SIZES)}


def frozen(encoder: str) -> dict:
    """Encode every snippet once, then fit a layer on the mean of its hidden states per draw."""
    load, source = ENCODERS[encoder]
    training, test = load_splits("sentiment")
    model, tokenizer = load(source), load_tokenizer(source)
    with torch.autocast("cpu", torch.bfloat16):
        known, new = (
            frozen_features(model, tokenizer, side.texts, MAX_TOKENS["sentiment"], "mean")["mean"]
            for side in (training, test)
        )  # (n, D), (m, D)
    return {"curve": label_curve(by_layer(known, new, training), training, test, SIZES)}


def rows() -> list[Row]:
    return [Row(name="TF-IDF", make=counted, data=DATA, seconds=12)] + [
        Row(
            name=encoder,
            make=lambda encoder=encoder: frozen(encoder),
            weights=(source,),
            data=DATA,
            seconds=35 if encoder == "MiniLM" else 20,
        )
        for encoder, (_, source) in ENCODERS.items()
    ]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
