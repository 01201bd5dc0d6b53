"""The tagger, frozen and fine-tuned: what learns; random weights follow their seed; a pass sees every text once."""

import pytest
import torch
from gazetteer import named_entities
from tagging import Tagger, TaggerTuning, bucketed_indices, load_encoder

from bertgpt import load_bert, load_gpt


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("encoder, load", [("TinyBERT", load_bert), ("TinyGPT", load_gpt)])
def test_frozen_means_that_the_head_learns_alone(encoder, load, frozen):
    tagger = Tagger(TaggerTuning(encoder=encoder, frozen=frozen, steps=1, learning_rate=1e-3, batch_size=2))
    head = tagger.model.head.classifier.weight.clone()
    tagger.learn(named_entities("train")[:50])
    before, after = load("tiny" + encoder[4:].lower()).state_dict(), tagger.model.encoder.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert not moved if frozen else len(moved) > 20
    assert not torch.equal(head, tagger.model.head.classifier.weight)


@pytest.mark.parametrize("name, field", [("TinyBERT", "segment"), ("TinyGPT", "position")])
def test_random_weights_have_the_shape_of_the_trained_and_follow_their_seed(name, field):
    trained, _ = load_encoder(name)
    one, again, other = (load_encoder(name, seed, pretrained=False)[0] for seed in (0, 0, 1))
    assert one.config == trained.config and not one.training
    weights = [getattr(model.embeddings, field).weight for model in (trained, one, again, other)]
    assert [bool(weights[1].equal(each)) for each in weights] == [False, True, True, False]


def test_texts_of_similar_length_are_batched_each_once_a_pass():
    lengths = [1 + i % 50 for i in range(400)]
    passes = [[bucketed_indices(lengths, 25, 0, step) for step in range(16 * n, 16 * (n + 1))] for n in range(2)]
    for batches in passes:
        assert sorted(i for batch in batches for i in batch) == list(range(400))
        widest = [max(lengths[i] for i in batch) for batch in batches]
        assert 1 - sum(lengths) / (25 * sum(widest)) < 0.15  # padding; at random it is nearly a half
        assert widest != sorted(widest)
    assert passes[0][0] != passes[1][0]


def test_a_pass_over_fewer_texts_than_a_batch_has_begins_the_next():
    drawn = [i for step in range(20) for i in bucketed_indices([1, 2, 3, 4], 5, 0, step)]
    assert all(drawn.count(i) == 25 for i in range(4))
