"""The scores of the experiment about prompts, and its recorded rows run again small."""

import numpy as np
import prompting as experiment
import pytest
import torch
from candidate_scores import (
    ReplyBatches,
    blank_scores,
    shared_words,
    vector_scores,
)
from experiments import candidate_objective

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.results import load_results
from bertgpt.tasks.dialogue import NextSentenceScore
from bertgpt.tasks.labelled import Reply
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.loop import TrainingSettings, train

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=72, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


@pytest.fixture
def bert():
    torch.manual_seed(0)
    return BERTForPreTraining(TransformerConfig.bert(**SIZES)).eval()


@pytest.fixture
def gpt():
    torch.manual_seed(0)
    return GPT(TransformerConfig.gpt(**SIZES)).eval()


def test_a_choice_at_a_blank_has_the_models_own_probability(bert):
    texts = [("She was", "."), ("He was very " * 40, " and glad " * 40)]
    choices = [" good", " bad", " glad"]
    scores = blank_scores(bert, TOKENIZER, texts, choices, batch_size=1)
    (wanted,) = zip(*(TOKENIZER.encode(choice) for choice in choices))
    ids = torch.tensor([TOKENIZER.encode_pair("She was[MASK].")[0]])
    with torch.inference_mode():
        expected = bert(ids)[0][0, ids[0] == TOKENIZER.mask_id].log_softmax(-1)[0, list(wanted)]
    torch.testing.assert_close(scores[0], expected, rtol=1e-4, atol=1e-5)
    assert scores.shape == (2, 3) and scores.isfinite().all()                  # what does not fit is cut on both sides
    torch.testing.assert_close(blank_scores(bert, TOKENIZER, texts, choices), scores, rtol=1e-4, atol=1e-5)


def test_a_candidate_that_repeats_its_first_text_is_the_nearest(gpt):
    scores = vector_scores(gpt, TOKENIZER, ["How now?", "Well, sir."], [["Ay.", "How now?"], ["Well, sir.", "No."]])
    assert scores.argmax(dim=1).tolist() == [1, 0]
    torch.testing.assert_close(scores.amax(dim=1), torch.ones(2))


def test_the_true_reply_comes_first_in_a_batch(bert):
    items = [Reply("p", ["a", f"question {i}"], [f"wrong {i} {j}" for j in range(9)], 0) for i in range(3)]
    for i, item in enumerate(items):
        item.candidates.insert(4, f"true {i}")
    items = [Reply(item.work, item.before, item.candidates, 4) for item in items]
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


@pytest.mark.slow
def test_a_model_gives_its_recorded_answers_again():
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}["sentiment, GPT"]
    again = experiment.sentiment(n_items=8)["as it is"]
    assert again["right"] == recorded["as it is"]["right"][:8]
