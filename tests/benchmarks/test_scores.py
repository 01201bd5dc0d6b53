"""Scores that only experiments compute: by hand, and against the models' own probabilities."""

import random

import berts_number
import numpy as np
import pytest
import torch
from candidate_scores import blank_scores, shared_words
from experiments import merge_reranked
from named_entities import find_capitals, find_titled, known_names, name_scores
from prompting import solved, story_scores
from rankers import ranking_metrics, train_bi_encoder, train_cross_encoder
from ranking_example import PAIRS, SIZES
from reference import tiny_bert, tiny_both
from text_classification import label_metrics, majority_baseline

from bertgpt import BERT, TransformerConfig, fill_mask
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.tasks.entities import read_brackets
from bertgpt.tasks.labelled import Labelled
from bertgpt.tasks.ranking import RankingTask
from bertgpt.training.loop import TrainingSettings


def test_classes_by_hand():
    test = Labelled(["a", "b", "c", "d"], [0, 1, 1, 2], ["x", "y", "z"])
    found = label_metrics(test, [0, 1, 0, 0])
    assert found["accuracy"] == 0.5 and found["right"] == "1100"
    assert found["counts"] == [[1, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert found["macro_f1"] == pytest.approx((0.5 + 2 / 3 + 0) / 3)    # precision 1/3, recall 1; 1, 1/2; none
    assert majority_baseline(Labelled(["s"] * 3, [2, 2, 0], test.names), test)["right"] == "0001"


def test_names_by_hand():
    labelled = [read_brackets("[PERSON Mr Elton] left [PLACE Bath]"), read_brackets("[PERSON Anne] slept")]
    known = known_names([read_brackets("[PERSON Mrs Elton] [PLACE Bath]")])
    assert known == {("Elton", "PERSON"), ("Bath", "PLACE")}
    scores = name_scores(labelled, [((0, 8, "PERSON"), (14, 18, "PERSON")), ()], known)
    assert (scores["precision"], scores["recall"], scores["f1"]) == (1 / 2, 1 / 3, 2 / 5)
    assert (scores["PERSON_f1"], scores["PLACE_f1"]) == (1 / 2, 0)
    assert (scores["seen_recall"], scores["unseen_recall"]) == (1 / 2, 0)
    assert scores["counts"] == [[1, 2, 2], [0, 0, 1]] and scores["unseen"] == {"Anne": [0, 1]}
    assert find_titled("Captain Wentworth left Kellynch with Emma.") == ((0, 17, "PERSON"), (37, 41, "PERSON"))
    assert find_capitals('"Anne," said I to Mrs Croft') == ((18, 27, "PERSON"),)


def test_ranks_by_hand():
    task = RankingTask(["a", "b"], ["x", "y", "z"], [{0}, {1, 2}])
    tables = [np.array([[3, 2, 1], [3, 2, 1]]), np.array([[1, 1, 1], [0, 0, 1]])]
    found = ranking_metrics([task, task], tables)
    assert found["reciprocal_ranks"] == [1, 1 / 2, 1 / 3, 1]        # of equal scores the right one ranks last
    assert (found["mrr"], found["p_at_1"]) == (pytest.approx(17 / 24), 0.5)
    merged = merge_reranked(np.array([[4.0, 3.0, 2.0, 1.0]]), np.array([[0, 1]]), [0.5, 0.7])
    assert np.argsort(-merged).tolist() == [[1, 0, 2, 3]]
    words = shared_words(["the moon and the sea"], [["the the and", "a moon", "sea and moon"]])
    assert words.tolist() == [[0, 1, 2]]


@pytest.mark.slow
def test_rankers_learn(tokenizer):
    settings = TrainingSettings(steps=40, learning_rate=5e-3, warmup=5)
    bi, cross = (BERT(TransformerConfig.bert(**SIZES)) for _ in range(2))
    history = train_bi_encoder(bi, tokenizer, PAIRS, settings, batch_size=11)
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    history = train_cross_encoder(cross, tokenizer, PAIRS, settings, "mean", batch_size=11)[1]
    assert history[0]["loss"] == pytest.approx(np.log(8), abs=0.1)          # eight candidates
    assert history[-1]["loss"] < 0.93 * history[0]["loss"]


def test_a_blank_is_scored_as_fill_mask_fills_it(tokenizer):
    model = tiny_both(vocab_size=tokenizer.vocab_size, max_len=24).eval()
    (answers,) = fill_mask(model, tokenizer, "She was[MASK].", top_k=tokenizer.vocab_size)
    expected = [dict(answers)[tokenizer.tokens(tokenizer.encode(word))[0]] for word in (" good", " bad")]
    scores = blank_scores(model, tokenizer, [("She was", "."), ("so " * 30, "on " * 30)], [" good", " bad"])
    torch.testing.assert_close(scores.exp()[0], torch.tensor(expected), rtol=1e-4, atol=1e-7)
    assert scores.shape == (2, 2) and scores.isfinite().all()               # a long text is cut on both sides


def test_half_of_the_solved_examples_are_positive_and_a_draw_is_repeated():
    shown = solved(random.Random(3), 4)
    assert shown.count(" I was very good.\n\n") == shown.count(" I was very bad.\n\n") == 2
    assert shown == solved(random.Random(3), 4) != solved(random.Random(4), 4) and solved(random.Random(3), 0) == ""


def test_a_story_is_judged_by_its_new_tokens_only(tokenizer):
    judge = Unigram(tokenizer.vocab_size).fit(tokenizer.encode(" a a a b c"))
    a, b = tokenizer.encode(" a")[0], tokenizer.encode(" b")[0]
    scores = story_scores(judge, tokenizer, torch.tensor([[b, b, a, a, a], [a, a, a, b, a]]), 2)
    expected = -judge.log_probs([a, b])
    assert scores["nats"] == pytest.approx([expected[0], (2 * expected[0] + expected[1]) / 3])
    assert scores["distinct_1"] == pytest.approx([1 / 3, 2 / 3])


def test_every_number_of_blanks_is_read_equally_often(monkeypatch):
    asked = []

    def at_blanks(model, tokenizer, rows, blanks):
        asked.append(blanks.sum(dim=1))
        return asked[-1].float()

    monkeypatch.setattr(berts_number, "at_blanks", at_blanks)
    means = berts_number.over_all_rates(None, None, torch.zeros(126, 126, dtype=torch.long), readings=3)
    assert torch.cat(asked).bincount(minlength=127).tolist() == [0] + 126 * [3]
    torch.testing.assert_close(means, torch.stack(asked).float().mean(dim=0))


def test_in_gpts_order_a_token_is_asked_for_while_all_that_follow_are_blank(letters, monkeypatch):
    monkeypatch.setattr(berts_number, "LENGTH", 3)
    bert, mask = tiny_bert(vocab_size=letters.vocab_size).eval(), letters.mask_id
    rows = torch.tensor([letters.encode(text)[:3] for text in ("one", "two")])
    for row, found in zip(rows, berts_number.left_to_right(bert, letters, rows)):
        asked = [[letters.cls_id, *row[:t], *[mask] * (3 - t), letters.sep_id] for t in range(3)]
        log_probs = bert(torch.tensor(asked))[0].log_softmax(dim=-1)                       # (3, 5, V)
        torch.testing.assert_close(found, -sum(log_probs[t, t + 1, row[t]] for t in range(3)) / 3)
