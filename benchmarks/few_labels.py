"""How far do 20, 50, ... 8,000 labels go, for a layer on a frozen model and for word counts?

A row per method: its accuracy on the 2,046 held-out snippets of film reviews, ten draws of labels per
size, the same draws for all methods. No setting was chosen on these snippets. The rows called *random
weights* are the control: the same layer on a model that was never trained, three draws of its weights.
"""

import random
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from experiments import Row, main
from text_classification import task_hashes
from torch import Tensor

from bertgpt.device import supports_bfloat16
from bertgpt.weights.hub import SMOLLM2
from bertgpt_book.tasks.classification import (
    FROZEN,
    MAX_TOKENS,
    Classifier,
    by_words,
    fit_layer,
    frozen_features,
    load_encoder,
    load_splits,
)
from bertgpt_book.tasks.labelled import Labelled

NAME = "few_labels"
UNTRAINED = ("TinyBERT", "TinyGPT")
SECONDS = {"MiniLM": 35, "SmolLM2": 800}  # of the others 20
SIZES = (20, 50, 100, 200, 600, 2000, 8000)
DATA = tuple(task_hashes().values())
ABOUT = {
    "data": dict(zip(("train", "test"), DATA)),
    "settings": "average of the last hidden states, frozen, bfloat16 where it is fast (SmolLM2: float32), 64 tokens; "
    "logistic regression; one thread",
}


def by_layer(train_vectors: Tensor, test_vectors: Tensor, training: Labelled) -> Classifier:
    """Classify by one linear layer on frozen vectors, (n, D) and (m, D)."""

    def classify(chosen):
        layer = fit_layer(train_vectors[chosen], [training.labels[i] for i in chosen])
        return layer(test_vectors).argmax(dim=-1).tolist()

    return classify


def label_curve(classify: Classifier, training: Labelled, test: Labelled) -> dict:
    """Learn from ten draws of each number of labels: -> size -> test accuracy of each draw."""
    curve = {}
    for size in SIZES:
        draws = [random.Random(f"{size} labels, draw {i}").sample(range(len(training.texts)), size) for i in range(10)]
        curve[size] = [float(np.mean(np.equal(classify(draw), test.labels))) for draw in draws]
    return {"curve": curve}


def counted() -> dict:
    training, test = load_splits()
    return label_curve(by_words(training, test), training, test)


def frozen(encoder: str, seed: int = 0, pretrained: bool = True) -> dict:
    """Encode every snippet once, then fit a layer on the mean of its hidden states per draw."""
    training, test = load_splits()
    model, tokenizer = load_encoder(encoder, seed, pretrained)
    fast = supports_bfloat16(torch.device("cpu")) and FROZEN[encoder][1] != SMOLLM2
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        known, new = (
            frozen_features(model, tokenizer, side.texts, MAX_TOKENS, "mean")["mean"] for side in (training, test)
        )  # (n, D), (m, D)
    return label_curve(by_layer(known, new, training), training, test)


def rows() -> Iterator[Row]:
    yield Row("TF-IDF", counted, DATA, seconds=12)
    for encoder, (_, source) in FROZEN.items():
        yield Row(encoder, partial(frozen, encoder), DATA, (source,), SECONDS.get(encoder, 20))
    for encoder in UNTRAINED:
        for seed in range(3):
            make = partial(frozen, encoder, seed, pretrained=False)
            yield Row(f"{encoder}, random weights, seed {seed}", make, DATA, (FROZEN[encoder][1],), 20)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
