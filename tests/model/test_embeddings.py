"""Token, position and segment are summed, and positions end."""

import pytest
import torch
from reference import draw_ids
from sizes import SIZES, B, S, T, V
from torch.nn.functional import one_hot

from bertgpt import TransformerConfig
from bertgpt.model.embeddings import Embeddings


@pytest.fixture
def embeddings():
    return Embeddings(TransformerConfig(**SIZES | {"n_segments": 2}))


def test_an_embedding_is_a_row_picked_by_a_one_hot_vector(embeddings):
    ids, segments = draw_ids(B, T), torch.tensor([[0, 0, 1, 1, 1], [0, 1, 1, 1, 1]])
    positions = torch.arange(T)
    expected = (
        one_hot(ids, V).float() @ embeddings.token.weight
        + one_hot(positions, S).float() @ embeddings.position.weight
        + one_hot(segments, 2).float() @ embeddings.segment.weight
    )
    torch.testing.assert_close(embeddings(ids, positions, segments), expected)


def test_no_segments_are_segment_zero(embeddings):
    ids, positions = draw_ids(B, T), torch.arange(T)
    given = embeddings(ids, positions, torch.zeros_like(ids))
    torch.testing.assert_close(embeddings(ids, positions), given)
    assert not torch.equal(given, embeddings(ids, positions, torch.ones_like(ids)))
