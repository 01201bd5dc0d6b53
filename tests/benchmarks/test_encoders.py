"""Random weights follow their seed, and each pass over labelled texts sees every one of them once."""

import pytest
from encoders import LabelledBatches, load_encoder


@pytest.mark.parametrize("name, field", [("TinyBERT", "segment"), ("TinyGPT", "position")])
def test_random_weights_have_the_shape_of_the_trained_and_follow_their_seed(name, field):
    trained, _ = load_encoder(name)
    one, again, other = (load_encoder(name, seed, pretrained=False)[0] for seed in (0, 0, 1))
    assert one.config == trained.config and not one.training
    weights = [getattr(model.embeddings, field).weight for model in (trained, one, again, other)]
    assert [bool(weights[1].equal(each)) for each in weights] == [False, True, True, False]


def test_examples_keep_their_labels_and_are_padded_to_the_longest():
    rows, drawn = [[1], [2, 2], [3, 3, 3], [4, 4, 4, 4]], []
    source = LabelledBatches(rows, [10, 20, 30, 40], 5, pad_id=0)
    for step in range(20):
        batch = source.sample(step)
        drawn += batch["labels"].tolist()
        lengths = batch["attention_mask"].sum(1)
        assert batch["input_ids"].shape == (5, int(lengths.max()))
        for ids, mask, label in zip(batch["input_ids"], batch["attention_mask"], batch["labels"]):
            assert label == 10 * ids[0]
            assert ids[mask == 1].tolist() == rows[ids[0] - 1]
            assert (ids[mask == 0] == 0).all()
    assert all(drawn.count(label) == 25 for label in source.labels)  # in as many passes


def test_texts_of_similar_length_are_batched_each_once_a_pass():
    rows = [[i] * (1 + i % 50) for i in range(400)]
    source = LabelledBatches(rows, list(range(400)), 25, pad_id=0)
    passes = [[source.sample(step) for step in range(16 * n, 16 * (n + 1))] for n in range(2)]
    for batches in passes:
        assert sorted(label for batch in batches for label in batch["labels"].tolist()) == list(range(400))
        padded = [1 - batch["attention_mask"].float().mean().item() for batch in batches]
        assert sum(padded) / 16 < 0.15  # at random it is nearly a half
    widths = [batch["input_ids"].size(1) for batch in passes[0]]
    assert widths != sorted(widths) and passes[0][0]["labels"].tolist() != passes[1][0]["labels"].tolist()
