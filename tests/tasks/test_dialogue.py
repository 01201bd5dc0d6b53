"""Replies: who may say what to whom, and what is asked of either model."""

import pytest
import torch

from bertgpt import BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.tasks.dialogue import (
    NextSentenceScore,
    pair_scores,
    reply_prompts,
    speakers,
    top1_credit,
)
from bertgpt.tasks.labelled import replies
from bertgpt.training.finetuning import HeadedModel

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=48, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


@pytest.fixture
def bert():
    torch.manual_seed(0)
    return BERTForPreTraining(TransformerConfig.bert(**SIZES)).eval()


def test_a_prompt_is_a_play_up_to_the_reply():
    items = replies("test")[:40]
    for item, (prompt, alone), (first, second) in zip(items, reply_prompts(items, "test"),
                                                      speakers(items, "test")):
        assert prompt == f"{first}\n{item.before[0]}\n\n{second}\n{item.before[1]}{alone}"
        assert first == first.upper() and first not in item.candidates[item.right]


def test_a_pair_is_scored_by_the_next_sentence_head(bert):
    model = HeadedModel(bert, NextSentenceScore(bert))
    firsts = ["How now?", "Good morrow, my lord."]
    candidates = [["Well, sir.", "Ay."], ["No.", "Good morrow to you too."]]
    scores = pair_scores(model, TOKENIZER, firsts, candidates, batch_size=3)
    for first, row, expected in zip(firsts, candidates, scores):
        for text, score in zip(row, expected):
            ids, segments = (torch.tensor([part]) for part in TOKENIZER.encode_pair(f" {first}", f" {text}"))
            with torch.inference_mode():
                logits = bert(ids, segment_ids=segments)[1][0]
            torch.testing.assert_close(score, logits[0] - logits[1], rtol=1e-4, atol=1e-5)


def test_a_tie_shares_the_first_place():
    assert top1_credit([[1, 3, 2], [2, 2, 0], [0, 0, 0], [5, 1, 1]], [1, 0, 2, 1]) == [1, 0.5, pytest.approx(1 / 3), 0]
