"""Answer a question by ranking candidates: by counted words, by vectors apart, or by a reading of both together.

A bi-encoder reads question and answers apart and compares two vectors, so that answers can be read once and for
all. A cross-encoder reads each pair in one row, which costs a run a pair and lets the words of both meet.

Q questions, A candidates, B batch, T tokens, D d_model, C candidates a question while learning.
"""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import Tensor, nn

from ..metrics import bootstrap_interval, reciprocal_rank
from ..model.heads import POOLINGS, RankingHead
from ..text.batching import generator_for, pad
from ..training.finetuning import HeadedModel, candidate_objective, frame, pair_rows, score_pairs, unit_vectors
from ..training.loop import TrainingSettings, train
from .baselines import BM25
from .questions import Exam, best_first, settle, words

LEARNED_WORDS = 40     # of an answer, while learning: the longest row of a batch sets the time of all
TEMPERATURE = 0.05     # cosines lie between -1 and 1: without it no answer could ever be certain


def bm25_scores(exam: Exam) -> np.ndarray:
    """Score by BM25: -> (Q, A)."""
    index = BM25([words(candidate) for candidate in exam.candidates])
    return np.array([index.scores(words(question)) for question in exam.questions])


def tfidf_scores(exam: Exam) -> np.ndarray:
    """Score by the cosine between counts of words, each weighed down by how many candidates have it: -> (Q, A)."""
    vectorizer = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    answers = vectorizer.fit_transform(exam.candidates)                                    # (A, words)
    return (vectorizer.transform(exam.questions) @ answers.T).toarray()


def bi_encoder_scores(model, tokenizer, exam: Exam, pooling: str = "mean") -> np.ndarray:
    """Score by the cosine between pooled hidden states, the model as it is: -> (Q, A)."""
    asked, given = (unit_vectors(model.eval(), tokenizer, texts, pooling)
                    for texts in (exam.questions, exam.candidates))                        # (Q, D), (A, D)
    return (asked @ given.T).numpy()


def cross_encoder_scores(model: HeadedModel, tokenizer, exam: Exam, first: np.ndarray, top: int = 20,
                         batch_size: int = 40) -> np.ndarray:
    """Read each question with its `top` candidates by another score; the others keep their order below those.

    first: (Q, A), any scores -> (Q, A)
    """
    ranked = best_first(first, top)                                                        # (Q, top)
    framed = [frame(model.encoder, tokenizer, question, exam.candidates[a])
              for question, row in zip(exam.questions, ranked) for a in row]
    return settle(first, ranked, score_pairs(model, framed, batch_size))


class PooledVector(nn.Module):
    """Give a text one vector of length 1: (B, T, D), (B, T) -> (B, D). Reimers and Gurevych 2019, section 3."""

    def __init__(self, pooling: str = "mean"):
        super().__init__()
        self.pool = POOLINGS[pooling]

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        return F.normalize(self.pool(hidden, attention_mask), dim=-1)                      # (B, D)


def shortened(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Cut the answers to their first words."""
    return [(question, " ".join(answer.split()[:LEARNED_WORDS])) for question, answer in pairs]


class AnswerBatches:
    """Draw different pairs for the bi-encoder: every other answer of the batch is a wrong one, at no cost.

    pairs: question, answer; `sample(step)` -> input_ids, attention_mask (B, T) of the questions,
    answer_ids, answer_mask (B, T) of the answers
    """

    def __init__(self, pairs: list[tuple[str, str]], model, tokenizer, batch_size: int, seed: int = 0):
        self.rows = [tuple(frame(model, tokenizer, text)[0] for text in pair) for pair in shortened(pairs)]
        self.pad_id, self.batch_size, self.seed = model.config.pad_id, batch_size, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        drawn = torch.randperm(len(self.rows), generator=generator_for(self.seed, step))[:self.batch_size]
        questions, answers = zip(*(self.rows[i] for i in drawn))
        (ids, mask), (answer_ids, answer_mask) = (pad(list(rows), self.pad_id) for rows in (questions, answers))
        return {"input_ids": ids, "attention_mask": mask, "answer_ids": answer_ids, "answer_mask": answer_mask}


def bi_encoder_objective(model: HeadedModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ask each question for its own answer among all answers of the batch.

    model: an encoder under a PooledVector -> loss, accuracy
    Karpukhin et al. 2020, section 3.2; the temperature is that of Chen et al. 2020, section 2.1.
    """
    questions = model(batch)                                                               # (B, D)
    answers = model({"input_ids": batch["answer_ids"], "attention_mask": batch["answer_mask"]})
    scores = questions @ answers.T / TEMPERATURE                                           # (B, B)
    right = torch.arange(len(scores))
    return {"loss": F.cross_entropy(scores, right), "accuracy": (scores.argmax(dim=1) == right).float().mean()}


class CandidateBatches:
    """Draw questions for the cross-encoder, each in a row with its answer and in rows with wrong ones.

    Half of the wrong ones are drawn from the 20 that BM25 takes for the answer first, the others from all.

    pairs: question, answer; `sample(step)` -> input_ids, segment_ids, attention_mask (B C, T), the right one
    first of each C; labels (B,), all 0
    """

    def __init__(self, pairs: list[tuple[str, str]], model, tokenizer, batch_size: int, n_candidates: int = 8,
                 seed: int = 0):
        self.pairs, self.model, self.tokenizer = shortened(pairs), model, tokenizer
        self.batch_size, self.n_candidates, self.seed = batch_size, n_candidates, seed
        self.index = BM25([words(answer) for _, answer in pairs])

    def sample(self, step: int) -> dict[str, Tensor]:
        generator = generator_for(self.seed, step)
        framed = []
        for i in torch.randperm(len(self.pairs), generator=generator)[:self.batch_size].tolist():
            hard = np.argsort(-self.index.scores(words(self.pairs[i][0])), kind="stable")[:20]
            mixed = torch.randperm(len(hard), generator=generator)[:(self.n_candidates - 1) // 2]
            others = torch.randperm(len(self.pairs), generator=generator)[:self.n_candidates * 2]
            wrong = [j for j in dict.fromkeys([*hard[mixed.numpy()].tolist(), *others.tolist()]) if j != i]
            framed += [frame(self.model, self.tokenizer, self.pairs[i][0], self.pairs[j][1])
                       for j in [i, *wrong[:self.n_candidates - 1]]]
        return pair_rows(framed, self.model) | {"labels": torch.zeros(self.batch_size, dtype=torch.long)}


def train_bi_encoder(model, tokenizer, pairs: list[tuple[str, str]], settings: TrainingSettings,
                     pooling: str = "mean", batch_size: int = 32) -> list[dict]:
    """Teach a model, in place, to give a question and its answer like vectors: -> the history of the training."""
    batches = AnswerBatches(pairs, model, tokenizer, batch_size, settings.seed)
    return train(HeadedModel(model, PooledVector(pooling)), bi_encoder_objective, batches, settings)


def train_cross_encoder(model, tokenizer, pairs: list[tuple[str, str]], settings: TrainingSettings,
                        pooling: str = "first", batch_size: int = 4) -> tuple[HeadedModel, list[dict]]:
    """Put a ranking head on a model and teach both: -> the model with its head, the history of the training."""
    torch.manual_seed(settings.seed)                     # of the head's first weights
    headed = HeadedModel(model, RankingHead(model.config, pooling))
    batches = CandidateBatches(pairs, model, tokenizer, batch_size, seed=settings.seed)
    return headed, train(headed, candidate_objective, batches, settings)


def grade(exams: list[Exam], scores: list[np.ndarray]) -> dict:
    """Give mean reciprocal rank and the share of questions whose first answer is right, with 95 % intervals.

    scores: (Q, A) for each exam -> mrr, mrr_interval, p_at_1, p_at_1_interval, reciprocal_ranks (all questions)
    Voorhees 1999 (mean reciprocal rank).
    """
    ranks = [reciprocal_rank(row, right) for exam, table in zip(exams, scores, strict=True)
             for row, right in zip(table, exam.right, strict=True)]
    firsts = [float(rank == 1) for rank in ranks]
    return {"mrr": float(np.mean(ranks)), "mrr_interval": bootstrap_interval(ranks),
            "p_at_1": float(np.mean(firsts)), "p_at_1_interval": bootstrap_interval(firsts),
            "reciprocal_ranks": ranks}
