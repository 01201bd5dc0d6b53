"""One set of weights under three masks: a GPT, a filler of blanks, a reader of prefixes."""

import pytest
import torch
from reference import PADDED, tiny_both, tiny_gpt
from sizes import S, V

from bertgpt import KVCache

ORDERS = ["causal", 0, 3, S, "bidirectional"]


@pytest.fixture
def both():
    return tiny_both()


def moved(both, ids, t, order):
    """Which outputs (S,) move when token t changes."""
    changed = ids.clone()
    changed[:, t] = ids[:, t] % (V - 1) + 1
    return (both(ids, order=order) != both(changed, order=order)).any(-1).all(0)


def test_under_the_causal_mask_it_is_the_gpt_of_the_same_weights(both, ids):
    gpt = tiny_gpt()
    gpt.load_state_dict(both.state_dict())
    for mask in (None, PADDED, PADDED.flip(1)):
        torch.testing.assert_close(both(ids, attention_mask=mask), gpt.eval()(ids, attention_mask=mask), rtol=0, atol=0)


@pytest.mark.parametrize("order", ORDERS)
def test_a_token_is_seen_by_those_whom_the_order_names(both, ids, order):
    prefix = {"causal": 0, "bidirectional": S}.get(order, order)
    for t in range(S):
        expected = [s >= t or t < prefix for s in range(S)]
        assert moved(both, ids, t, order).tolist() == expected, (order, t)


@pytest.mark.parametrize("order", ["causal", 4])
def test_a_cache_gives_what_reading_anew_gives(both, ids, order):
    cache = [KVCache() for _ in both.blocks]
    parts = [both(ids[:, a:b], cache=cache, order=order) for a, b in ((0, 4), (4, 5), (5, S))]
    torch.testing.assert_close(torch.cat(parts, dim=1), both(ids, order=order))


@pytest.mark.parametrize("order", ["bidirectional", 5])
def test_a_cache_that_has_not_seen_the_prefix_is_refused(both, ids, order):
    cache = [KVCache() for _ in both.blocks]
    both(ids[:, :4], cache=cache, order=4)
    with pytest.raises(ValueError, match="4 tokens in the cache"):
        both(ids[:, 4:5], cache=cache, order=order)


@pytest.mark.parametrize("order", ["sideways", -1, S + 1, 2.0, None, True])
def test_an_order_that_does_not_exist_is_named(both, ids, order):
    with pytest.raises(ValueError, match="order must be"):
        both(ids, order=order)
