"""How far do 20, 50, ... 8,000 labels go, for a layer on a frozen model and for word counts?

Accuracy on held-out snippets of film reviews, ten draws of labels per size, the same for all methods. No setting was
chosen on these snippets. The control, *random weights*, is a model that was never trained, three draws of its weights.
"""

import random
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from encoders import FROZEN, MAX_TOKENS, UNTRAINED, load_encoder
from experiments import BFLOAT16, Row, adapter_fingerprint, main
from text_classification import task_hashes

from bertgpt.weights.hub import SMOLLM2
from bertgpt_book.tasks.classification import Classifier, by_words, fit_layer, frozen_features, load_splits
from bertgpt_book.tasks.labelled import Labelled

NAME = "few_labels"
SECONDS = {"MiniLM": 35, "SmolLM2": 800, "SmolLM2, opened": 400, "SmolLM2, practised": 400}  # of the others 20
SIZES = (20, 50, 100, 200, 600, 2000, 8000)
DRAWS = 10
# SmolLM2 with its mask opened is slow to ask: fewer sizes, and the first draws of each.
ASKED = dict.fromkeys(("SmolLM2, opened", "SmolLM2, practised"), {"sizes": (50, 600), "n_draws": 2})
DATA = tuple(task_hashes().values())
ABOUT = {
    "data": dict(zip(("train", "test"), DATA)),
    "settings": "average of the last hidden states, frozen, bfloat16 where it is fast (SmolLM2: float32), 64 tokens; "
    "logistic regression; one thread",
}


def draws(training: Labelled, size: int, n_draws: int = DRAWS) -> list[list[int]]:
    """Draw training texts, the same for every method."""
    texts = range(len(training.texts))
    return [random.Random(f"{size} labels, draw {i}").sample(texts, size) for i in range(n_draws)]


def label_curve(classify: Classifier, training: Labelled, test: Labelled, sizes=SIZES, n_draws: int = DRAWS) -> dict:
    """Learn from some draws of each number of labels: -> size -> test accuracy of each draw."""
    curve = {
        size: [float(np.mean(np.equal(classify(draw), test.labels))) for draw in draws(training, size, n_draws)]
        for size in sizes
    }
    return {"curve": curve}


def counted() -> dict:
    training, test = load_splits()
    return label_curve(by_words(training, test), training, test)


def frozen(encoder: str, seed: int = 0, pretrained: bool = True, sizes=SIZES, n_draws: int = DRAWS) -> dict:
    """Encode every snippet that is asked for once, then fit a layer on the mean of its hidden states per draw."""
    training, test = load_splits()
    model, tokenizer = load_encoder(encoder, seed, pretrained)
    drawn = sorted({i for size in sizes for draw in draws(training, size, n_draws) for i in draw})
    known = torch.zeros(len(training.texts), model.config.d_model)  # (n, D)
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16 and FROZEN[encoder][1] != SMOLLM2):
        known[drawn], new = (
            frozen_features(model, tokenizer, texts, MAX_TOKENS, "mean")["mean"]
            for texts in ([training.texts[i] for i in drawn], test.texts)
        )  # (drawn, D), (m, D)

    def classify(chosen):
        layer = fit_layer(known[chosen], [training.labels[i] for i in chosen])
        return layer(new).argmax(dim=-1).tolist()

    return label_curve(classify, training, test, sizes, n_draws)


def rows() -> Iterator[Row]:
    yield Row("TF-IDF", counted, DATA, seconds=12)
    for encoder, (_, source) in FROZEN.items():
        make = partial(frozen, encoder, **ASKED.get(encoder, {}))
        beside = (adapter_fingerprint(source),) if encoder.endswith("practised") else ()
        yield Row(encoder, make, (*DATA, *beside), (source,), SECONDS.get(encoder, 20))
    for encoder in UNTRAINED:
        for seed in range(3):
            make = partial(frozen, encoder, seed, pretrained=False)
            yield Row(f"{encoder}, random weights, seed {seed}", make, DATA, (FROZEN[encoder][1],), 20)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
