"""Rankers: the right shapes, the right order, wrong answers that are wrong, and a row of the experiment run small."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from bertgpt import BERT, GPT, TransformerConfig
from bertgpt.model.heads import RankingHead
from bertgpt.results import load_results
from bertgpt.tasks.questions import Exam, book_exam
from bertgpt.tasks.ranking import (
    AnswerBatches,
    CandidateBatches,
    PooledVector,
    bi_encoder_objective,
    bi_encoder_scores,
    bm25_scores,
    cross_encoder_scores,
    grade,
    tfidf_scores,
    train_bi_encoder,
)
from bertgpt.training.finetuning import HeadedModel, candidate_objective
from bertgpt.training.loop import TrainingSettings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import answer_ranking  # noqa: E402

SIZES = {"vocab_size": 8192, "max_len": 32, "d_model": 12, "n_layers": 1, "n_heads": 3, "d_ff": 16, "dropout": 0.0}
PAIRS = [(f"{animal} {place}", f"the {animal} that we saw was in the {place} and stayed") for animal, place in [
    ("cat", "garden"), ("dog", "street"), ("horse", "field"), ("bird", "tree"), ("king", "castle"), ("ship", "sea"),
    ("lady", "library"), ("clerk", "office"), ("cook", "kitchen"), ("child", "school"), ("ghost", "cellar")]]
EXAM = Exam([question for question, _ in PAIRS], [answer for _, answer in PAIRS], [{i} for i in range(len(PAIRS))])


@pytest.fixture(params=["bert", "gpt"])
def model(request):
    torch.manual_seed(0)
    if request.param == "bert":
        return BERT(TransformerConfig.bert(**SIZES)).eval()
    return GPT(TransformerConfig.gpt(**SIZES)).eval()


@pytest.mark.parametrize("scorer", [bm25_scores, tfidf_scores])
def test_counted_words_find_what_repeats_them(scorer):
    scores = scorer(EXAM)
    assert scores.shape == (11, 11) and (scores.argmax(axis=1) == np.arange(11)).all()


def test_grades_by_hand():
    exam = Exam(["a", "b"], ["x", "y", "z"], [{0}, {1, 2}])
    graded = grade([exam, exam], [np.array([[3, 2, 1], [3, 2, 1]]), np.array([[1, 1, 1], [0, 0, 1]])])
    assert graded["reciprocal_ranks"] == [1, 1 / 2, 1 / 3, 1]         # of equals the right one is the last
    assert (graded["mrr"], graded["p_at_1"]) == (pytest.approx(17 / 24), 0.5)
    assert graded["mrr_interval"][0] < graded["mrr"] < graded["mrr_interval"][1]


def test_vectors_are_compared_by_their_angle(model, tokenizer):
    same = Exam(["the cat sat", "the dog"], ["the dog", "a ship", "the cat sat"], [{2}, {0}])
    scores = bi_encoder_scores(model, tokenizer, same)
    np.testing.assert_allclose([scores[0, 2], scores[1, 0]], 1.0, rtol=1e-5)
    assert np.abs(scores).max() < 1.00001 and scores[0, 1] < 0.9999


def test_every_other_answer_of_a_batch_is_a_wrong_one(model, tokenizer):
    batch = AnswerBatches(PAIRS, model, tokenizer, batch_size=5).sample(3)
    texts = [tokenizer.decode(row[mask.bool()]) for row, mask in zip(batch["answer_ids"], batch["answer_mask"])]
    assert len(set(texts)) == 5
    again = AnswerBatches(PAIRS, model, tokenizer, batch_size=5).sample(3)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    measured = bi_encoder_objective(HeadedModel(model, PooledVector()), batch)
    rolled = batch | {name: batch[name].roll(1, 0) for name in ("answer_ids", "answer_mask")}
    assert measured["loss"] != bi_encoder_objective(HeadedModel(model, PooledVector()), rolled)["loss"]


def test_candidates_hold_the_answer_once_and_first(model, tokenizer):
    batches = CandidateBatches(PAIRS, model, tokenizer, batch_size=3, n_candidates=4)
    batch = batches.sample(0)
    texts = [tokenizer.decode(row[mask.bool()]) for row, mask in zip(batch["input_ids"], batch["attention_mask"])]
    assert len(texts) == 12 and batch["labels"].tolist() == [0, 0, 0]
    for right, *wrong in (texts[i:i + 4] for i in range(0, 12, 4)):
        assert any(question in right and answer in right for question, answer in PAIRS)
        assert len({right, *wrong}) == 4
        assert not any(question in text and answer in text for text in wrong for question, answer in PAIRS)
    assert ("segment_ids" in batch) == isinstance(model, BERT)        # GPT has none to be given


def test_one_whole_is_shared_out_among_the_candidates_of_a_question():
    class Given(torch.nn.Module):
        def forward(self, batch):
            return torch.tensor([0.0, 0.0, 0.0, 0.0, 5.0, 5.0 - np.log(3)])
    measured = candidate_objective(Given(), {"labels": torch.zeros(2, dtype=torch.long)})
    torch.testing.assert_close(measured["loss"].item(), (np.log(3) + np.log(1 + np.exp(5) + np.exp(5) / 3)) / 2,
                               rtol=1e-5, atol=1e-5)


def test_a_cross_encoder_reads_the_first_and_leaves_the_rest_in_order(model, tokenizer):
    headed = HeadedModel(model, RankingHead(model.config, "mean")).eval()
    first = bm25_scores(EXAM)
    scores = cross_encoder_scores(headed, tokenizer, EXAM, first, top=3)
    for before, after in zip(first, scores):
        assert set(np.argsort(-after)[:3]) == set(np.argsort(-before, kind="stable")[:3])
        rest = np.argsort(-before, kind="stable")[3:]
        assert (np.diff(after[rest]) <= 0).all()
    whole = cross_encoder_scores(headed, tokenizer, EXAM, first, top=11, batch_size=7)
    read = scores > -100
    np.testing.assert_allclose(whole[read], scores[read], atol=1e-5)           # whatever else is in the batch


def test_a_bi_encoder_learns(tokenizer):
    torch.manual_seed(0)
    model = BERT(TransformerConfig.bert(**SIZES))
    before = grade([EXAM], [bi_encoder_scores(model, tokenizer, EXAM)])["mrr"]
    train_bi_encoder(model, tokenizer, PAIRS, TrainingSettings(steps=60, learning_rate=3e-3, warmup=5), batch_size=11)
    assert grade([EXAM], [bi_encoder_scores(model, tokenizer, EXAM)])["mrr"] > max(0.8, before)


def test_rows_of_the_experiment_are_what_a_new_run_gives():
    recorded = {row["name"]: row for row in load_results("answer_ranking")["rows"]}
    for name in ("random", "TF-IDF", "BM25"):
        again = answer_ranking.run(name)
        for exam in ("book", "docstrings"):
            np.testing.assert_allclose(again[exam]["reciprocal_ranks"], recorded[name][exam]["reciprocal_ranks"])
    assert len(recorded["BM25"]["book"]["reciprocal_ranks"]) == len(book_exam().questions)


def test_a_trained_row_runs_again_at_fewer_steps():
    row = answer_ranking.run("TinyBERT, bi-encoder", steps=2, blocks=1)
    assert row["steps"] == 2 and 2 < row["last_loss"] < 4             # ln 32 is 3.47
    assert len(row["docstrings"]["reciprocal_ranks"]) == 100
    assert row["docstrings"]["mrr"] > 0.1                             # chance is 0.05
