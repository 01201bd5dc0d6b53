"""What the fair fight asks of both models, and of counts of words, at a small size."""

import fair_fight as experiment
import pytest
from sklearn.metrics import accuracy_score

from bertgpt.results import load_results
from bertgpt.tasks import fair_fight
from bertgpt.tasks.baselines import word_classifier
from bertgpt.tasks.labelled import TASKS

SMALL = dict(vocab_size=8192, max_len=32, d_model=24, n_layers=1, n_heads=3, d_ff=48)
PAIRS = [{"real": "She was very well.", "swapped": "She very was well.", "replaced": "She was very sea."}] * 3


@pytest.mark.parametrize("kind", fair_fight.OBJECTIVES)
def test_a_model_is_asked_what_the_record_holds(kind, tokenizer):
    model = fair_fight.untrained_model(kind, 0, SMALL)
    found = experiment.evaluate_model(model, tokenizer, PAIRS, n_train=60, n_test=40)
    recorded = next(row for row in load_results("fair_fight")["rows"] if row["model"] == kind)
    assert {task: set(row) for task, row in found["probes"].items()} == {
        task: set(row) for task, row in recorded["probes"].items()}
    assert set(found["choices"]) == set(recorded["choices"])
    shares = [share for row in [*found["probes"].values(), found["choices"]] for share in row.values()]
    assert all(0 <= share <= 1 for share in shares)


def test_baselines_are_asked_the_same_texts():
    found = experiment.probe_baselines(n_train=90, n_test=60)
    for task, texts in TASKS.items():
        training, test = (fair_fight.subsample(texts(split), n) for split, n in (("train", 90), ("test", 60)))
        answers = word_classifier().fit(training.texts, training.labels).predict(test.texts)
        common = max(set(training.labels), key=training.labels.count)
        assert found[task]["TF-IDF"] == pytest.approx(accuracy_score(test.labels, answers))
        assert found[task]["majority"] == test.labels.count(common) / 60
