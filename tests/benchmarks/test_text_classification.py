"""The frozen rows of the experiment: states know something, shuffled labels teach nothing."""

import pytest
from text_classification import read_frozen

from bertgpt import load_bert, load_tokenizer
from bertgpt.tasks import classification
from bertgpt.tasks.labelled import Labelled


@pytest.mark.slow
def test_frozen_states_know_more_than_nothing_and_shuffled_labels_teach_nothing():
    training, test = classification.load_splits("sentiment", 400)
    test = classification.subset(test, range(0, 2046, 5))       # they are in the order of the file
    encoder, tokenizer = load_bert("tinybert"), load_tokenizer()
    graded = read_frozen(encoder, tokenizer, training, test, 64, "mean")["mean"]
    assert graded["accuracy"] > 0.56
    shuffled = Labelled(training.texts, sorted(training.labels), training.names)
    assert read_frozen(encoder, tokenizer, shuffled, test, 64, "mean")["mean"]["accuracy"] < 0.56
