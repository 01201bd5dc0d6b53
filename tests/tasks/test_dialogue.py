"""Replies: who may say what to whom, and what is asked of either model."""

import pytest
import torch

from bertgpt import BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.model.both import Both
from bertgpt.tasks.dialogue import (
    NextSentenceScore,
    conditional_pseudo_scores,
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
    assert speakers(items[:1], "test") == [("VIOLA", "CAPTAIN")]
    prompt, alone = reply_prompts(items[:1], "test")[0]
    assert prompt.startswith("VIOLA\nWhat's she?\n\nCAPTAIN\nA virtuous maid, the daughter of a count")
    assert prompt.endswith("abjured the company And sight of men.\n\nVIOLA\n") and alone == "\n\nVIOLA\n"
    for item, (first, _) in zip(items, speakers(items, "test")):
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


@pytest.mark.parametrize("kind", ["BERT", "Both"])
def test_each_token_of_a_candidate_is_hidden_in_turn_and_its_context_is_not(kind, bert):
    torch.manual_seed(0)
    model = bert if kind == "BERT" else Both(TransformerConfig.gpt(**SIZES)).eval()
    scores = conditional_pseudo_scores(model, TOKENIZER, ["How now?"], [["Well, sir.", "Ay."]], batch_size=3)
    before, answer = TOKENIZER.encode(" How now?"), TOKENIZER.encode(" Ay.")

    def by_hand(context):
        total = 0.0
        for i, token in enumerate(answer):
            hidden = [*context, *answer[:i], TOKENIZER.mask_id, *answer[i + 1:]]
            start, end = ([TOKENIZER.cls_id], [TOKENIZER.sep_id]) if kind == "BERT" else ([TOKENIZER.eos_id], [])
            ids, place = torch.tensor([[*start, *hidden, *end]]), 1 + len(context) + i
            with torch.inference_mode():
                logits = model(ids)[0][0, place] if kind == "BERT" else model(ids, order="bidirectional")[0, place - 1]
            total += logits.log_softmax(-1)[token].item()
        return total

    assert scores["sum"].shape == (1, 2) and scores["sum"][0, 1].item() == pytest.approx(by_hand(before), abs=1e-4)
    assert scores["minus unconditional"][0, 1].item() == pytest.approx(by_hand(before) - by_hand([]), abs=1e-4)
