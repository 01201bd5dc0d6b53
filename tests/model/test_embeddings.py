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


def test_segments_are_one_a_token(embeddings):
    with pytest.raises(ValueError, match=r"segment_ids \(5,\): one for each of input_ids"):
        embeddings(draw_ids(B, T), torch.arange(T), torch.zeros(T, dtype=torch.long))


def test_segments_need_a_table():
    embeddings = Embeddings(TransformerConfig(**SIZES))
    assert sum(p.numel() for p in embeddings.parameters()) == (V + S) * SIZES["d_model"]
    with pytest.raises(ValueError, match="n_segments = 0"):
        embeddings(draw_ids(B, T), torch.arange(T), torch.zeros(B, T, dtype=torch.long))
