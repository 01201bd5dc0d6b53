"""The heads of the head switcher: one linear layer on a frozen model, fitted on all labels there are.

A row has each layer's weights, in whole numbers of steps as the page reads them, and how often it is right on held-out
texts. Sentiment has a layer for each pooling; names are tagged by one trained on every third sentence, three times.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from experiments import BFLOAT16, Row, fingerprint, main
from gazetteer import named_entities
from named_entities import DATA as NAMED
from named_entities import tagger_steps, training_sentences
from tagging import ENCODERS, Tagger, TaggerTuning, load_encoder

from bertgpt_book.tasks.classification import fit_layer, frozen_features, load_splits
from bertgpt_book.tasks.entities import span_scores
from bertgpt_book.tasks.labelled import movie_snippets
from bertgpt_book.widgets.head_switcher import READINGS, written

NAME = "fitted_heads"
MAX_TOKENS = 64  # of a snippet, special tokens included
SPLITS = {name: movie_snippets(name) for name in ("train", "test")}
SNIPPETS = {f"sentiment, {name}": fingerprint(*each.texts, *map(str, each.labels)) for name, each in SPLITS.items()}
ABOUT = {
    "data": {**SNIPPETS, **NAMED},
    "settings": "frozen, bfloat16; sentiment: logistic regression; names: AdamW at 1e-2, batches of 32",
}


def sentiment(encoder: str) -> dict:
    training, test = load_splits()
    model, tokenizer = load_encoder(encoder)
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        known, new = (
            frozen_features(model, tokenizer, side.texts, MAX_TOKENS, *READINGS) for side in (training, test)
        )  # reading -> (n, D), (m, D)
    layers = {}
    for reading in READINGS:
        layer = fit_layer(known[reading], training.labels)
        right = np.equal(layer(new[reading]).argmax(dim=-1).tolist(), test.labels)
        layers[reading] = written(layer) | {"accuracy": float(right.mean())}
    return {"layers": layers}


def names(encoder: str) -> dict:
    tagger = Tagger(TaggerTuning(encoder=encoder, frozen=True, steps=tagger_steps(), learning_rate=1e-2))
    tagger.learn(training_sentences())
    test = named_entities("test")
    predicted = tagger.find([sentence.text for sentence in test])
    scores = span_scores([set(spans) for _, spans in test], [set(spans) for spans in predicted])
    return {"layer": written(tagger.model.head.classifier), **scores}


def rows() -> Iterator[Row]:
    for encoder in ("TinyBERT", "TinyGPT"):
        weights = (ENCODERS[encoder][1],)
        yield Row(f"{encoder}, sentiment", partial(sentiment, encoder), tuple(SNIPPETS.values()), weights, 30)
        yield Row(f"{encoder}, names", partial(names, encoder), tuple(NAMED.values()), weights, 30)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
