"""Who replies what: a true reply among others of its play, chosen by either model.

GPT is asked how likely it would be to go on with each candidate (prompting.likelihood_scores). BERT is asked by its
next-sentence head, which reads both texts at once, as it was trained or trained on for this. Of either, the vectors
of texts that it read one by one can be compared.

n items, C candidates of each, B batch, T tokens, D d_model.
"""

import numpy as np
import torch
from torch import Tensor, nn

from ..text.batching import generator_for
from ..text.corpora import speeches
from ..training.finetuning import HeadedModel, frame, pair_rows, score_pairs, unit_vectors
from .labelled import Reply
from .questions import content_words


def speakers(items: list[Reply], split: str) -> list[tuple[str, str]]:
    """Look up who speaks the two speeches before each reply, as the play prints the names."""
    heard = {title: {(a[1], b[1]): (a[0].upper(), b[0].upper()) for a, b in zip(spoken, spoken[1:])}
             for title, spoken in speeches(split).items()}
    return [heard[item.play][tuple(item.before)] for item in items]


def reply_prompts(items: list[Reply], split: str) -> list[tuple[str, str]]:
    """Write each dialogue as a play prints it, up to where the reply begins, and the same without the dialogue.

    The first speaker is taken to reply, for all candidates alike: nobody looks up who does.
    """
    return [(f"{first}\n{item.before[0]}\n\n{second}\n{item.before[1]}\n\n{first}\n", f"\n\n{first}\n")
            for item, (first, second) in zip(items, speakers(items, split))]


def pair_scores(model: HeadedModel, tokenizer, firsts: list[str], candidates: list[list[str]],
                batch_size: int = 64) -> Tensor:
    """Score how well each candidate follows its first text, both read in one row by a BERT under a head: -> (n, C)."""
    framed = [frame(model.encoder, tokenizer, first, text) for first, row in zip(firsts, candidates) for text in row]
    return score_pairs(model, framed, batch_size).view(len(candidates), -1)                            # (n, C)


def vector_scores(model, tokenizer, firsts: list[str], candidates: list[list[str]], pooling: str = "mean") -> Tensor:
    """Score candidates by the cosine between pooled hidden states, each text read alone, nothing trained: -> (n, C)."""
    asked, given = (unit_vectors(model, tokenizer, texts, pooling)
                    for texts in (firsts, [text for row in candidates for text in row]))   # (n, D), (n C, D)
    return (asked[:, None] * given.view(len(asked), -1, asked.size(1))).sum(dim=-1)        # (n, C)


class NextSentenceScore(nn.Module):
    """Ask a BERT's own next-sentence head for one number: (B, T, D) -> (B,), "is next" minus "is not"."""

    def __init__(self, bert):
        super().__init__()
        self.pooler, self.nsp_head = bert.pooler, bert.nsp_head

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        logits = self.nsp_head(self.pooler(hidden))                                        # (B, 2)
        return logits[:, 0] - logits[:, 1]                                                 # (B,)


class ReplyBatches:
    """Draw replies to learn from, each with the true candidate first and `n_wrong` of its nine others.

    `sample(step)` -> input_ids, segment_ids, attention_mask (batch_size (1 + n_wrong), T), labels (batch_size,), all 0
    """

    def __init__(self, items: list[Reply], model, tokenizer, batch_size: int = 8, n_wrong: int = 3, seed: int = 0):
        self.items, self.model, self.tokenizer = items, model, tokenizer
        self.batch_size, self.n_wrong, self.seed = batch_size, n_wrong, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        generator, framed = generator_for(self.seed, step), []
        for i in torch.randperm(len(self.items), generator=generator)[:self.batch_size].tolist():
            item = self.items[i]
            wrong = [text for j, text in enumerate(item.candidates) if j != item.right]
            drawn = torch.randperm(len(wrong), generator=generator)[:self.n_wrong].tolist()
            framed += [frame(self.model, self.tokenizer, " ".join(item.before), text)
                       for text in [item.candidates[item.right], *(wrong[j] for j in drawn)]]
        return pair_rows(framed, self.model) | {"labels": torch.zeros(self.batch_size).long()}


def shared_words(firsts: list[str], candidates: list[list[str]]) -> np.ndarray:
    """Count the words of meaning that a candidate has in common with its first text: -> (n, C)."""
    return np.array([[len(content_words(first) & content_words(text)) for text in row]
                     for first, row in zip(firsts, candidates)])


def credit(scores, right: list[int]) -> list[float]:
    """Give 1 where the right candidate scores highest, its share of the first place where it ties, else 0."""
    scores = np.asarray(scores)                                                            # (n, C)
    best = scores == scores.max(axis=1, keepdims=True)                                     # (n, C)
    return [float(row[i] / row.sum()) for row, i in zip(best, right)]
