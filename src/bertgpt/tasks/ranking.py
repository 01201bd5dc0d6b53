"""Answer a question by ranking candidates: by counted words, by vectors apart, or by a reading of both together.

A bi-encoder reads question and answers apart and compares two vectors, so that answers can be read once and for
all. A cross-encoder reads each pair in one row, which costs a run a pair and lets the words of both meet.

Q questions, A candidates, B batch, T tokens, D d_model, C candidates a question while learning.
"""

import numpy as np
import torch
from torch import Tensor

from ..evaluation.baselines import BM25
from ..evaluation.metrics import bootstrap_interval, reciprocal_rank
from ..text.batching import epoch_indices, generator_for
from ..training.finetuning import build_inputs, pair_rows, unit_vectors
from .questions import RankingTask, words

LEARNED_WORDS = 40     # of an answer, while learning: the longest row of a batch sets the time of all


def bm25_scores(task: RankingTask) -> np.ndarray:
    """Score by BM25: -> (Q, A)."""
    index = BM25([words(candidate) for candidate in task.candidates])
    return np.array([index.scores(words(question)) for question in task.questions])


def bi_encoder_scores(model, tokenizer, task: RankingTask, pooling: str = "mean") -> np.ndarray:
    """Score by the cosine between pooled hidden states, the model as it is: -> (Q, A)."""
    asked, given = (unit_vectors(model, tokenizer, texts, pooling)
                    for texts in (task.questions, task.candidates))                        # (Q, D), (A, D)
    return (asked @ given.T).numpy()


def shortened(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Cut the answers to their first words."""
    return [(question, " ".join(answer.split()[:LEARNED_WORDS])) for question, answer in pairs]


class CandidateBatches:
    """Draw questions for the cross-encoder, each once a pass: in a row with its answer, in rows with wrong ones.

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
        generator, framed = generator_for(self.seed, step), []
        for i in epoch_indices(len(self.pairs), self.batch_size, self.seed, step):
            hard = np.argsort(-self.index.scores(words(self.pairs[i][0])), kind="stable")[:20]
            mixed = torch.randperm(len(hard), generator=generator)[:(self.n_candidates - 1) // 2]
            others = torch.randperm(len(self.pairs), generator=generator)[:self.n_candidates * 2]
            wrong = [j for j in dict.fromkeys([*hard[mixed.numpy()].tolist(), *others.tolist()]) if j != i]
            framed += [build_inputs(self.model, self.tokenizer, self.pairs[i][0], self.pairs[j][1])
                       for j in [i, *wrong[:self.n_candidates - 1]]]
        return pair_rows(framed, self.model) | {"labels": torch.zeros(self.batch_size, dtype=torch.long)}


def ranking_metrics(tasks: list[RankingTask], scores: list[np.ndarray]) -> dict:
    """Give mean reciprocal rank and the share of questions whose first answer is right, with 95 % intervals.

    scores: (Q, A) for each task -> mrr, mrr_interval, p_at_1, p_at_1_interval, reciprocal_ranks (all questions)
    Voorhees 1999 (mean reciprocal rank).
    """
    ranks = [reciprocal_rank(row, right) for task, table in zip(tasks, scores, strict=True)
             for row, right in zip(table, task.right, strict=True)]
    firsts = [float(rank == 1) for rank in ranks]
    return {"mrr": float(np.mean(ranks)), "mrr_interval": bootstrap_interval(ranks),
            "p_at_1": float(np.mean(firsts)), "p_at_1_interval": bootstrap_interval(firsts),
            "reciprocal_ranks": ranks}
