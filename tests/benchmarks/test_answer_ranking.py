"""The rankers of the experiment: wrong answers that are wrong, a head that is ranked anew, and a row run small."""

import answer_ranking
import numpy as np
import pytest
import torch
from answer_ranking import docstring_tasks, shared_words
from experiments import candidate_objective, content_words
from rankers import (
    AnswerBatches,
    PooledVector,
    bi_encoder_objective,
    cross_encoder_scores,
    tfidf_scores,
    train_bi_encoder,
    train_cross_encoder,
)
from ranking_example import PAIRS, SIZES, TASK, small_encoder

from bertgpt import BERT, TransformerConfig
from bertgpt.model.heads import RankingHead
from bertgpt.results import load_results
from bertgpt.tasks.questions import RankingTask, book_task, docstring_pairs
from bertgpt.tasks.ranking import bi_encoder_scores, bm25_scores, ranking_metrics
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.loop import TrainingSettings


@pytest.fixture(params=["bert", "gpt"])
def model(request):
    return small_encoder(request.param)


def test_counted_words_find_what_repeats_them():
    scores = tfidf_scores(TASK)
    assert scores.shape == (11, 11) and (scores.argmax(axis=1) == np.arange(11)).all()


def test_every_other_answer_of_a_batch_is_a_wrong_one(model, tokenizer):
    batch = AnswerBatches(PAIRS, model, tokenizer, batch_size=5).sample(3)
    texts = [tokenizer.decode(row[mask.bool()]) for row, mask in zip(batch["answer_ids"], batch["answer_mask"])]
    assert len(set(texts)) == 5
    again = AnswerBatches(PAIRS, model, tokenizer, batch_size=5).sample(3)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    measured = bi_encoder_objective(HeadedModel(model, PooledVector()), batch)
    rolled = batch | {name: batch[name].roll(1, 0) for name in ("answer_ids", "answer_mask")}
    assert measured["loss"] != bi_encoder_objective(HeadedModel(model, PooledVector()), rolled)["loss"]


def test_one_whole_is_shared_out_among_the_candidates_of_a_question():
    class Given(torch.nn.Module):
        def forward(self, batch):
            return torch.tensor([0.0, 0.0, 0.0, 0.0, 5.0, 5.0 - np.log(3)])
    measured = candidate_objective(Given(), {"labels": torch.zeros(2, dtype=torch.long)})
    torch.testing.assert_close(measured["loss"].item(), (np.log(3) + np.log(1 + np.exp(5) + np.exp(5) / 3)) / 2,
                               rtol=1e-5, atol=1e-5)


def test_a_cross_encoder_reads_the_first_and_leaves_the_rest_in_order(model, tokenizer):
    headed = HeadedModel(model, RankingHead(model.config, "mean")).eval()
    first = bm25_scores(TASK)
    scores = cross_encoder_scores(headed, tokenizer, TASK, first, top=3)
    for before, after in zip(first, scores):
        assert set(np.argsort(-after)[:3]) == set(np.argsort(-before, kind="stable")[:3])
        rest = np.argsort(-before, kind="stable")[3:]
        assert (np.diff(after[rest]) <= 0).all()
    whole = cross_encoder_scores(headed, tokenizer, TASK, first, top=11, batch_size=7)
    read = scores > -100
    np.testing.assert_allclose(whole[read], scores[read], atol=1e-5)           # whatever else is in the batch


def test_a_bi_encoder_learns(tokenizer):
    torch.manual_seed(0)
    model = BERT(TransformerConfig.bert(**SIZES))
    before = ranking_metrics([TASK], [bi_encoder_scores(model, tokenizer, TASK)])["mrr"]
    train_bi_encoder(model, tokenizer, PAIRS, TrainingSettings(steps=60, learning_rate=3e-3, warmup=5), batch_size=11)
    assert ranking_metrics([TASK], [bi_encoder_scores(model, tokenizer, TASK)])["mrr"] > max(0.8, before)


def test_a_cross_encoder_learns(tokenizer):
    torch.manual_seed(0)
    model = BERT(TransformerConfig.bert(**SIZES))
    settings = TrainingSettings(steps=80, learning_rate=5e-3, warmup=5)
    headed, history = train_cross_encoder(model, tokenizer, PAIRS, settings, "mean", batch_size=11)
    assert history[0]["loss"] == pytest.approx(np.log(8), abs=0.1)              # eight candidates, nothing known yet
    assert history[-1]["loss"] < 0.8 * history[0]["loss"] and headed.encoder is model


def test_rows_of_the_experiment_are_what_a_new_run_gives():
    recorded = {row["name"]: row for row in load_results("answer_ranking")["rows"]}
    for name in ("random", "TF-IDF", "BM25"):
        again = answer_ranking.run(name)
        for part in ("book", "docstrings"):
            np.testing.assert_allclose(again[part]["reciprocal_ranks"], recorded[name][part]["reciprocal_ranks"])
    assert len(recorded["BM25"]["book"]["reciprocal_ranks"]) == len(book_task().questions)


@pytest.mark.slow
def test_a_trained_row_runs_again_at_fewer_steps():
    row = answer_ranking.run("TinyBERT, bi-encoder", steps=2, blocks=1)
    assert row["steps"] == 2 and 2 < row["last_loss"] < 4             # ln 32 is 3.47
    assert len(row["docstrings"]["reciprocal_ranks"]) == 100
    assert row["docstrings"]["mrr"] > 0.1                             # chance is 0.05


def test_tasks_of_docstrings_point_at_the_right_answers():
    pairs, blocks = dict(docstring_pairs("test")), docstring_tasks("test", size=100)
    assert len(blocks) == len(pairs) // 100 and blocks == docstring_tasks("test", size=100)
    for block in blocks:
        assert len(block.candidates) == 100
        assert all(pairs[question] == block.candidates[min(right)]
                   for question, right in zip(block.questions, block.right))


def test_shared_words_by_hand():
    assert content_words("Why is the mask a triangle?") == {"mask", "triangle"}
    task = RankingTask(["Why is the mask a triangle?"], ["a triangle of ones", "nothing", "the mask, a triangle"],
                       [{0, 1}])
    assert shared_words(task) == [0.5]


def test_the_readers_own_words_are_seldom_the_books():
    own, field = (shared_words(book_task(kind)) for kind in ("own", "field"))
    assert sum(own) / len(own) < 0.4 < 0.5 < sum(field) / len(field) < 0.65
