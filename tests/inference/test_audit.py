"""The audit: every way to run a model, the worst first."""

import pytest
import torch
from reference import hf_bert, hf_gpt, tiny_bert, tiny_gpt
from sizes import S

from bertgpt import GPT, bidirectional_mask
from bertgpt.inference.audit import audit

SIZES = dict(vocab_size=29, max_len=11)


def shapes(cells):
    return {cell.pattern for cell in cells if cell.moved is not None}


@pytest.mark.slow
@pytest.mark.parametrize(
    "make, shape, n_ways",
    [
        (lambda: tiny_gpt(**SIZES), "triangle", 12),
        (lambda: tiny_bert(**SIZES), "square", 4),
        (lambda: hf_gpt(vocab_size=29, n_positions=11), "triangle", 24),
        (lambda: hf_bert(vocab_size=29, max_position_embeddings=11), "square", 12),
    ],
)
def test_every_way_that_a_model_offers_shows_its_shape(make, shape, n_ways):
    cells = audit(make())
    assert shapes(cells) == {shape} and sum(cell.moved is not None for cell in cells) == n_ways
    assert all(cell.moved.shape == (7, 7) for cell in cells if cell.moved is not None)


class AloneIsCausal(GPT):
    """A fault that LLM2Vec had: bidirectional, but for a batch of one text."""

    def encode(self, input_ids, **named):
        self.batch_size = len(input_ids)
        return super().encode(input_ids, **named)

    def build_mask(self, attention_mask, n_queries):
        causal = super().build_mask(attention_mask, n_queries)
        return causal if self.batch_size == 1 else torch.ones_like(causal)


class CachedIsBidirectional(GPT):
    """What is read beside a cache forgets its order."""

    def build_mask(self, attention_mask, n_queries):
        n_keys = attention_mask.size(1)
        order = super().build_mask(attention_mask, n_queries)
        return bidirectional_mask(n_queries, n_keys)[None, None] if n_queries < n_keys else order


@pytest.mark.parametrize(
    "kind, faulty",
    [(AloneIsCausal, lambda cell: cell.batch_size == 2), (CachedIsBidirectional, lambda cell: cell.cached)],
)
def test_a_fault_in_some_ways_only_is_found_and_comes_first(kind, faulty):
    cells = audit(kind(tiny_gpt(**SIZES).config))
    assert [bool(cell.leaks) for cell in cells] == [faulty(cell) for cell in cells]
    assert faulty(cells[0]) and "triangle" in shapes(cells) and len(shapes(cells)) > 1


def test_the_tolerance_follows_the_type():
    exact, rounded = audit(tiny_gpt(**SIZES)), audit(tiny_gpt(**SIZES).bfloat16())
    assert shapes(exact) == {"triangle"} and not any(cell.leaks for cell in rounded)
    assert exact[0].tolerance < 1e-4 < rounded[0].tolerance


def test_a_model_that_runs_in_no_way_is_refused_with_its_reason():
    with pytest.raises(ValueError, match=f"GPT runs in none of these ways: .*{S - 1}"):
        audit(tiny_gpt(vocab_size=29, max_len=S - 1))
