"""Few labels: the same draws for every method, a method that sees only its draw, and the recorded rows."""

import pytest
import torch

from bertgpt.book.records import load_results
from bertgpt.tasks.classification import load_splits
from bertgpt.tasks.few_labels import by_layer, by_words, draw_labels, label_curve
from bertgpt.tasks.labelled import Labelled

TRAINING = Labelled(["a good film", "a bad film"] * 20, [1, 0] * 20, ["negative", "positive"])
EXAM = Labelled(["good", "bad", "so good", "so bad"], [1, 0, 1, 0], TRAINING.names)


def test_a_draw_repeats_and_another_differs():
    assert draw_labels(100, 20, 3) == draw_labels(100, 20, 3) != draw_labels(100, 20, 4)
    assert len(set(draw_labels(100, 20, 3))) == 20 and max(draw_labels(100, 20, 3)) < 100


def test_a_method_is_told_the_draw_and_nothing_else():
    told = []

    def answer(chosen):
        told.append(chosen)
        return [1, 0, 1, 1]

    curve = label_curve(answer, TRAINING, EXAM, [5, 9], n_draws=2)
    assert curve == {5: [0.75, 0.75], 9: [0.75, 0.75]}
    assert told == [draw_labels(40, size, draw) for size in (5, 9) for draw in (0, 1)]


def test_words_and_vectors_learn_from_their_labels():
    vectors = torch.tensor([[1.0 if label else -1.0, 0.5] for label in TRAINING.labels])       # (n, D)
    asked = torch.tensor([[1.0, 0.5], [-1.0, 0.5], [1.0, 0.5], [-1.0, 0.5]])                   # (m, D)
    for answer in (by_words(TRAINING, EXAM), by_layer(vectors, asked, TRAINING)):
        assert answer(list(range(40))) == EXAM.labels
    flipped = Labelled(TRAINING.texts, [1 - label for label in TRAINING.labels], TRAINING.names)
    assert by_layer(vectors, asked, flipped)(list(range(40))) == [0, 1, 0, 1]


def test_the_recorded_count_comes_again():
    recorded = {row["name"]: row for row in load_results("few_labels")["rows"]}["TF-IDF"]["curve"]
    training, exam = load_splits("sentiment")
    again = label_curve(by_words(training, exam), training, exam, [50], n_draws=2)
    assert again[50] == pytest.approx(recorded["50"][:2], abs=0.005)
