"""What makes BERT one: every token sees the whole text."""

import pytest
import torch
from reference import PADDED, SEGMENTS
from sizes import B, S, V

from bertgpt.model.embeddings import positions_from_the_left


def test_every_output_moves_when_any_token_changes(bert, ids):
    before = bert.encode(ids)
    for t in range(S):
        changed = ids.clone()
        changed[:, t] = ids[:, t] % (V - 1) + 1
        moved = (bert.encode(changed) != before).any(-1)  # (B, S)
        assert moved.all(), t


def test_padding_may_be_added_or_cut_off(bert, ids):
    short = bert.encode(ids[1:, :5], segment_ids=SEGMENTS[1:, :5])
    padded = bert.encode(ids, segment_ids=SEGMENTS, attention_mask=PADDED)[1:, :5]
    torch.testing.assert_close(padded, short)


def test_bert_refuses_padding_on_the_left(bert, ids):
    for n in (1, 2, S - 1):
        with pytest.raises(ValueError, match="attention_mask begins with padding.*pad on the right"):
            bert(ids, attention_mask=torch.tensor([[1] * S, [0] * n + [1] * (S - n)]))
    holes = torch.tensor([[1, 0, 0, 1, 1, 1, 1], [0] * S])  # a hole moves no position; a row of padding has none
    assert positions_from_the_left(holes.bool(), S).tolist() == [*range(S)]
    assert bert.encode(ids, attention_mask=holes).isfinite().all()


def test_positions_are_projected_alone(bert, ids):
    positions = torch.tensor([[False, True, False, False, True, False, False], [True] + [False] * 6])
    every, some = bert(ids)[0], bert(ids, positions=positions)[0]
    assert (every.shape, some.shape) == ((B, S, V), (3, V))
    torch.testing.assert_close(some, every[positions])
