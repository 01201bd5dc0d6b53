"""Prompts: scores are the model's own probabilities."""

import pytest
import torch

from bertgpt import GPT, TransformerConfig, load_tokenizer
from bertgpt_book.tasks.prompting import likelihood_scores, word_scores

TOKENIZER = load_tokenizer()


@pytest.fixture
def gpt():
    torch.manual_seed(0)
    sizes = dict(vocab_size=TOKENIZER.vocab_size, max_len=72, d_model=12, n_layers=2, n_heads=3, d_ff=20)
    return GPT(TransformerConfig.gpt(**sizes, dropout=0.0)).eval()


def test_likelihoods_are_the_models_own(gpt):
    prompts, neutral, candidates = [" She said", " He"], [" It", " It"], [[" yes", " no, not at all"]] * 2
    scores = likelihood_scores(gpt, TOKENIZER, prompts, neutral, candidates)
    ids = TOKENIZER.encode(" She said no, not at all")
    alone = TOKENIZER.encode(" It no, not at all")
    with torch.inference_mode():
        log_p, log_alone = (
            gpt(torch.tensor([row]))[0].log_softmax(-1)[torch.arange(len(row) - 1), row[1:]] for row in (ids, alone)
        )
    n = len(TOKENIZER.encode(" no, not at all"))
    total = log_p[-n:].sum()
    expected = {"sum": total, "per token": total / n, "minus unconditional": total - log_alone[-n:].sum()}
    torch.testing.assert_close({name: table[0, 1] for name, table in scores.items()}, expected, rtol=1e-4, atol=1e-4)
    assert all(table.shape == (2, 2) for table in scores.values())


def test_a_word_has_the_models_own_probability(gpt):
    texts, choices = [" She was very", " word" * 90, " He"], [" good", " bad"]
    scores = word_scores(gpt, TOKENIZER, texts, choices)
    (wanted,) = zip(*(TOKENIZER.encode(choice) for choice in choices))
    for text, row in zip(texts, scores):
        ids = torch.tensor([TOKENIZER.encode(text)[-72:]])  # a long text loses its beginning
        with torch.inference_mode():
            expected = gpt(ids)[0, -1].log_softmax(-1)[list(wanted)]
        torch.testing.assert_close(row, expected, rtol=1e-4, atol=1e-5)


def test_a_choice_of_several_tokens_is_refused(gpt):
    with pytest.raises(ValueError, match="' astonishingly' is . tokens"):
        word_scores(gpt, TOKENIZER, [" She was"], [" good", " astonishingly"])
