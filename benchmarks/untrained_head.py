"""The third model of the head switcher: BERT's shape with random weights, and the layers fitted on it for sentiment.

As the trained models' layers (fitted_heads), but in float32: frozen, a logistic regression for each pooling, on all
labels. The weights are drawn from the seed, and not stored: who needs them draws them again.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from experiments import Row, fingerprint, main

from bertgpt import load_bert, load_tokenizer
from bertgpt_book.tasks.classification import fit_layer, frozen_features, load_splits
from bertgpt_book.tasks.labelled import movie_snippets
from bertgpt_book.widgets.head_switcher import READINGS, written

NAME = "untrained_head"
SPLITS = {name: movie_snippets(name) for name in ("train", "test")}
SNIPPETS = {f"sentiment, {name}": fingerprint(*each.texts, *map(str, each.labels)) for name, each in SPLITS.items()}
ABOUT = {"data": SNIPPETS, "settings": "random weights, frozen, float32, 64 tokens; logistic regression"}


def sentiment(seed: int, n_train: int | None = None) -> dict:
    training, test = load_splits(n_train)
    trained, tokenizer = load_bert("littlebert"), load_tokenizer()
    torch.manual_seed(seed)
    model = type(trained)(trained.config).eval()
    known, new = (frozen_features(model, tokenizer, side.texts, 64, *READINGS) for side in (training, test))
    layers = {}
    for reading in READINGS:
        layer = fit_layer(known[reading], training.labels)
        right = np.equal(layer(new[reading]).argmax(dim=-1).tolist(), test.labels)
        layers[reading] = written(layer) | {"accuracy": float(right.mean())}
    return {"layers": layers}


def rows() -> Iterator[Row]:
    yield Row("our BERT's shape, seed 0", partial(sentiment, 0), tuple(SNIPPETS.values()), seconds=30, key={"seed": 0})


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
