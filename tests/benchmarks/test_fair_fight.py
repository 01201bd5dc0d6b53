"""A row of the fair fight is made again small, and holds what the record's rows hold."""

import fair_fight as experiment
import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score

from bertgpt.book.records import recorded
from bertgpt.evaluation.baselines import word_classifier
from bertgpt.tasks import fair_fight

SIZES = fair_fight.FIGHT_SIZES | {"d_model": 24, "n_layers": 1, "d_ff": 48}


@pytest.fixture(scope="module")
def fight(tokenizer):
    return experiment.Fight(tokenizer, None, budgets=(4, 6, 9), sizes=SIZES, n_items=3, n_rows=2, n_train=60, n_test=40)


def keys(row):
    """Say what a row holds, but for how it was made."""
    return {name: keys(value) if isinstance(value, dict) else type(value) for name, value in row.items()
            if name not in ("name", "made_with", "cpu_seconds")}


@pytest.mark.slow
@pytest.mark.parametrize("arm", ["BERT", "GPT"])
def test_a_row_is_made_again_small(fight, arm):
    row = fight.row(arm, 1, 0)
    kept = recorded("fair_fight")[f"{arm}, 0 steps, seed 0"]
    assert keys(row) == keys(kept)
    assert {len(right) for right in row["exams"].values()} == {9}
    assert all(8.5 < loss < 9.5 for split in row["own"].values() for loss in split["loss"])        # ln 8192 = 9.01
    trained = fight.row(arm, 1, 6)
    assert trained["tokens"] == 6 * 16 * 64 and trained["own"] != row["own"] and not trained["probes"]


@pytest.mark.slow
def test_all_rows_look_at_the_same_texts_and_each_arm_hides_its_own(fight):
    assert fight.looks is fight.looks and fight.looks.keys() == fair_fight.ARMS.keys()
    for split in ("train", "test"):
        for number in range(3):
            rows = {arm: looks[split][number] for arm, looks in fight.looks.items()}
            whole, mask = rows["GPT"]["input_ids"], fight.tokenizer.mask_id                # (B, T)
            assert all(torch.equal(row["input_ids"], whole.where(~row["at_mask"], mask))
                       for arm, row in rows.items() if arm != "published")
            assert torch.equal(rows["BERT"]["labels"], rows["left-only"]["labels"])


@pytest.mark.slow
def test_baselines_answer_the_same_questions(fight):
    found = fight.baselines()
    assert keys(found) == keys(recorded("fair_fight")["baselines"])
    for task, (training, test) in fight.labelled.items():
        answers = word_classifier().fit(training.texts, training.labels).predict(test.texts)
        assert np.mean([mark == "1" for mark in found["probes"][task]["TF-IDF"]]) == pytest.approx(
            accuracy_score(test.labels, answers))
    own = {arm: {name: np.mean(rows) for name, rows in of.items()} for arm, of in found["own"].items()}
    assert own["BERT"]["both sides"] < own["BERT"]["unigram"] and own["GPT"]["trigram"] < own["GPT"]["unigram"]
    assert own["published"]["copier"] < own["BERT"]["unigram"]             # a fifth of what is asked is shown


def test_the_plan_names_every_row_once_and_asks_what_matters_most_first(fight):
    names = [row.name for row in experiment.rows_of(fight)]
    assert len(names) == len(set(names)) and names[1:3] == ["BERT, 0 steps, seed 0", "GPT, 0 steps, seed 0"]
    for steps in (4, 6, 9):
        assert {f"{arm}, {steps} steps, seed {seed}" for arm in ("BERT", "GPT") for seed in range(3)} <= set(names)
    assert names[-2:] == ["BERT, 9 steps, seed 2", "GPT, 9 steps, seed 2"]
    assert "15 % hidden, 9 steps, seed 0" in names        # its own budget is longer than the rehearsal's longest


def test_marks_say_which_answers_are_right():
    assert experiment.marks(np.array([1, 0, 2]), [1, 1, 2]) == "101"
