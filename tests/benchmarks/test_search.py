"""The rankers of the experiment: wrong answers that are wrong, a head that is ranked anew, and a row run small."""

import numpy as np
import pytest
import search
import torch
from experiments import NotRecorded, candidate_objective, content_words, merge_reranked
from rankers import (
    AnswerBatches,
    PooledVector,
    bi_encoder_objective,
    score_ranked,
    tfidf_scores,
    train_bi_encoder,
    train_cross_encoder,
)
from ranking_example import PAIRS, SIZES, TASK
from search import shared_words

from bertgpt import BERT, BERTForPreTraining, TransformerConfig
from bertgpt.book.records import load_results
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.model.heads import RankingHead
from bertgpt.tasks.questions import RankingTask, book_task, docstring_pairs, docstring_tasks
from bertgpt.tasks.ranking import bi_encoder_scores, bm25_scores, ranking_metrics
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.loop import TrainingSettings


def test_counted_words_find_what_repeats_them():
    scores = tfidf_scores(TASK)
    assert scores.shape == (11, 11) and (scores.argmax(axis=1) == np.arange(11)).all()


def test_every_other_answer_of_a_batch_is_a_wrong_one(small_encoder, tokenizer):
    batch = AnswerBatches(PAIRS, small_encoder, tokenizer, batch_size=5).sample(3)
    texts = [tokenizer.decode(row[mask.bool()]) for row, mask in zip(batch["answer_ids"], batch["answer_mask"])]
    assert len(set(texts)) == 5
    again = AnswerBatches(PAIRS, small_encoder, tokenizer, batch_size=5).sample(3)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    measured = bi_encoder_objective(HeadedModel(small_encoder, PooledVector()), batch)
    rolled = batch | {name: batch[name].roll(1, 0) for name in ("answer_ids", "answer_mask")}
    assert measured["loss"] != bi_encoder_objective(HeadedModel(small_encoder, PooledVector()), rolled)["loss"]


def test_one_whole_is_shared_out_among_the_candidates_of_a_question():
    class Given(torch.nn.Module):
        def forward(self, batch):
            return torch.tensor([0.0, 0.0, 0.0, 0.0, 5.0, 5.0 - np.log(3)])
    measured = candidate_objective(Given(), {"labels": torch.zeros(2, dtype=torch.long)})
    torch.testing.assert_close(measured["loss"].item(), (np.log(3) + np.log(1 + np.exp(5) + np.exp(5) / 3)) / 2,
                               rtol=1e-5, atol=1e-5)


def test_a_cross_encoder_reads_ten_and_leaves_the_rest_in_order(small_encoder, tokenizer):
    headed = HeadedModel(small_encoder, RankingHead(small_encoder.config, "mean")).eval()
    first = bm25_scores(TASK)
    ranked = np.argsort(-first, axis=1, kind="stable")[:, :3]                               # (Q, 3)
    scores = score_ranked(headed, tokenizer, TASK, ranked)
    after = merge_reranked(first, ranked, scores)
    for before, row, three in zip(first, after, ranked):
        assert set(np.argsort(-row)[:3]) == set(three)
        assert (np.diff(row[np.argsort(-before, kind="stable")[3:]]) <= 0).all()
    every = np.tile(np.arange(11), (11, 1))                                                 # (Q, A)
    whole = score_ranked(headed, tokenizer, TASK, every, batch_size=7)
    np.testing.assert_allclose(np.take_along_axis(whole, ranked, 1), scores, atol=1e-5)     # whatever is beside it


def test_a_count_is_mixed_in_as_heavily_as_it_is_told():
    task = RankingTask(["q", "q"], list("abcd"), [{2}, {2}])
    ten, scores, count = (np.array([row, row]) for row in ([0, 2], [1.0, 0.5], [0.1, 0.9, 0.4, 0.0]))
    read = [(task, ten, scores, count)]
    assert search.mixed_metrics(read, 0)["mrr"] == 1 / 2                # the head puts the wrong one first
    assert search.mixed_metrics(read, 2)["mrr"] == 1                    # .5 + 2 (.4) against 1 + 2 (.1)
    unread = [(task, np.array([[0, 1]] * 2), scores, count)]
    assert search.mixed_metrics(unread, 2)["mrr"] == 1 / 3


def test_the_ten_of_a_record_are_read_as_they_were_written():
    rows = np.random.default_rng(0).random((3, 15))
    tasks = [RankingTask(["a", "b"], [], []), RankingTask(["c"], [], [])]
    first, second = search.ten_of([search.top_ten(row) for row in rows], tasks)
    np.testing.assert_array_equal(np.concatenate([first, second]), np.argsort(-rows, axis=1)[:, :search.TOP])
    assert first.shape == (2, 10) and second.shape == (1, 10)


def test_a_curve_is_averaged_over_stretches():
    history = [{"loss": float(loss)} for loss in (4, 2, 3, 1, 1)]
    assert search.smoothed(history, 2) == [[3, 3.0], [5, 1.0]]


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


def test_a_cross_encoder_goes_on_with_the_next_sentence_head(tokenizer):
    torch.manual_seed(0)
    model = BERTForPreTraining(TransformerConfig.bert(**SIZES))
    before = model.nsp_head.classifier.weight.clone()
    settings = TrainingSettings(steps=2, learning_rate=5e-3)
    headed, _ = train_cross_encoder(model, tokenizer, PAIRS, settings, "next")
    assert headed.head.nsp_head is model.nsp_head and not torch.equal(model.nsp_head.classifier.weight, before)


def test_rows_that_need_no_model_are_what_a_new_run_gives():
    recorded = {row["name"]: row for row in load_results("search")["rows"]}
    again = search.examine(tfidf_scores, blocks=1)
    for part in ("book", "docstrings"):
        ranks = again[part]["reciprocal_ranks"]
        np.testing.assert_allclose(ranks, recorded["TF-IDF"][part]["reciprocal_ranks"][:len(ranks)])
    assert len(recorded["BM25"]["book"]["reciprocal_ranks"]) == len(book_task().questions)


def test_in_its_domain_a_trained_bi_encoder_beats_the_best_count():
    recorded = {row["name"]: row["docstrings"]["reciprocal_ranks"] for row in load_results("search")["rows"]}
    best = max(("TF-IDF", "BM25"), key=lambda name: sum(recorded[name]))
    ahead = np.subtract(recorded[search.FIRST], recorded[best])
    assert len(ahead) % 100 == 0 and bootstrap_interval(ahead)[0] > 0


def test_what_ends_at_the_loss_of_chance_is_not_recorded(monkeypatch):
    monkeypatch.setattr(search, "kept_rows", lambda name: {search.FIRST: {"first": {}}})
    monkeypatch.setattr(search, "train_cross_encoder", lambda *given: (None, [{"loss": 2.06}] * 40))
    with pytest.raises(NotRecorded, match="2.06 nats, above 1.5"):
        search.cross_encoder("TinyBERT")
    monkeypatch.setattr(search, "kept_rows", lambda name: {})
    with pytest.raises(NotRecorded, match="record that row first"):
        search.cross_encoder("TinyBERT")


@pytest.mark.slow
def test_a_trained_row_runs_again_at_fewer_steps():
    row = search.bi_encoder("TinyBERT", "mean", steps=2, learning_rate=3e-4, blocks=1)
    assert len(row["loss"]) == 2 and 2 < row["loss"][0] < 4           # ln 32 is 3.47
    assert len(row["docstrings"]["reciprocal_ranks"]) == 100
    assert row["docstrings"]["mrr"] > 0.1                             # chance is 0.05


@pytest.mark.slow
def test_a_cross_encoder_runs_again_in_little(monkeypatch):
    tasks = {part: [RankingTask(task.questions[:4], task.candidates, task.right[:4]) for task in given[:1]]
             for part, given in search.questions_to_read().items()}
    monkeypatch.setattr(search, "questions_to_read", lambda: tasks)
    first = {part: [search.top_ten(row) for task in given for row in tfidf_scores(task)]
             for part, given in tasks.items()}
    monkeypatch.setattr(search, "kept_rows", lambda name: {search.FIRST: {"first": first}})
    row = search.cross_encoder("TinyBERT", steps=2)
    assert row["loss"][0][1] == pytest.approx(np.log(8), abs=0.7) and row["count_weight"] in search.COUNT_WEIGHTS
    assert len(row["docstrings, with the count"]["reciprocal_ranks"]) == 4


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
