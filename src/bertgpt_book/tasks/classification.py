"""Classify texts: by word counts, by a layer on a frozen model, by fine-tuning.

n training texts, m test texts, D d_model, C classes.
"""

import random
from collections.abc import Callable, Sequence

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from .finetuning import build_inputs, pooled
from .labelled import Labelled, movie_snippets, subset

Classifier = Callable[[list[int]], Sequence[int]]  # labelled training texts -> classes of the test texts


def load_splits(n_train: int | None = None) -> tuple[Labelled, Labelled]:
    """Load the training texts, all or a fixed random n, and the 2,046 test texts."""
    training, test = (movie_snippets(split) for split in ("train", "test"))
    n = len(training.texts)
    return subset(training, random.Random(0).sample(range(n), n_train or n)), test


def frame_texts(encoder, tokenizer, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Encode texts with the model's special tokens, truncated at the end: -> ids of each."""
    return [build_inputs(encoder, tokenizer, text, max_tokens=max_tokens)[0] for text in texts]


def frozen_features(encoder, tokenizer, texts: list[str], max_tokens: int, *poolings: str) -> dict[str, Tensor]:
    """Compute one vector per text and pooling with a frozen model: -> pooling -> (n, D)."""
    return pooled(encoder, frame_texts(encoder, tokenizer, texts, max_tokens), *poolings)


def fit_layer(vectors: Tensor, labels: list[int]) -> nn.Linear:
    """Fit one linear layer on frozen vectors: (n, D) -> a layer D -> C.

    labels: n classes, 0 to C - 1, each at least once; raises ValueError where one is missing
    A logistic regression on standardised vectors; the scaling is then folded into its weights.
    """
    vectors = vectors.cpu()
    scale = StandardScaler().fit(vectors)
    fitted = LogisticRegression(C=0.05, max_iter=1000).fit(scale.transform(vectors), labels)
    if (classes := fitted.classes_.tolist()) != list(range(len(classes))):
        raise ValueError(f"labels must be 0 to C - 1, each at least once, and these are {classes}: draw more texts")
    weight, bias = fitted.coef_ / scale.scale_, fitted.intercept_  # (C, D), or (1, D) of two
    bias = bias - weight @ scale.mean_
    if len(weight) == 1:  # for two classes scikit-learn keeps one row: second against first
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    layer = nn.Linear(weight.shape[1], len(weight))
    layer.weight.data, layer.bias.data = torch.tensor(weight).float(), torch.tensor(bias).float()
    return layer.requires_grad_(False)


def by_words(training: Labelled, test: Labelled) -> Classifier:
    """Classify by TF-IDF of words and word pairs under a logistic regression."""

    def classify(chosen):
        some = subset(training, chosen)
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        classifier = make_pipeline(words, LogisticRegression(C=10, max_iter=1000))
        return classifier.fit(some.texts, some.labels).predict(test.texts).tolist()

    return classify
