"""Rankers of answers that no chapter runs: TF-IDF, BM25, a bi-encoder, a cross-encoder.

A bi-encoder compares two vectors, so that answers are encoded only once; a cross-encoder reads each pair in one row.

Q questions, A candidates, B batch, T tokens, D d_model.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from experiments import weights_fingerprint
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from tagging import epoch_indices
from torch import Tensor, nn

from bertgpt.assets import CONTENTS
from bertgpt.evaluation.metrics import bootstrap_interval, reciprocal_rank
from bertgpt.model.heads import ClassificationHead, pool_mean
from bertgpt.text.batching import generator_for, pad
from bertgpt.training.finetuning import HeadedModel, build_inputs, pair_rows, pooled, score_pairs
from bertgpt.training.loop import train
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.tasks.ranking import RankingTask, words

# The files of the questions, for the record: file -> sha256.
QUESTIONS_FROM = {name: CONTENTS[f"labelled/{name}"] for name in ("docstrings.tsv.xz", "book_passages.tsv.xz")}
TEMPERATURE = 0.05  # cosines are between -1 and 1: without it no answer could ever be certain
LEARNED_WORDS = 40  # of an answer in training: the longest row of a batch sets the time of all
N_CANDIDATES = 8  # per question in training


def shortened(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(question, " ".join(answer.split()[:LEARNED_WORDS])) for question, answer in pairs]


class BM25:
    """Score documents by the words that they share with a question: words each, scores(words) -> (documents,).

    A word counts less the more documents have it, the more often it has occurred (k1) and the longer the document (b).
    Robertson and Zaragoza 2009, equations 3.3 and 3.15, with a 1 inside the logarithm against negative weights.
    """

    def __init__(self, documents: list[list[str]], k1: float = 1.2, b: float = 0.75):
        vectorizer = CountVectorizer(analyzer=list)  # the documents are lists of words already
        self.weights = vectorizer.fit_transform(documents).tocsc().astype(float)  # (documents, words)
        self.columns = vectorizer.vocabulary_
        lengths = np.array([len(document) for document in documents])  # (documents,)
        norm = k1 * (1 - b + b * lengths / lengths.mean())  # (documents,)
        n_holders = np.diff(self.weights.indptr)  # (words,): how many documents have each
        idf = np.log(1 + (len(documents) - n_holders + 0.5) / (n_holders + 0.5))  # (words,)
        counts = self.weights.data
        self.weights.data = counts / (counts + norm[self.weights.indices]) * np.repeat(idf, n_holders)

    def scores(self, question: list[str]) -> np.ndarray:
        known = [self.columns[word] for word in question if word in self.columns]
        return np.asarray(self.weights[:, known].sum(axis=1)).ravel()  # (documents,)


class CandidateBatches:
    """Draw questions for a cross-encoder, each once per epoch, with their answer, hard wrong ones and any others.

    pairs: question, answer; `sample(step)` -> what a headed model reads (B C, T), the right answer first of each C;
    labels (B,), all 0. Half of the wrong answers are drawn from BM25's top 20 for the question, the others from all.
    """

    def __init__(self, pairs: list[tuple[str, str]], model, tokenizer, batch_size: int, seed: int = 0):
        self.pairs, self.model, self.tokenizer = shortened(pairs), model, tokenizer
        self.batch_size, self.seed = batch_size, seed
        self.index = BM25([words(answer) for _, answer in pairs])

    def sample(self, step: int) -> dict[str, Tensor]:
        generator, framed = generator_for(self.seed, step), []
        n, n_wrong = len(self.pairs), N_CANDIDATES - 1
        for i in epoch_indices(n, self.batch_size, self.seed, step):
            hard = np.argsort(-self.index.scores(words(self.pairs[i][0])), kind="stable")[:20]
            mixed = torch.randperm(len(hard), generator=generator)[: n_wrong // 2]
            others = torch.randperm(n, generator=generator)[: N_CANDIDATES * 2]
            wrong = [j for j in dict.fromkeys([*hard[mixed.numpy()].tolist(), *others.tolist()]) if j != i]
            framed += [
                build_inputs(self.model, self.tokenizer, self.pairs[i][0], self.pairs[j][1])
                for j in [i, *wrong[:n_wrong]]
            ]
        labels = torch.zeros(self.batch_size, dtype=torch.long)  # (B,)
        return pair_rows(framed, self.model) | {"labels": labels}


def checkpoint_for(name: str, source: str) -> Path:
    """Name the checkpoint file of a long training, which depends on the initial weights."""
    return Path(tempfile.gettempdir()) / f"{name.replace(' ', '_')}_{weights_fingerprint(source)}.safetensors"


def unit_vectors(model, tokenizer, texts: list[str]) -> Tensor:
    """Encode each text as the mean of its hidden states, of length 1: -> (n, D), on the CPU; products are cosines."""
    rows = [build_inputs(model, tokenizer, text)[0] for text in texts]
    return F.normalize(pooled(model, rows, "mean")["mean"], dim=-1)


def bi_encoder_scores(model, tokenizer, task: RankingTask) -> np.ndarray:
    """Score by the cosine between pooled hidden states: -> (Q, A)."""
    questions, answers = (unit_vectors(model, tokenizer, texts) for texts in (task.questions, task.candidates))
    return (questions @ answers.T).numpy()


def bm25_scores(task: RankingTask) -> np.ndarray:
    """Score by BM25: -> (Q, A)."""
    index = BM25([words(candidate) for candidate in task.candidates])
    return np.array([index.scores(words(question)) for question in task.questions])


def tfidf_scores(task: RankingTask) -> np.ndarray:
    """Score by the cosine between TF-IDF vectors: -> (Q, A)."""
    vectorizer = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    answers = vectorizer.fit_transform(task.candidates)  # (A, words)
    return (vectorizer.transform(task.questions) @ answers.T).toarray()


def ranking_metrics(tasks: list[RankingTask], scores: list[np.ndarray]) -> dict:
    """Compute mean reciprocal rank (Voorhees 1999) and precision at 1, with 95 % intervals over questions.

    scores: (Q, A) per task
    """
    ranks = [
        reciprocal_rank(row, right)
        for task, table in zip(tasks, scores, strict=True)
        for row, right in zip(table, task.right, strict=True)
    ]
    firsts = [float(rank == 1) for rank in ranks]
    return {
        "mrr": float(np.mean(ranks)),
        "mrr_interval": bootstrap_interval(ranks),
        "p_at_1": float(np.mean(firsts)),
        "p_at_1_interval": bootstrap_interval(firsts),
        "reciprocal_ranks": ranks,
    }


def score_ranked(model: HeadedModel, tokenizer, task: RankingTask, ranked: np.ndarray) -> np.ndarray:
    """Score each question together with some of its candidates: ranked (Q, top) indices -> scores (Q, top)."""
    framed = [
        build_inputs(model.encoder, tokenizer, question, task.candidates[a])
        for question, row in zip(task.questions, ranked)
        for a in row
    ]
    return score_pairs(model, framed, 40).numpy().reshape(ranked.shape)


class PooledVector(nn.Module):
    """Average a text into a vector of length 1: (B, T, D), (B, T) -> (B, D). Reimers and Gurevych 2019, section 3."""

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        return F.normalize(pool_mean(hidden, attention_mask), dim=-1)  # (B, D)


class AnswerBatches:
    """Draw distinct pairs for the bi-encoder: the other answers of the batch serve as wrong ones.

    `sample(step)` -> input_ids, attention_mask (B, T) of the questions, answer_ids, answer_mask (B, T) of the answers
    """

    def __init__(self, pairs: list[tuple[str, str]], model, tokenizer, batch_size: int, seed: int = 0):
        self.rows = [tuple(build_inputs(model, tokenizer, text)[0] for text in pair) for pair in shortened(pairs)]
        self.pad_id, self.batch_size, self.seed = model.config.pad_id, batch_size, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        drawn = torch.randperm(len(self.rows), generator=generator_for(self.seed, step))[: self.batch_size]
        questions, answers = zip(*(self.rows[i] for i in drawn))
        (ids, mask), (answer_ids, answer_mask) = (pad(list(rows), self.pad_id) for rows in (questions, answers))
        return {"input_ids": ids, "attention_mask": mask, "answer_ids": answer_ids, "answer_mask": answer_mask}


def bi_encoder_objective(model: HeadedModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ask each question for its own answer among all answers of the batch: -> loss, accuracy.

    Karpukhin et al. 2020, section 3.2; the temperature is that of Chen et al. 2020, section 2.1.
    """
    questions = model(batch)  # (B, D)
    answers = model({"input_ids": batch["answer_ids"], "attention_mask": batch["answer_mask"]})
    scores = questions @ answers.T / TEMPERATURE  # (B, B)
    right = torch.arange(len(scores), device=scores.device)
    return {"loss": F.cross_entropy(scores, right), "accuracy": (scores.argmax(dim=1) == right).float().mean()}


def candidate_objective(model: HeadedModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ask each question for its answer among its candidates: -> loss, accuracy."""
    scores = model(batch).view(len(batch["labels"]), -1)  # (n, C)
    return {
        "loss": F.cross_entropy(scores, batch["labels"]),
        "accuracy": (scores.argmax(dim=1) == batch["labels"]).float().mean(),
    }


def train_bi_encoder(model, tokenizer, pairs, settings: TrainingSettings, batch_size=32) -> list[dict]:
    """Train a bi-encoder in place: -> the history of the training."""
    batches = AnswerBatches(pairs, model, tokenizer, batch_size, settings.seed)
    return train(HeadedModel(model, PooledVector()), bi_encoder_objective, batches, settings)


def train_cross_encoder(
    model, tokenizer, pairs, settings: TrainingSettings, batch_size=4, checkpoint: Path | None = None
) -> tuple[HeadedModel, list[dict]]:
    """Put a head with one score per pair on a model and teach both: -> the headed model, the history of the training.

    A softmax goes over the candidates of a question, never over one passage. After Nogueira and Cho 2019.
    """
    torch.manual_seed(settings.seed)  # of the head's first weights
    headed = HeadedModel(model, ClassificationHead(model.config, n_classes=1, pooling="mean"))
    batches = CandidateBatches(pairs, model, tokenizer, batch_size, seed=settings.seed)
    return headed, train(headed, candidate_objective, batches, settings, checkpoint=checkpoint)
