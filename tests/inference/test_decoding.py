"""From probabilities to text: the rules of sampling, the cache, and transformers' own greedy text."""

import math
from functools import partial

import pytest
import torch
from cases import cases
from reference import NoWork, draw_ids, hf_gpt, our_gpt, tiny_bert, tiny_encoder, tiny_gpt
from sizes import B

from bertgpt import beam_search, generate
from bertgpt.inference.decoding import filter_logits, sample_next_token

LONG = 32  # room for a prompt and its continuation


@pytest.fixture
def gpt():
    return tiny_gpt(max_len=LONG)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_of_tied_tokens_top_k_keeps_k():
    logits = torch.tensor([[2.0, 1.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    for k in (1, 2, 3, 4):
        assert filter_logits(logits, top_k=k).isfinite().sum(dim=1).tolist() == [k, k]
    assert filter_logits(logits, top_k=3)[0].tolist() == [2, -math.inf, 2, 2]


def test_top_p_by_hand():
    # Holtzman et al. 2020, section 3.1, on 0.5, 0.3, 0.15, 0.05.
    logits = torch.tensor([[0.15, 0.5, 0.05, 0.3]]).log()
    kept = {p: filter_logits(logits, top_p=p).isfinite().int().tolist()[0] for p in (0.4, 0.6, 0.9, 1.0)}
    assert kept == {0.4: [0, 1, 0, 0], 0.6: [0, 1, 0, 1], 0.9: [1, 1, 0, 1], 1.0: [1, 1, 1, 1]}
    assert filter_logits(torch.zeros(1, 4), top_p=0.75).isfinite().sum() == 3  # three quarters exactly are enough


def test_top_k_comes_before_top_p():
    logits = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    # Of the two most probable alone the first holds 0.73, of all four 0.64.
    assert filter_logits(logits, top_k=2, top_p=0.7).isfinite().tolist() == [[True, False, False, False]]
    assert filter_logits(logits, top_k=1, top_p=1.0).isfinite().tolist() == [[True, False, False, False]]


def test_temperature_sharpens_and_flattens():
    logits = torch.tensor([[2.0, 1.0, 0.0]]).expand(4000, 3)
    for temperature in (0.5, 1.0, 2.0):
        drawn = sample_next_token(logits, temperature, generator=seeded())
        shares = drawn.bincount(minlength=3) / 4000
        torch.testing.assert_close(shares, (logits[0] / temperature).softmax(-1), atol=0.03, rtol=0)
    assert (sample_next_token(logits, temperature=0) == 0).all()


@pytest.mark.parametrize(
    "settings",
    [{"temperature": 0}, {"temperature": 1.0}, {"top_k": 3}, {"top_p": 0.7}, {"temperature": 2.0, "eos_id": 5}],
    ids=str,
)
def test_the_cache_changes_no_token(gpt, settings):
    texts = [generate(gpt, draw_ids(B, 4), 20, use_cache=use, generator=seeded(), **settings) for use in (True, False)]
    torch.testing.assert_close(*texts, rtol=0, atol=0)


@pytest.mark.parametrize("eos_id", [None, "its own"])
def test_greedy_text_is_transformers(eos_id):
    theirs = hf_gpt(n_positions=LONG)
    prompt, mask = draw_ids(3, 5), torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1]])
    prompt[mask == 0] = 0

    def expected(eos, n):
        ends = dict(eos_token_id=eos, pad_token_id=0 if eos is None else eos)
        return theirs.generate(prompt[:n], attention_mask=mask[:n], max_new_tokens=15, do_sample=False, **ends)

    if eos_id:  # a token that the first row says, but not at once
        eos_id = int(expected(None, 1)[0, 7])
        assert expected(eos_id, 1).size(1) < expected(eos_id, 3).size(1)  # it stops when all rows are done
    for n in (1, 3):
        ours = generate(our_gpt(theirs), prompt[:n], 15, temperature=0, eos_id=eos_id, attention_mask=mask[:n])
        torch.testing.assert_close(ours, expected(eos_id, n), rtol=0, atol=0)


WRONG = """max_new_tokens=30 -> max_len = 32; max_new_tokens=0 -> at least 1, not 0; temperature=-1.0 -> temperature;
    temperature=nan -> temperature; temperature=1e-45 -> temperature; top_k=0 -> top_k; top_p=0.0 -> top_p;
    top_p=1.5 -> top_p; top_p=nan -> top_p"""
MISSHAPEN = [
    ({"input_ids": draw_ids(1, LONG + 1)}, f"max_len = {LONG}"),
    ({"attention_mask": torch.tensor([[1, 1, 0]])}, "left"),
    ({"input_ids": torch.zeros(2, 0, dtype=torch.long)}, "the last token of each row"),
]


@pytest.mark.parametrize("settings, named", cases(WRONG) + MISSHAPEN, ids=str)
def test_what_cannot_work_is_refused_before_any_work(gpt, settings, named):
    settings = {"input_ids": draw_ids(1, 3), "max_new_tokens": 5} | settings
    with pytest.raises(ValueError, match=named) as refusal:
        generate(NoWork(gpt.config), **settings)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("make", [tiny_bert, tiny_encoder])
def test_what_sees_the_next_token_cannot_predict_it(make):
    for search in (generate, partial(generate, use_cache=False), partial(beam_search, n_beams=2)):
        with pytest.raises(ValueError, match="does not predict the next token"):
            search(make(), draw_ids(1, 3), 2)


def test_a_continuation_up_to_the_last_position_works(gpt):
    assert generate(gpt, draw_ids(1, 3), LONG - 3, temperature=0).shape == (1, LONG)


@pytest.mark.parametrize("n_beams", [2, 5])
def test_beams_are_those_of_transformers(n_beams):
    theirs = hf_gpt(n_positions=LONG)
    for seed in range(2):
        prompt = draw_ids(1, 5, seed=seed)
        settings = dict(num_beams=n_beams, num_return_sequences=n_beams, max_new_tokens=12, early_stopping="never")
        ends = dict(eos_token_id=None, pad_token_id=0)
        more = dict(do_sample=False, return_dict_in_generate=True, output_scores=True)
        expected = theirs.generate(prompt, attention_mask=torch.ones_like(prompt), **settings, **ends, **more)
        found, scores = beam_search(our_gpt(theirs), prompt, 12, n_beams=n_beams)
        torch.testing.assert_close(scores, expected.sequences_scores, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(found, expected.sequences, rtol=0, atol=0)


@pytest.mark.parametrize(
    "n_prompts, n_new, n_beams, named", [(1, 30, 2, "max_len"), (1, 5, 0, "= 0"), (2, 5, 2, "not 2")]
)
def test_a_search_that_cannot_work_is_refused_before_any_work(gpt, n_prompts, n_new, n_beams, named):
    with pytest.raises(ValueError, match=named):
        beam_search(NoWork(gpt.config), draw_ids(n_prompts, 3), n_new, n_beams=n_beams)
