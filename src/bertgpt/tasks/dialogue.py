"""Which text comes next: the true one among ten of its work, chosen by either model.

GPT is asked how likely it would be to go on with each candidate (prompting.likelihood_scores). BERT is asked by its
next-sentence head, which reads both texts at once, or token by token what it would put in place of a candidate's own,
by which Both can be asked, too. Of any, the vectors of texts that it read one by one can be compared.

n items, C candidates of each, N tokens asked for, B batch, T tokens, D d_model.
"""

import numpy as np
import torch
from torch import Tensor, nn

from ..inference.scoring import hidden_in_turn
from ..model.framing import framing_of
from ..text.corpora import speeches
from ..text.tokenizer import spaced
from ..training.finetuning import HeadedModel, build_inputs, score_pairs
from .labelled import Reply


def speakers(items: list[Reply], split: str) -> list[tuple[str, str]]:
    """Look up who speaks the two speeches before each reply, as the play prints the names."""
    heard = {title: {(a[1], b[1]): (a[0].upper(), b[0].upper()) for a, b in zip(spoken, spoken[1:])}
             for title, spoken in speeches(split).items()}
    return [heard[item.work][item.before[0], item.before[1]] for item in items]


def reply_prompts(items: list[Reply], split: str) -> list[tuple[str, str]]:
    """Write each dialogue as a play prints it, up to where the reply begins, and the same without the dialogue.

    The first speaker is taken to reply, for all candidates alike: nobody looks up who does.
    """
    return [(f"{first}\n{item.before[0]}\n\n{second}\n{item.before[1]}\n\n{first}\n", f"\n\n{first}\n")
            for item, (first, second) in zip(items, speakers(items, split))]


def pair_scores(model: HeadedModel, tokenizer, firsts: list[str], candidates: list[list[str]],
                batch_size: int = 64) -> Tensor:
    """Score how well each candidate follows its first text, both read in one row by a BERT under a head: -> (n, C)."""
    framed = [build_inputs(model.encoder, tokenizer, first, text)
              for first, row in zip(firsts, candidates) for text in row]
    return score_pairs(model, framed, batch_size).view(len(candidates), -1)                            # (n, C)


def conditional_pseudo_scores(model, tokenizer, firsts: list[str], candidates: list[list[str]], longest: int = 60,
                              batch_size: int = 64) -> dict[str, Tensor]:
    """Score candidates by how well their own tokens fit, each hidden in turn, after the first text and without it.

    model: a BERT, or a Both; a first text keeps its last `longest` tokens, a candidate its first
    -> "sum", "minus unconditional": (n, C) each, in nats. Salazar et al. 2020, equation 1, given a context.
    """
    answers = [tokenizer.encode(spaced(text))[:longest] for row in candidates for text in row]
    start = [tokenizer.special_id(framing_of(model).opening)]
    befores = [[*start, *tokenizer.encode(spaced(first))[-longest:]] for first, row in zip(firsts, candidates)
               for _ in row]
    each = list(dict.fromkeys(map(tuple, answers)))      # alone, a candidate that stands twice is asked for once
    given, alone = ([float(logs.sum()) for logs in hidden_in_turn(model, tokenizer, rows, asked, batch_size)]
                    for rows, asked in ((befores, answers), ([start] * len(each), [list(answer) for answer in each])))
    usual, shape = dict(zip(each, alone)), (len(candidates), -1)
    gains = [own - usual[tuple(answer)] for own, answer in zip(given, answers)]
    return {"sum": torch.tensor(given).view(shape), "minus unconditional": torch.tensor(gains).view(shape)}


class NextSentenceScore(nn.Module):
    """Ask a BERT's own next-sentence head for one number: (B, T, D) -> (B,), "is next" minus "is not"."""

    def __init__(self, bert):
        super().__init__()
        self.pooler, self.nsp_head = bert.pooler, bert.nsp_head

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        logits = self.nsp_head(self.pooler(hidden))                                        # (B, 2)
        return logits[:, 0] - logits[:, 1]                                                 # (B,)


def top1_credit(scores, right: list[int]) -> list[float]:
    """Give 1 where the right candidate scores highest, its share of the first place where it ties, else 0."""
    scores = np.asarray(scores)                                                            # (n, C)
    best = scores == scores.max(axis=1, keepdims=True)                                     # (n, C)
    return [float(row[i] / row.sum()) for row, i in zip(best, right)]
