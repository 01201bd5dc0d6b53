"""The heads of the head switcher: one linear layer on a frozen model, fitted on all labels there are.

    python benchmarks/fitted_heads.py             # every row that is missing or stale
    python benchmarks/fitted_heads.py BERT        # those whose name has all of these words

Writes src/bertgpt_book/results/fitted_heads.json: of each layer its weights, in whole numbers of
steps as the page reads them, and how often it is right on held-out texts. Sentiment is a logistic
regression on all 8,024 snippets, a layer for each pooling; names are tagged by a layer that passed
three times over every third training sentence. It takes about 30 seconds of one core a row.
"""

import sys

import numpy as np
import torch
from experiments import Row, record
from named_entities import DATA as NAMED
from named_entities import evaluation_split, tagger_steps, training_sentences
from tagging import Tagger, TaggerTuning
from text_classification import task_hashes

from bertgpt.evaluation.metrics import span_scores
from bertgpt.weights.pretrained import load_tokenizer
from bertgpt_book.tasks.classification import ENCODERS, MAX_TOKENS, fit_layer, frozen_features, load_splits
from bertgpt_book.widgets.head_switcher import READINGS, written

NAME = "fitted_heads"
SNIPPETS = task_hashes()
ABOUT = {
    "command": "python benchmarks/fitted_heads.py",
    "data": {**SNIPPETS, **NAMED},
    "settings": "frozen, bfloat16; sentiment: logistic regression; names: AdamW at 1e-2, batches of 32",
}


def sentiment(encoder: str) -> dict:
    load, source = ENCODERS[encoder]
    training, test = load_splits("sentiment")
    model, tokenizer = load(source), load_tokenizer(source)
    with torch.autocast("cpu", torch.bfloat16):
        known, new = (
            frozen_features(model, tokenizer, side.texts, MAX_TOKENS["sentiment"], *READINGS)
            for side in (training, test)
        )  # reading -> (n, D), (m, D)
    found = {}
    for reading in READINGS:
        layer = fit_layer(known[reading], training.labels)
        right = np.equal(layer(new[reading]).argmax(dim=-1).tolist(), test.labels)
        found[reading] = written(layer) | {"accuracy": float(right.mean())}
    return {"layers": found}


def names(encoder: str) -> dict:
    tagger = Tagger(TaggerTuning(encoder=encoder, frozen=True, steps=tagger_steps(), learning_rate=1e-2))
    tagger.learn(training_sentences())
    test = evaluation_split("test")
    found = tagger.find([sentence.text for sentence in test])
    scores = span_scores([set(spans) for _, spans in test], [set(spans) for spans in found])
    return {"layer": written(tagger.model.head.classifier), **scores}


def rows() -> list[Row]:
    return [
        Row(
            name=f"{encoder}, {task}",
            make=lambda make=make, encoder=encoder: make(encoder),
            data=data,
            weights=(ENCODERS[encoder][1],),
            seconds=30,
        )
        for encoder in ("TinyBERT", "TinyGPT")
        for task, make, data in (
            ("sentiment", sentiment, tuple(SNIPPETS.values())),
            ("names", names, tuple(NAMED.values())),
        )
    ]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
