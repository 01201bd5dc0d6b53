"""Replies: who may say what to whom, and what is asked of either model."""

import numpy as np
import pytest
import torch

from bertgpt import BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.tasks.dialogue import (
    NextSentenceScore,
    ReplyBatches,
    credit,
    pair_scores,
    reply_prompts,
    shared_words,
    speakers,
)
from bertgpt.tasks.labelled import Reply, replies
from bertgpt.training.finetuning import HeadedModel, candidate_objective
from bertgpt.training.loop import TrainingSettings, train

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
            ids, segments = (torch.tensor([part]) for part in TOKENIZER.encode_pair(first, text))
            with torch.inference_mode():
                logits = bert(ids, segment_ids=segments)[1][0]
            torch.testing.assert_close(score, logits[0] - logits[1], rtol=1e-4, atol=1e-5)


def test_the_true_reply_comes_first_in_a_batch(bert):
    items = [Reply("p", ["a", f"question {i}"], [f"wrong {i} {j}" for j in range(9)], 0) for i in range(3)]
    for i, item in enumerate(items):
        item.candidates.insert(4, f"true {i}")
    items = [Reply(item.play, item.before, item.candidates, 4) for item in items]
    batches = ReplyBatches(items, bert, TOKENIZER, batch_size=2, n_wrong=3)
    batch = batches.sample(5)
    texts = [TOKENIZER.decode(row) for row in batch["input_ids"]]
    assert len(texts) == 8 and batch["labels"].tolist() == [0, 0]
    for start in (0, 4):
        number = texts[start].split("question ")[1][0]
        assert f"true {number}" in texts[start]
        wrong = texts[start + 1:start + 4]
        assert all(f"question {number}" in text and f"wrong {number}" in text for text in wrong)
        assert len(set(wrong)) == 3
    assert torch.equal(batches.sample(5)["input_ids"], batch["input_ids"])


def test_the_head_learns_who_replies(bert):
    items = [Reply("p", ["", "red" if i % 2 else "blue"], ["rose", "sky"], i % 2 ^ 1) for i in range(8)]
    model = HeadedModel(bert, NextSentenceScore(bert))
    history = train(model, candidate_objective, ReplyBatches(items, bert, TOKENIZER, 8, n_wrong=1),
                    TrainingSettings(steps=60, learning_rate=1e-2, warmup=5, weight_decay=0.0))
    assert history[0]["loss"] == pytest.approx(np.log(2), abs=0.2) and history[-1]["accuracy"] == 1


def test_shared_words_leave_out_the_common_ones():
    assert shared_words(["the moon and the sea"], [["the the and", "a moon", "sea and moon"]]).tolist() == [[0, 1, 2]]


def test_a_tie_shares_the_first_place():
    assert credit([[1, 3, 2], [2, 2, 0], [0, 0, 0], [5, 1, 1]], [1, 0, 2, 1]) == [1, 0.5, pytest.approx(1 / 3), 0]
