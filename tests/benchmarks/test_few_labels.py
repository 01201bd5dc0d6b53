"""Few labels: every method learns from its labels alone."""

import torch
from few_labels import by_layer

from bertgpt_book.tasks.classification import by_words
from bertgpt_book.tasks.labelled import Labelled

TRAINING = Labelled(["a good film", "a bad film"] * 20, [1, 0] * 20, ["negative", "positive"])
TEST = Labelled(["good", "bad", "so good", "so bad"], [1, 0, 1, 0], TRAINING.names)


def test_words_and_vectors_learn_from_their_labels():
    vectors = torch.tensor([[1.0 if label else -1.0, 0.5] for label in TRAINING.labels])  # (n, D)
    new = torch.tensor([[1.0, 0.5], [-1.0, 0.5], [1.0, 0.5], [-1.0, 0.5]])  # (m, D)
    for classify in (by_words(TRAINING, TEST), by_layer(vectors, new, TRAINING)):
        assert classify(list(range(40))) == TEST.labels
    flipped = Labelled(TRAINING.texts, [1 - label for label in TRAINING.labels], TRAINING.names)
    assert by_layer(vectors, new, flipped)(list(range(40))) == [0, 1, 0, 1]
