"""Few labels: every method learns from the same draws, and from its labels alone."""

import torch
from few_labels import by_layer, draw_labels, label_curve

from bertgpt.tasks.classification import by_words
from bertgpt.tasks.labelled import Labelled

TRAINING = Labelled(["a good film", "a bad film"] * 20, [1, 0] * 20, ["negative", "positive"])
TEST = Labelled(["good", "bad", "so good", "so bad"], [1, 0, 1, 0], TRAINING.names)


def test_a_draw_repeats_and_another_differs():
    assert draw_labels(100, 20, 3) == draw_labels(100, 20, 3) != draw_labels(100, 20, 4)
    assert len(set(draw_labels(100, 20, 3))) == 20 and max(draw_labels(100, 20, 3)) < 100


def test_a_curve_gives_each_method_the_draw_and_nothing_else():
    drawn = []

    def classify(chosen):
        drawn.append(chosen)
        return [1, 0, 1, 1]

    curve = label_curve(classify, TRAINING, TEST, [5, 9])
    assert curve == {5: [0.75] * 10, 9: [0.75] * 10}
    assert drawn == [draw_labels(40, size, draw) for size in (5, 9) for draw in range(10)]


def test_words_and_vectors_learn_from_their_labels():
    vectors = torch.tensor([[1.0 if label else -1.0, 0.5] for label in TRAINING.labels])    # (n, D)
    new = torch.tensor([[1.0, 0.5], [-1.0, 0.5], [1.0, 0.5], [-1.0, 0.5]])                  # (m, D)
    for classify in (by_words(TRAINING, TEST), by_layer(vectors, new, TRAINING)):
        assert classify(list(range(40))) == TEST.labels
    flipped = Labelled(TRAINING.texts, [1 - label for label in TRAINING.labels], TRAINING.names)
    assert by_layer(vectors, new, flipped)(list(range(40))) == [0, 1, 0, 1]
