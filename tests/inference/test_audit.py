"""The audit: every setting in which a model can be run, the worst first."""

import pytest
import torch
from reference import hf_bert, hf_gpt, tiny_bert, tiny_gpt
from sizes import S, V

from bertgpt import GPT, bidirectional_mask
from bertgpt.inference.audit import audit

SIZES = dict(vocab_size=29, max_len=11)


def patterns(measurements):
    return {m.pattern for m in measurements if m.output_change is not None}


THEIRS = (hf_gpt(vocab_size=29, n_positions=11), hf_bert(vocab_size=29, max_position_embeddings=11))
SHOWN = zip((tiny_gpt(**SIZES), tiny_bert(**SIZES), *THEIRS), ("triangle", "square") * 2, (12, 4, 24, 12))


@pytest.mark.slow
@pytest.mark.parametrize("model, shape, n_settings", [*SHOWN])
def test_a_model_shows_its_shape_in_every_setting_that_it_offers(model, shape, n_settings):
    measurements = audit(model)
    assert patterns(measurements) == {shape} and sum(m.finite for m in measurements) == n_settings
    assert all(m.output_change.shape == (7, 7) for m in measurements[:n_settings])


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
    "kind, faulty", [(AloneIsCausal, lambda m: m.batch_size == 2), (CachedIsBidirectional, lambda m: m.cached)]
)
def test_a_fault_in_some_settings_only_is_found_and_comes_first(kind, faulty):
    measurements = audit(kind(tiny_gpt(**SIZES).config))
    assert [bool(m.leaks) for m in measurements] == [faulty(m) for m in measurements]
    assert faulty(measurements[0]) and "triangle" in patterns(measurements) and len(patterns(measurements)) > 1


class NeedsAMask(GPT):
    """A GPT that refuses the setting that is tried first, without an attention mask, and gives NaN after padding."""

    def encode(self, input_ids, *, attention_mask=None, cache=None):
        if attention_mask is None:
            raise ValueError("give an attention mask")
        hidden = super().encode(input_ids, attention_mask=attention_mask, cache=cache)
        return hidden if attention_mask[0, 0] else hidden * torch.nan


def test_what_cannot_be_measured_comes_last_and_is_no_triangle():
    measurements = audit(NeedsAMask(tiny_gpt(**SIZES).config))
    assert [m.pattern for m in measurements[:6]] == ["triangle"] * 6
    assert {m.pattern for m in measurements if m.padding == "left"} == {"not finite"}
    assert {m.cached for m in measurements if m.pattern == "not offered"} == {False}


class Leaking(GPT):
    """A bidirectional GPT with 300,000 large outputs."""

    def build_mask(self, attention_mask, n_queries):
        return torch.ones_like(super().build_mask(attention_mask, n_queries))

    def encode(self, input_ids, **named):
        return super().encode(input_ids, **named).repeat(1, 1, 25_000) * 200


def test_an_output_too_long_for_half_precision_hides_no_leak():
    measurements = audit(Leaking(tiny_gpt(**SIZES).config).half())
    assert measurements[0].leaks


def test_the_tolerance_follows_the_type():
    exact, rounded = audit(tiny_gpt(**SIZES)), audit(tiny_gpt(**SIZES).bfloat16())
    assert patterns(exact) == {"triangle"} and not any(m.leaks for m in rounded)
    assert exact[0].tolerance < 1e-4 < rounded[0].tolerance


def nan_gpt():
    model = tiny_gpt(**SIZES)
    model.final_norm.weight.data.fill_(torch.nan)
    return model


def encoder_decoder():
    from transformers import BartConfig, BartForConditionalGeneration

    return BartForConditionalGeneration(BartConfig(vocab_size=29, d_model=16, encoder_layers=1, decoder_layers=1))


@pytest.mark.parametrize(
    "make, reason",
    [
        (nan_gpt, "GPT can be measured in no setting: its outputs are not finite"),
        (lambda: tiny_gpt(vocab_size=29, max_len=S - 1), f"GPT can be measured in no setting: .*{S - 1}"),
        (lambda: tiny_gpt(vocab_size=7), "a vocabulary of 7 tokens is too small"),
        (lambda: torch.nn.LSTM(3, 3), "LSTM has no config.vocab_size.*probes.leakage"),
        (encoder_decoder, "BartForConditionalGeneration is an encoder-decoder"),
    ],
)
def test_a_model_that_cannot_be_measured_is_refused_with_the_reason(make, reason):
    with pytest.raises(ValueError, match=reason):
        audit(make())


def test_a_small_vocabulary_is_enough_for_the_cache():
    assert {m.pattern for m in audit(tiny_gpt(max_len=11, vocab_size=8))} == {"triangle"} and V < 16
