"""The tagger, frozen and fine-tuned: what learns."""

import pytest
import torch
from gazetteer import named_entities
from tagging import Tagger, TaggerTuning

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
