"""Surprisal against the plain computation, window by window, and the units it is given in."""

import math
from types import SimpleNamespace

import pytest
import torch
from reference import draw_ids, tiny_bert, tiny_gpt
from sizes import D, S, V

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


def draw(*lengths, seed=2):
    """Texts of these lengths, as lists of ids."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(V, (n,), generator=generator).tolist() for n in lengths]


def test_log_likelihoods_are_those_of_each_row_alone(gpt):
    shared, (single,) = draw(4, 2), draw(1, seed=3)
    prompts = [*draw(1, 4, 2, 3), shared[0], shared[1], shared[0], single, single, shared[0]]
    answers = draw(3, 1, 5, 2, 1, 3, 2, 4, 6, 3)
    for batch_size in (1, 3, 32):
        found = scoring.log_likelihoods(gpt, prompts, answers, batch_size)
        for prompt, answer, logs in zip(prompts, answers, found, strict=True):
            alone = gpt(torch.tensor([prompt + answer])).log_softmax(dim=-1)[0, len(prompt) - 1:-1]
            torch.testing.assert_close(logs, alone.gather(1, torch.tensor(answer)[:, None])[:, 0], atol=1e-5, rtol=0)


def test_a_shared_prompt_is_read_once_and_nothing_but_answers_is_projected(gpt):
    (prompt,), answers = draw(5), draw(1, 2, 2, 1)
    read, projected = [], []
    gpt.embeddings.register_forward_hook(lambda module, args, output: read.append(args[0].numel()))
    gpt.lm_head.register_forward_hook(lambda module, args, output: projected.append(args[0].numel() // D))
    scoring.log_likelihoods(gpt, [prompt] * 4, answers)
    assert sum(projected) == sum(map(len, answers))
    assert read == [4, 4 * 2]                    # all of the prompt but its last token, then that and the answers


def test_what_is_empty_or_too_long_is_named(gpt, bert):
    tokenizer = SimpleNamespace(cls_id=1, sep_id=2, mask_id=3, pad_id=0)
    for prompts, answers, named in [([[1], []], [[2], [3]], r"prompts\[1\] is empty"),
                                    ([[1], [4]], [[], [3]], r"answers\[0\] is empty")]:
        with pytest.raises(ValueError, match=named):
            scoring.log_likelihoods(gpt, prompts, answers)
    for text in ([], [5] * (S - 1)):
        with pytest.raises(ValueError, match=rf"texts\[1\] has {len(text)} tokens: give 1 to {S - 2}"):
            scoring.pseudo_log_likelihoods(bert, tokenizer, [[5], text])
    for ids in (torch.zeros(0, dtype=torch.long), draw_ids(1, 5)):
        with pytest.raises(ValueError, match="ids must be one text"):
            token_surprisal(gpt, ids)


def test_a_model_of_the_other_kind_says_so(gpt, bert):
    for ask in (lambda: token_surprisal(bert, draw_ids(5)), lambda: scoring.log_likelihoods(bert, [[1]], [[2]])):
        with pytest.raises(ValueError, match="BERTForPreTraining gives no log p of a text"):
            ask()
    with pytest.raises(ValueError, match="GPT has no masked-LM head"):
        scoring.pseudo_log_likelihoods(gpt, SimpleNamespace(cls_id=1, sep_id=2, mask_id=3, pad_id=0), [[5]])


def test_dropout_changes_no_score():
    gpt, bert = tiny_gpt(dropout=0.5), tiny_bert(dropout=0.5)
    tokenizer = SimpleNamespace(cls_id=1, sep_id=2, mask_id=3, pad_id=0)
    asked = [lambda: token_surprisal(gpt, draw_ids(20)),
             lambda: scoring.log_likelihoods(gpt, draw(2, 3), draw(4, 2))[0],
             lambda: scoring.pseudo_log_likelihoods(bert, tokenizer, draw(3, 1, 5))[2]]
    expected = [ask() for ask in asked]
    gpt.train(), bert.train()
    torch.testing.assert_close([ask() for ask in asked], expected, rtol=0, atol=0)
    assert gpt.training and bert.training


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
