"""Surprisal against the plain computation, window by window, and the units it is given in."""

import math

import pytest
import torch
from reference import draw_ids, tiny_bert, tiny_both, tiny_encoder, tiny_gpt, tiny_local
from sizes import S, V

from bertgpt.inference import scoring
from bertgpt.inference.scoring import bits_per_character, token_surprisal


def plain(model, ids, position, n_context):
    """-log p of one token, given the `n_context` tokens before it and nothing else."""
    logits = model(ids[None, position - n_context : position])[0, -1]
    return -logits.log_softmax(-1)[ids[position]]


@pytest.mark.parametrize("n", [1, 2, 5, S, S + 1, 20, 29])
def test_a_text_is_read_once_token_by_token_with_enough_context(gpt, n):
    ids = draw_ids(n)
    surprisal = token_surprisal(gpt, ids, batch_size=2)
    assert surprisal.shape == (n - 1,)
    for t in range(1, n):
        # Whichever window it fell into, it saw between S // 2 and S - 1 tokens, or all there were.
        least = t if n <= S else min(S // 2, t)
        possible = [plain(gpt, ids, t, seen) for seen in range(least, min(t, S - 1) + 1)]
        assert min((surprisal[t - 1] - p).abs() for p in possible) < 1e-5, t


def test_bits_per_character_do_not_depend_on_the_tokens():
    # 12 characters at one bit each, whether they are 12 tokens or 3.
    assert math.isclose(bits_per_character(math.log(2), n_tokens=12, n_characters=12), 1.0)
    assert math.isclose(bits_per_character(4 * math.log(2), n_tokens=3, n_characters=12), 1.0)


def draw(*lengths, seed=2):
    """Texts of these lengths, as lists of ids."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(V, (n,), generator=generator).tolist() for n in lengths]


@pytest.mark.parametrize("make", [tiny_gpt, tiny_local])
def test_log_likelihoods_are_those_of_each_row_alone(make):
    gpt = make()
    shared, (single,) = draw(4, 2), draw(1, seed=3)
    prompts = [*draw(1, 4, 2, 3), shared[0], shared[1], shared[0], single, single, shared[0]]
    answers = draw(3, 1, 5, 2, 1, 3, 2, 4, 6, 3)
    for batch_size in (1, 3, 32):
        scores = scoring.log_likelihoods(gpt, prompts, answers, batch_size)
        for prompt, answer, logs in zip(prompts, answers, scores, strict=True):
            alone = gpt(torch.tensor([prompt + answer])).log_softmax(dim=-1)[0, len(prompt) - 1 : -1]
            torch.testing.assert_close(logs, alone.gather(1, torch.tensor(answer)[:, None])[:, 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("prompt, answer, named", [([], [3], r"prompts\[1\] is empty"), ([3], [], r"answers\[1\]")])
def test_an_empty_prompt_or_answer_is_named(gpt, prompt, answer, named):
    with pytest.raises(ValueError, match=named):
        scoring.log_likelihoods(gpt, [[1], prompt], [[2], answer])


def test_a_model_of_the_other_kind_says_so(gpt):
    for model in (tiny_bert(), tiny_encoder()):
        with pytest.raises(ValueError, match="does not predict the next token"):
            token_surprisal(model, draw_ids(5))
        with pytest.raises(ValueError, match="does not predict the next token"):
            scoring.log_likelihoods(model, [[1]], [[2]])
    with pytest.raises(ValueError, match="GPT has no masked-LM head"):
        scoring.blank_surprisal(gpt, draw_ids(1, 5), torch.ones(1, 5, dtype=torch.bool), 3)


def test_a_long_prompt_loses_its_beginning_and_a_long_answer_is_refused(gpt):
    room = gpt.config.max_len
    long, answer = list(range(room + 4)), [1, 2]
    whole, kept, cut = (
        scoring.log_likelihoods(gpt, [[i % V for i in prompt]], [answer])[0] for prompt in (long, long[5:], long[6:])
    )
    assert torch.equal(whole, kept) and not torch.equal(kept, cut)  # the answer's last token needs no room
    assert len(scoring.log_likelihoods(gpt, [[1]], [[1] * room])[0]) == room
    with pytest.raises(ValueError, match=f"at most max_len = {room}"):
        scoring.log_likelihoods(gpt, [[1]], [[1] * (room + 1)])


@pytest.mark.parametrize("make", [tiny_bert, tiny_both])
def test_in_one_order_the_probabilities_of_all_texts_add_up_to_one(make):
    model = make()
    texts = torch.cartesian_prod(torch.tensor([1]), torch.arange(V), torch.arange(V), torch.tensor([2]))  # (V * V, T)
    blanks = torch.zeros_like(texts, dtype=torch.bool)
    blanks[:, 2] = True
    second = scoring.blank_surprisal(model, texts, blanks, 3)  # (V * V,)
    blanks[:, 1] = True
    first = scoring.blank_surprisal(model, texts, blanks, 3)[::2]  # (V * V,)
    assert math.isclose((-(first + second)).exp().sum().item(), 1.0, rel_tol=1e-4)


def test_log_p_is_taken_in_single_precision_whatever_the_model_computes_in(gpt, bert):
    exact = scoring.log_likelihoods(gpt, *map(list, (draw(3), draw(4, seed=3))))[0]
    with torch.autocast("cpu", torch.bfloat16):
        rough = scoring.log_likelihoods(gpt, *map(list, (draw(3), draw(4, seed=3))))[0]
        hidden = scoring.blank_surprisal(bert, draw_ids(1, 5), torch.ones(1, 5, dtype=torch.bool), 3)
    assert rough.dtype == hidden.dtype == torch.float32 and not torch.equal(exact, rough)
    torch.testing.assert_close(exact, rough, rtol=0.05, atol=0.05)
    assert not torch.equal(rough, rough.bfloat16().float())  # or half of the sum's digits would be gone
