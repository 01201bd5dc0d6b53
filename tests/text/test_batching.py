"""Padding, order by length and masking: nothing lost, 80/10/10, and one seed hides the same everywhere."""

import math

import pytest
import torch
from pretend_device import DEVICE, pretend_device
from reference import draw_ids
from sizes import B, V

from bertgpt.text.batching import IGNORED, mask_tokens, pad


def test_rows_are_padded_on_the_right():
    ids, mask = pad([[5, 6, 7], [8], torch.tensor([9, 0])], pad_id=3)
    assert ids.tolist() == [[5, 6, 7], [8, 3, 3], [9, 0, 3]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    assert pad([[], [1, 2]], pad_id=3)[0].tolist() == [[3, 3], [1, 2]] and pad([[], [1]], 3)[0].dtype == torch.long


MASK_ID, SPECIAL = 3, {0, 1, 2, 3, 4}


def mask(ids, *, rate=0.15, seed=0, vocab_size=V, special_ids=SPECIAL, **share):
    settings = dict(mask_id=MASK_ID, vocab_size=vocab_size, special_ids=special_ids, rate=rate, **share)
    return mask_tokens(ids, **settings, generator=torch.Generator().manual_seed(seed))


def within(share, expected, n):
    """Whether a share of n draws lies within four standard deviations of its expectation."""
    return abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


def test_eighty_ten_ten():
    vocab_size = 1000
    ids = torch.randint(5, vocab_size, (300, 400))
    corrupted, labels = mask(ids, vocab_size=vocab_size)
    hidden = labels != IGNORED
    n = int(hidden.sum())
    assert n == 300 * 60  # 15 % of 400, in every row
    now = corrupted[hidden]
    masked, kept = now == MASK_ID, now == ids[hidden]
    assert within(masked.float().mean(), 0.8 + 0.1 / vocab_size, n)  # chance may draw [MASK], too
    assert within(kept.float().mean(), 0.1 + 0.1 / vocab_size, n)
    other = now[~masked & ~kept]
    assert within(len(other) / n, 0.1 * (1 - 2 / vocab_size), n)
    assert other.min() < 20 and other.max() > vocab_size - 20  # from the whole vocabulary
    assert len(other.unique()) > 0.7 * vocab_size


@pytest.mark.parametrize(
    "rate, ordinary, expected",
    [(0.15, 100, 15), (0.15, 9, 1), (0.15, 11, 2), (0.4, 7, 3), (0.15, 2, 1), (0.15, 1, 1), (0.15, 0, 0), (1.0, 8, 8)],
)
def test_the_exact_number_is_hidden(rate, ordinary, expected):
    ids = torch.tensor([[1] + [6] * ordinary + [2, 0, 0]] * B)  # (B, T)
    _, labels = mask(ids, rate=rate)
    assert (labels != IGNORED).sum(dim=1).tolist() == [expected] * B


def test_special_tokens_are_never_hidden_and_other_tokens_are_unchanged():
    ids = torch.randint(0, V, (200, 30))
    before = ids.clone()
    corrupted, labels = mask(ids, rate=0.5)
    hidden = labels != IGNORED
    assert not hidden[torch.isin(ids, torch.tensor(sorted(SPECIAL)))].any()
    assert (labels[hidden] == ids[hidden]).all()
    assert (corrupted[~hidden] == ids[~hidden]).all()
    assert torch.equal(ids, before)


def test_one_seed_hides_the_same_on_any_device():
    ids = draw_ids(B, 40, low=5)
    assert not torch.equal(mask(ids, seed=1)[1], mask(ids)[1])
    with pretend_device() as device:
        there = mask(ids.to(device), rate=0.4)
        assert all(tensor.device == DEVICE for tensor in there)
        torch.testing.assert_close(tuple(tensor.cpu() for tensor in there), mask(ids, rate=0.4), rtol=0, atol=0)
        unseeded, _ = mask_tokens(ids.to(device), mask_id=MASK_ID, vocab_size=V, special_ids=SPECIAL)
        assert unseeded.device == DEVICE


def test_any_share_of_the_hidden_tokens_may_stay_unmasked():
    ids = torch.randint(5, 50, (30, 40))
    corrupted, labels = mask(ids, rate=0.5, unmasked_share=0.0, vocab_size=50)
    assert torch.equal(corrupted == MASK_ID, labels != IGNORED)
    corrupted, labels = mask(ids, rate=0.5, unmasked_share=1.0, vocab_size=50)
    assert (corrupted[labels != IGNORED] != MASK_ID).float().mean() > 0.9  # a random one may be [MASK]
    for share in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=r"rate must be in \(0, 1\]"):
            mask(ids, rate=share)
