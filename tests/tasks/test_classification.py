"""Texts sorted into classes: what is counted, the layer on frozen features, and a recorded row rerun small."""

import re

import numpy as np
import pytest
import torch
from reference import tiny_gpt
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bertgpt.book.records import load_results
from bertgpt.evaluation.metrics import wilson
from bertgpt.tasks import classification
from bertgpt.tasks.classification import ClassifierTuning
from bertgpt.tasks.labelled import Labelled

TEST = Labelled(["a", "b", "c", "d"], [0, 1, 1, 2], ["x", "y", "z"])


def test_a_grade_counts_by_hand():
    graded = classification.label_metrics(TEST, [0, 1, 0, 0])
    assert graded["accuracy"] == 0.5 and graded["right"] == "1100" and graded["interval"] == wilson(2, 4)
    assert graded["counts"] == [[1, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert graded["macro_f1"] == pytest.approx((0.5 + 2 / 3 + 0) / 3)      # precision 1/3, recall 1; 1, 1/2; none
    with pytest.raises(ValueError):
        classification.label_metrics(TEST, [0, 1, 0])


def test_the_most_common_class_is_that_of_the_training_texts():
    training = Labelled(["s"] * 3, [2, 2, 0], TEST.names)
    assert classification.majority_baseline(training, TEST)["right"] == "0001"


def test_words_that_tell_are_learned_and_nothing_is_read_off_the_exam():
    training = Labelled(["a good film", "a bad film"] * 20, [1, 0] * 20, ["negative", "positive"])
    test = Labelled(["bad", "good", "unheard"], [0, 1, 0], training.names)
    assert classification.tfidf_baseline(training, test)["right"][:2] == "11"


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_layer_is_the_logistic_regression_that_was_fitted(n_classes):
    vectors = 5 + 3 * torch.randn(60, 7)
    labels = [i % n_classes for i in range(60)]
    scaled = StandardScaler().fit(vectors)
    expected = LogisticRegression(C=0.05, max_iter=1000).fit(scaled.transform(vectors), labels)
    layer = classification.fit_layer(vectors, labels)
    p = layer(vectors).softmax(dim=-1)
    np.testing.assert_allclose(p.numpy(), expected.predict_proba(scaled.transform(vectors)), atol=1e-5)


@pytest.mark.parametrize("labels", [[0, 2], [1, 3], [1, 2]])
def test_a_layer_is_not_fitted_where_a_class_is_missing(labels):
    with pytest.raises(ValueError, match=re.escape(f"these are {labels}")):
        classification.fit_layer(torch.randn(6, 7), 3 * labels)


def test_part_of_the_training_texts_is_the_same_every_time_and_keeps_its_labels():
    whole, _ = classification.load_splits("sentiment")
    few, test = classification.load_splits("sentiment", 50)
    assert (few, test) == classification.load_splits("sentiment", 50)
    known = dict(zip(whole.texts, whole.labels))
    assert [known[text] for text in few.texts] == few.labels and len(set(few.texts)) == 50


def test_a_text_is_cut_to_its_room_and_keeps_its_end(tokenizer, bert):
    rows = classification.frame_texts(bert, tokenizer, ["one two three four five", "one"], 5)
    assert rows == [[tokenizer.cls_id, *tokenizer.encode(" one two three"), tokenizer.sep_id],
                    [tokenizer.cls_id, *tokenizer.encode(" one"), tokenizer.sep_id]]
    rows = classification.frame_texts(tiny_gpt(max_len=17), tokenizer, ["one two three four five", "one"], 5)
    assert rows == [[tokenizer.eos_id, *tokenizer.encode(" one two three four")],
                    [tokenizer.eos_id, *tokenizer.encode(" one")]]


def test_a_recorded_row_runs_again_in_little():
    row = next(row for row in load_results("text_classification")["rows"]
               if row["name"] == "sentiment TinyBERT fine-tuned 0")
    recorded = {name: row[name] for name in ClassifierTuning.__dataclass_fields__}
    tuning = ClassifierTuning(**recorded | {"steps": 3, "batch_size": 4})
    training, test = classification.load_splits("sentiment", 40)
    again = classification.run_fine_tuning(tuning, training, classification.subset(test, range(0, 2046, 100)))
    assert set(again) | {"name", "method", "made_with"} == set(row)
    assert again["steps"] == 3 and len(again["right"]) == 21 and again["loss"] > 0


def test_the_recorded_rows_are_about_the_texts_that_ship():
    recorded = load_results("text_classification")
    assert recorded["about"]["data"] == classification.task_hashes()
    rows = {row["name"]: row for row in recorded["rows"]}
    for row in rows.values():
        assert row["accuracy"] == pytest.approx(row["right"].count("1") / len(row["right"]))
        assert len(row["right"]) == {"sentiment": 2046, "genre": 800}[row["task"]]
    assert all(rows[f"sentiment MiniLM fine-tuned {seed}"]["accuracy"] > rows["sentiment TF-IDF"]["accuracy"]
               for seed in range(3))
    assert rows["sentiment majority"]["accuracy"] < 0.51 and rows["genre majority"]["accuracy"] == 0.25


def test_counted_words_give_the_recorded_numbers():
    rows = {row["name"]: row for row in load_results("text_classification")["rows"]}
    graded = classification.tfidf_baseline(*classification.load_splits("sentiment"))
    assert graded["accuracy"] == pytest.approx(rows["sentiment TF-IDF"]["accuracy"], abs=0.005)
