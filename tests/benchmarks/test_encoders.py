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


def test_a_pass_has_every_text_once_beside_others_of_its_length():
    rows = [[1 + i] * (1 + i % 50) for i in range(400)]
    source = LabelledBatches(rows, list(range(400)), 25, pad_id=0)
    passes = [[source.sample(step) for step in range(16 * n, 16 * (n + 1))] for n in range(2)]
    for batches in passes:
        assert sorted(label for batch in batches for label in batch["labels"].tolist()) == list(range(400))
        padded = [1 - batch["attention_mask"].float().mean().item() for batch in batches]
        assert sum(padded) / 16 < 0.15  # at random it is nearly a half
        for batch in batches:
            assert batch["input_ids"].shape == (25, batch["attention_mask"].sum(1).max())
            for ids, mask, label in zip(batch["input_ids"], batch["attention_mask"], batch["labels"]):
                assert ids[mask == 1].tolist() == rows[label] and (ids[mask == 0] == 0).all()
    widths = [batch["input_ids"].size(1) for batch in passes[0]]
    assert widths != sorted(widths) and passes[0][0]["labels"].tolist() != passes[1][0]["labels"].tolist()
    few = LabelledBatches(rows[:4], [0, 1, 2, 3], 5, pad_id=0)  # the batch that ends a pass begins the next
    drawn = [label for step in range(20) for label in few.sample(step)["labels"].tolist()]
    assert sorted(drawn) == sorted([0, 1, 2, 3] * 25)
