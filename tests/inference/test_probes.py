"""Probes: what leaks, who attends, how big; against transformers and the models' own definitions."""

import pytest
import torch
from reference import LEFT, PADDED, draw_ids, hf_bert, hf_gpt, our_bert, our_gpt, tiny_bert, tiny_local
from sizes import SIZES, B, D, F, H, L, S, T, V

import leak_meter
from bertgpt import GPT, BERTForPreTraining, TransformerConfig, bidirectional_mask, causal_mask, generate, prefix_mask
from bertgpt.inference.probes import (
    attention_inputs,
    attention_maps,
    first_leak,
    leakage,
    masked_by,
    parameter_counts,
    pattern,
)
from bertgpt_book.modern import Decoder, Encoder
from bertgpt_book.modern.adapters import Adapter


def test_masks_laid_over_a_model_may_be_nested(gpt):
    ids, square = draw_ids(T)[None], torch.ones(T, T, dtype=torch.bool)
    own = gpt(ids)
    with masked_by(gpt, square):
        outer = gpt(ids)
        with pytest.raises(RuntimeError), masked_by(gpt, torch.eye(T, dtype=torch.bool)):
            assert not torch.equal(gpt(ids), outer)
            raise RuntimeError
        assert torch.equal(gpt(ids), outer)
    assert torch.equal(gpt(ids), own) and "build_mask" not in vars(gpt)


def test_a_mask_of_another_length_than_the_text_is_named(gpt):
    with masked_by(gpt, torch.ones(3, 3, dtype=torch.bool)):
        for use_cache in (True, False):
            with pytest.raises(ValueError, match=r"over this GPT is for \(3, 3\), not .*: lay .* generate needs$"):
                generate(gpt, draw_ids(1, 3), 2, use_cache=use_cache)
    with masked_by(gpt, torch.ones(1, 1, dtype=torch.bool)):
        assert generate(gpt, draw_ids(1, 3), 2).shape == (1, 5)


@pytest.mark.parametrize("kind", [Encoder, Decoder])
def test_any_mask_that_broadcasts_may_be_laid_over_a_model_with_local_layers(kind):
    model, ids = tiny_local(kind), draw_ids(1, T)
    found = []
    for shape in ((T, T), (1, T), (1, 1, 1, 1)):
        with masked_by(model, torch.ones(shape, dtype=torch.bool)):
            found.append(model(ids))
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])


def test_what_builds_no_mask_says_so(gpt):
    with pytest.raises(ValueError, match="Adapter builds no mask: lay it over the model inside"):
        with masked_by(Adapter(gpt), torch.eye(T, dtype=torch.bool)):
            pass


def test_leakage_is_the_change_of_hidden_states(gpt):
    ids = draw_ids(T)
    changed = ids.clone()
    changed[1] = 0
    expected = (gpt.encode(changed[None]) - gpt.encode(ids[None]))[0].norm(dim=-1)
    torch.testing.assert_close(leakage(gpt, ids, 0)[:, 1], expected)


def test_logits_of_transformers_and_of_any_function_leak_as_ours_do(bert, gpt):
    ids = draw_ids(S)
    assert [pattern(leakage(model, ids, 0) > 0) for model in (bert, gpt)] == ["square", "triangle"]  # exactly
    models = (hf_gpt(), hf_bert(), lambda ids: gpt(ids), lambda ids: gpt(ids).flip(1))
    shapes = [pattern(leakage(model, ids, 0) > 1e-6) for model in models]
    assert shapes == ["triangle", "square", "triangle", "mixed"]


OVER_TIME = {
    "mean": lambda hidden: hidden - hidden.mean(1, keepdim=True),
    "norm": lambda hidden: hidden / hidden.norm(dim=1, keepdim=True),
    "scan": lambda hidden: hidden.flip(1).cumsum(1).flip(1),
}


@pytest.mark.parametrize("fault", OVER_TIME)
def test_a_leak_under_a_perfect_causal_mask_is_found_where_it_is(fault, gpt):
    ids = draw_ids(S)
    assert first_leak(gpt, ids, 0) is None and first_leak(tiny_bert(), ids, 0) == "blocks.0.attention"
    gpt.blocks[1].feedforward.register_forward_hook(lambda module, args, output: OVER_TIME[fault](output))
    assert attention_inputs(gpt, ids[None])[1][1].equal(causal_mask(S)[None, None])
    assert pattern(leakage(gpt, ids, 0) > 0) == "square"
    assert first_leak(gpt, ids, 0) == "blocks.1.feedforward"


def test_a_leak_outside_of_the_parts_is_the_models_own(gpt, monkeypatch):
    encode, theirs = GPT.encode, hf_gpt()
    monkeypatch.setattr(GPT, "encode", lambda model, ids: OVER_TIME["mean"](encode(model, ids)))
    assert first_leak(gpt, draw_ids(S), 0) == "GPT"
    theirs.register_forward_hook(lambda module, args, output: OVER_TIME["mean"](output[0]))
    assert first_leak(theirs, draw_ids(S), 0, tolerance=1e-5) == "GPT2LMHeadModel"


CAUSAL, OPEN = causal_mask(S), bidirectional_mask(S)
SHAPES = {"square": OPEN, "triangle": CAUSAL, "prefix of 3": prefix_mask(S, 3), "band of 2": CAUSAL & ~CAUSAL.tril(-2)}
SHAPES |= {"band of 1": torch.eye(S) == 1, "two-sided band of 2": OPEN.triu(-2).tril(2), "mixed": ~CAUSAL}


@pytest.mark.parametrize("shape, opens", SHAPES.items())
def test_masks_are_named_by_their_shape(shape, opens):
    assert pattern(opens) == shape


@pytest.mark.parametrize("measure", [leakage, first_leak])
def test_a_replacement_that_replaces_nothing_is_refused(measure, gpt, ids):
    with pytest.raises(ValueError, match="input_ids must not hold the replacement_id"):
        measure(gpt, ids[0], int(ids[0, -1]))


POSITIONS = {"position_ids": PADDED.cumsum(-1) - 1}


@pytest.mark.parametrize("make, convert, named", [(hf_bert, our_bert, {}), (hf_gpt, our_gpt, POSITIONS)])
def test_attention_maps_are_transformers(make, convert, named, ids):
    theirs = make(attn_implementation="eager")
    expected = theirs(ids, attention_mask=PADDED, output_attentions=True, **named).attentions
    maps = attention_maps(convert(theirs), ids, attention_mask=PADDED)
    assert maps.shape == (L, B, H, S, S)
    torch.testing.assert_close(maps, torch.stack(expected), atol=1e-5, rtol=1e-5)


def test_padding_on_the_left_attends_nowhere(gpt, ids):
    sums = attention_maps(gpt, ids, attention_mask=LEFT).sum(-1)  # (L, B, H, S)
    torch.testing.assert_close(sums, LEFT[None, :, None].expand_as(sums).float())


def test_parameters_by_hand():
    attention, norm = 4 * (D * D + D), 2 * D
    block = attention + (D * F + F) + (F * D + D) + 2 * norm
    gpt = parameter_counts(GPT(TransformerConfig.gpt(**SIZES)))
    parts = {"embeddings": (V + S) * D, "blocks": L * block, "final_norm": norm}  # a tied head has none of its own
    assert {name: count for name, count in gpt.items() if count} == parts | {"total": sum(parts.values())}
    bert = parameter_counts(BERTForPreTraining(TransformerConfig.bert(**SIZES)))
    assert bert["embeddings"] == (V + S + 2) * D
    assert bert["total"] == sum(p.numel() for p in BERTForPreTraining(TransformerConfig.bert(**SIZES)).parameters())
    assert (bert["pooler"], bert["nsp_head"], bert["mlm_head"]) == (D * D + D, 2 * D + 2, D * D + D + norm + V)


def test_shapes_have_the_leak_meters_names():
    """The one file stands alone, so both know them: `leak_meter.shapes` is the reference."""
    for name, shape in leak_meter.shapes(S, S).items():
        assert pattern(shape) == leak_meter.pattern(shape) == name
    assert pattern(torch.eye(S, dtype=torch.bool).flip(0)) == leak_meter.pattern(torch.eye(S).bool().flip(0)) == "mixed"


def test_leakage_is_the_leak_meters(gpt):
    ids = draw_ids(T)
    assert torch.equal(leakage(gpt, ids, 0), leak_meter.leakage(gpt.eval().encode, ids, 0))
