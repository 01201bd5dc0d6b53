"""Prompts: scores are the model's own probabilities, and only the summary has labels."""

import pytest
import torch

from bertgpt import GPT, TransformerConfig, load_tokenizer
from bertgpt.tasks.prompting import (
    LONGEST,
    SUM_UP,
    likelihood_scores,
    openings,
    rouge,
    summary_objective,
    summary_prompt,
    summary_rows,
    word_scores,
)
from bertgpt.text.batching import IGNORED
from bertgpt.training.objectives import token_loss

TOKENIZER = load_tokenizer()
PAIRS = [("Close the file.", "After this nothing can be read from it."), ("Add two numbers.", "Both must be whole.")]


@pytest.fixture
def gpt():
    torch.manual_seed(0)
    return GPT(TransformerConfig.gpt(vocab_size=TOKENIZER.vocab_size, max_len=72, d_model=12, n_layers=2, n_heads=3,
                                     d_ff=20, dropout=0.0)).eval()


def test_openings_are_chapters_of_the_held_out_novel():
    ids = openings(TOKENIZER, 13)
    assert ids.shape == (24, 13)
    assert TOKENIZER.decode(ids[0]).startswith("Sir Walter Elliot, of Kelly")


def test_likelihoods_are_the_models_own(gpt):
    prompts, neutral, candidates = [" She said", " He"], [" It", " It"], [[" yes", " no, not at all"]] * 2
    scores = likelihood_scores(gpt, TOKENIZER, prompts, neutral, candidates)
    ids = TOKENIZER.encode(" She said no, not at all")
    alone = TOKENIZER.encode(" It no, not at all")
    with torch.inference_mode():
        log_p, log_alone = (gpt(torch.tensor([row]))[0].log_softmax(-1)[torch.arange(len(row) - 1), row[1:]]
                            for row in (ids, alone))
    n = len(TOKENIZER.encode(" no, not at all"))
    torch.testing.assert_close(scores["sum"][0, 1], log_p[-n:].sum(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scores["per token"][0, 1], log_p[-n:].mean(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scores["minus unconditional"][0, 1], (log_p[-n:].sum() - log_alone[-n:].sum()),
                               rtol=1e-4, atol=1e-4)
    assert all(table.shape == (2, 2) for table in scores.values())


def test_a_word_has_the_models_own_probability(gpt):
    texts, choices = [" She was very", " word" * 90, " He"], [" good", " bad"]
    scores = word_scores(gpt, TOKENIZER, texts, choices)
    (wanted,) = zip(*(TOKENIZER.encode(choice) for choice in choices))
    for text, row in zip(texts, scores):
        ids = torch.tensor([TOKENIZER.encode(text)[-72:]])                     # a long text loses its beginning
        with torch.inference_mode():
            expected = gpt(ids)[0, -1].log_softmax(-1)[list(wanted)]
        torch.testing.assert_close(row, expected, rtol=1e-4, atol=1e-5)


def test_a_choice_of_several_tokens_is_refused(gpt):
    with pytest.raises(ValueError, match="' astonishingly' is . tokens"):
        word_scores(gpt, TOKENIZER, [" She was"], [" good", " astonishingly"])


def test_labels_are_the_next_tokens_of_the_summary_only():
    rows, labels = summary_rows([*PAIRS, ("word " * 99, "word " * 99)], TOKENIZER, 72)
    for (summary, text), row, wanted in zip(PAIRS, rows, labels):
        at = [i for i, label in enumerate(wanted) if label != IGNORED]
        assert [wanted[i] for i in at] == [row[i + 1] for i in at]
        assert TOKENIZER.decode(row[at[0] + 1:-1]) == f" {summary}" and row[-1] == TOKENIZER.eos_id
        assert TOKENIZER.decode(row[1:at[0] + 1]) == text + SUM_UP
        assert len(row) == len(wanted)
    assert len(rows[2]) == 72 and TOKENIZER.decode(rows[2][72 - LONGEST - 3:72 - LONGEST]).endswith("short:")


def test_the_summary_loss_is_that_of_all_logits(gpt):
    rows, labels = summary_rows(PAIRS[:1], TOKENIZER, 72)
    batch = {"input_ids": torch.tensor(rows), "attention_mask": torch.ones(1, len(rows[0])).long(),
             "labels": torch.tensor(labels)}
    expected = token_loss(gpt(batch["input_ids"]), batch["labels"])
    torch.testing.assert_close(summary_objective(gpt, batch)["loss"], expected)


def test_the_prompt_keeps_its_last_words():
    prompt = summary_prompt("word " * 99, TOKENIZER, 30)
    assert len(prompt) == 30 and TOKENIZER.decode(prompt).endswith(SUM_UP)
    assert prompt[0] == TOKENIZER.eos_id


def test_rouge_is_taken_pair_by_pair():
    scores = rouge(["Close a file.", ""], ["Close the file.", "Add"])
    assert scores["rouge_1"] == [pytest.approx(2 / 3), 0] and scores["rouge_2"] == [0, 0]
