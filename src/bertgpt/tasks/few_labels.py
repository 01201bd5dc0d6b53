"""How many labels a representation is worth: the same few draws of labelled texts, for a layer and for a count.

n texts, D d_model.
"""

import random
from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from ..evaluation.baselines import word_classifier
from .classification import fit_layer
from .labelled import Labelled, subset

Answerer = Callable[[list[int]], Sequence[int]]       # which training texts are labelled -> a class for each exam text


def draw_labels(n: int, size: int, draw: int) -> list[int]:
    """Choose `size` of n texts to be labelled, the same ones for every method: -> their indices."""
    return random.Random(f"{size} labels, draw {draw}").sample(range(n), size)


def by_layer(known: Tensor, asked: Tensor, training: Labelled) -> Answerer:
    """Answer by one linear layer on vectors that stay as they are.

    known: (n, D), a vector of each training text; asked: (m, D), of each exam text
    """
    return lambda chosen: fit_layer(known[chosen], [training.labels[i] for i in chosen])(asked).argmax(dim=-1).tolist()


def by_words(training: Labelled, exam: Labelled) -> Answerer:
    """Answer by counted words and pairs of words, weighed by TF-IDF, under a logistic regression."""
    def answer(chosen):
        some = subset(training, chosen)
        return word_classifier().fit(some.texts, some.labels).predict(exam.texts).tolist()

    return answer


def label_curve(answer: Answerer, training: Labelled, exam: Labelled, sizes: Sequence[int],
                n_draws: int = 10) -> dict[int, list[float]]:
    """Learn from each number of labels, several draws of each: -> size -> accuracy on the exam, one a draw."""
    return {size: [float(np.mean(np.equal(answer(draw_labels(len(training.texts), size, draw)), exam.labels)))
                   for draw in range(n_draws)] for size in sizes}
