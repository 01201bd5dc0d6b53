"""Surprisal against the plain computation, window by window, and the units it is given in."""

import math
from types import SimpleNamespace

import pytest
import torch
from reference import draw_ids
from sizes import S, V

from bertgpt import scoring
from bertgpt.scoring import bits_per_character, perplexity, token_surprisal


def plain(model, ids, position, n_context):
    """-log p of one token, given the `n_context` tokens before it and nothing else."""
    logits = model(ids[None, position - n_context:position])[0, -1]
    return -logits.log_softmax(-1)[ids[position]]


@pytest.mark.parametrize("n", [2, 5, S])
def test_a_text_that_fits_is_read_at_once(gpt, n):
    ids = draw_ids(n)
    expected = torch.stack([plain(gpt, ids, t, t) for t in range(1, n)])
    torch.testing.assert_close(token_surprisal(gpt, ids), expected)


@pytest.mark.parametrize("context", [None, 1, 3, S - 1, S + 5])
@pytest.mark.parametrize("n", [S + 1, 20, 29])
def test_a_longer_text_is_read_once_token_by_token_with_enough_context(gpt, n, context):
    ids = draw_ids(n)
    found = token_surprisal(gpt, ids, context)
    assert found.shape == (n - 1,)
    least = min(S // 2 if context is None else context, S - 1)
    for t in range(1, n):
        # Whichever window it fell into, it saw between `least` and S - 1 tokens, or all there were.
        possible = [plain(gpt, ids, t, seen) for seen in range(min(least, t), min(t, S - 1) + 1)]
        assert min((found[t - 1] - p).abs() for p in possible) < 1e-5, t


def test_the_batch_size_changes_nothing(gpt):
    ids = draw_ids(50)
    torch.testing.assert_close(token_surprisal(gpt, ids, batch_size=1), token_surprisal(gpt, ids, batch_size=64))


def test_a_single_token_has_nothing_before_it(gpt):
    assert token_surprisal(gpt, draw_ids(1)).shape == (0,)


@pytest.mark.parametrize("context", [0, -3])
def test_no_context_is_refused(gpt, context):
    with pytest.raises(ValueError, match="context must be at least 1"):
        token_surprisal(gpt, draw_ids(20), context)


def test_a_model_that_knows_nothing_is_as_perplexed_as_there_are_tokens(gpt):
    for parameter in gpt.parameters():
        parameter.data.zero_()
    nats = token_surprisal(gpt, draw_ids(20)).mean().item()
    torch.testing.assert_close(perplexity(nats), float(V), atol=1e-4, rtol=0)


def test_bits_per_character_do_not_depend_on_the_tokens():
    # 12 characters at one bit each, whether they are 12 tokens or 3.
    assert math.isclose(bits_per_character(math.log(2), n_tokens=12, n_characters=12), 1.0)
    assert math.isclose(bits_per_character(4 * math.log(2), n_tokens=3, n_characters=12), 1.0)


def test_log_likelihoods_are_those_of_each_row_alone(gpt):
    generator = torch.Generator().manual_seed(2)
    draw = lambda n: torch.randint(V, (n,), generator=generator).tolist()                  # noqa: E731
    prompts, answers = [draw(n) for n in (1, 4, 2, 3)], [draw(n) for n in (3, 1, 5, 2)]
    found = scoring.log_likelihoods(gpt, prompts, answers, batch_size=3)
    for prompt, answer, logs in zip(prompts, answers, found):
        alone = gpt(torch.tensor([prompt + answer])).log_softmax(dim=-1)[0, len(prompt) - 1:-1]
        torch.testing.assert_close(logs, alone.gather(1, torch.tensor(answer)[:, None])[:, 0])


def test_a_long_prompt_loses_its_beginning_and_a_long_answer_is_refused(gpt):
    room = gpt.config.max_len
    long, answer = list(range(room + 4)), [1, 2]
    whole, cut = (scoring.log_likelihoods(gpt, [[i % V for i in prompt]], [answer])[0] for prompt in (long, long[6:]))
    assert torch.equal(whole, cut)
    with pytest.raises(ValueError, match=f"max_len = {room}"):
        scoring.log_likelihoods(gpt, [[1]], [[1] * room])


def test_pseudo_log_likelihoods_ask_for_one_hidden_token_at_a_time(bert):
    tokenizer = SimpleNamespace(cls_id=1, sep_id=2, mask_id=3, pad_id=0)
    texts = [[5, 6, 7], [8], [9, 4, 6, 10]]
    found = scoring.pseudo_log_likelihoods(bert, tokenizer, texts, batch_size=3)
    for text, logs in zip(texts, found):
        for place, true in enumerate(text):
            row = [1, *text, 2]
            row[place + 1] = 3
            logits, _ = bert(torch.tensor([row]))
            torch.testing.assert_close(logs[place], logits[0, place + 1].log_softmax(dim=-1)[true])
