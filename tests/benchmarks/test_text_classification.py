"""The plan of the experiment: every model is fine-tuned alike, over all training texts."""

import text_classification
from text_classification import EPOCHS, RATES, SECONDS, SEEDS, tuning

from bertgpt.tasks.classification import load_splits


def test_every_model_passes_as_often_over_all_training_texts_under_the_same_head():
    for task, encoders in SECONDS.items():
        n = len(load_splits(task)[0].texts)
        for encoder in encoders:
            planned = tuning(task, encoder, 0)
            assert 0 <= planned.steps * planned.batch_size - EPOCHS * n < planned.batch_size
            assert (planned.pooling, planned.learning_rate) == ("mean", RATES[encoder])


def test_the_seeds_of_a_row_are_told_apart_by_its_name():
    names = [row.name for row in text_classification.rows()]
    for encoder in RATES:
        assert [f"sentiment {encoder} fine-tuned {seed}" for seed in range(SEEDS["sentiment"])] \
            == [name for name in names if name.startswith(f"sentiment {encoder}")]
    assert not any(name.startswith("genre") and "MiniLM" in name for name in names)      # one model is enough there
