"""Scores of candidates that no page computes: at a blank, after examples, in a gap, by query likelihood, by vectors.

n items, C candidates of each, B batch, T tokens, V vocabulary, D d_model, Q questions, A answers.
"""

import math
import random

import numpy as np
import torch
from experiments import content_words, merge_reranked, top_k_indices
from torch import Tensor

from bertgpt.device import device_of, evaluation_mode
from bertgpt.scoring import log_likelihoods
from bertgpt.tasks.entities import Sentence
from bertgpt.tasks.labelled import Labelled, Reply
from bertgpt.tasks.prompting import LONGEST, single_tokens, summary_prompt
from bertgpt.tasks.questions import RankingTask
from bertgpt.text.batching import by_length, generator_for, pad
from bertgpt.training.finetuning import build_inputs, pair_rows, unit_vectors


@torch.inference_mode()
def blank_scores(bert, tokenizer, texts: list[tuple[str, str]], choices: list[str], batch_size: int = 64) -> Tensor:
    """Ask a BERT the same at a [MASK] between what stands before and after: -> (n, C), on the CPU.

    texts: (before, after); where both do not fit, the sides lose what is furthest from the blank
    """
    wanted = torch.tensor(single_tokens(tokenizer, choices), device=device_of(bert))       # (C,)
    room, rows = (bert.config.max_len - 3) // 2, []
    for before, after in texts:
        left, right = tokenizer.encode(before), tokenizer.encode(after)
        left, right = left[-max(room, 2 * room - len(right)):], right[:max(room, 2 * room - len(left))]
        rows.append([tokenizer.cls_id, *left, tokenizer.mask_id, *right, tokenizer.sep_id])
    scores = torch.empty(len(rows), len(choices))                                          # (n, C)
    with evaluation_mode(bert):
        for chunk in by_length(rows, batch_size):
            ids, mask = pad([rows[i] for i in chunk], tokenizer.pad_id, device_of(bert))   # (B, T)
            logits, _ = bert(ids, attention_mask=mask, positions=ids == tokenizer.mask_id)     # (B, V)
            scores[chunk] = logits.log_softmax(dim=-1)[:, wanted].cpu()
    return scores


def example_scores(gpt, tokenizer, texts: list[str], examples: Labelled, n_examples: int = 4, longest: int = 60,
                   seed: int = 0) -> Tensor:
    """Score classes by log p(text | an example of the class), averaged over a few examples: -> (n, C).

    Texts and examples are cut to `longest` tokens; the examples stay the same for all texts.
    """
    dice, of_class = random.Random(seed), []
    answers = [tokenizer.encode(text)[:longest] for text in texts]
    for label in range(len(examples.names)):
        known = [text for text, of in zip(examples.texts, examples.labels) if of == label]
        prompts = [tokenizer.encode(f"{text}\n\n")[-longest:] for text in dice.sample(known, n_examples)]
        found = log_likelihoods(gpt, [p for p in prompts for _ in answers], answers * n_examples)
        sums = torch.stack([each.sum() for each in found]).view(n_examples, -1)            # (n_examples, n)
        of_class.append(sums.logsumexp(dim=0) - math.log(n_examples))
    return torch.stack(of_class, dim=1)                                                    # (n, C)


def named(sentences: list[Sentence]) -> list[tuple[str, str, str]]:
    """Take each name of each sentence out of it: -> (text before, text after, label)."""
    return [(s.text[:start], s.text[end:], label) for s in sentences for start, end, label in s.spans]


def kind_scores(gpt, tokenizer, gaps: list[tuple[str, str, str]], stand_ins: dict[str, list[str]],
                after: int = 30) -> Tensor:
    """Tell a person from a place by how likely the sentence is with a known name of either kind in the gap: -> (n, C).

    stand_ins: label -> names, all of one token; the sentence counts from the gap on, up to `after` tokens
    """
    of_kind = []
    for names in stand_ins.values():
        sums = []
        for name in names:
            prompts = [[tokenizer.eos_id, *tokenizer.encode(before.rstrip())] for before, _, _ in gaps]
            answers = [tokenizer.encode(f"{' ' if before else ''}{name}{rest}")[:after] for before, rest, _ in gaps]
            sums.append(torch.stack([each.sum() for each in log_likelihoods(gpt, prompts, answers)]))
        of_kind.append(torch.stack(sums).logsumexp(dim=0) - math.log(len(names)))          # (n,)
    return torch.stack(of_kind, dim=1)                                                     # (n, C)


def rerank(gpt, tokenizer, task: RankingTask, first: np.ndarray, top: int = 20) -> np.ndarray:
    """Order the first `top` candidates of another score anew, by log p(question | candidate): -> (Q, A).

    first: (Q, A), any scores; the others keep their order below those. log p(question) is the same for all.
    Ponte and Croft 1998 (query likelihood).
    """
    ranked = top_k_indices(first, top)                                                        # (Q, top)
    room = gpt.config.max_len - LONGEST
    prompts = [summary_prompt(task.candidates[a], tokenizer, room) for row in ranked for a in row]
    answers = [ids for q in task.questions for ids in [tokenizer.encode(f" {q}")[:LONGEST - 1]] * top]
    return merge_reranked(first, ranked, [found.sum().item() for found in log_likelihoods(gpt, prompts, answers)])


def vector_scores(model, tokenizer, firsts: list[str], candidates: list[list[str]], pooling: str = "mean") -> Tensor:
    """Score candidates by the cosine between pooled hidden states, each text read alone, nothing trained: -> (n, C)."""
    asked, given = (unit_vectors(model, tokenizer, texts, pooling)
                    for texts in (firsts, [text for row in candidates for text in row]))   # (n, D), (n C, D)
    return (asked[:, None] * given.view(len(asked), -1, asked.size(1))).sum(dim=-1)        # (n, C)


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
            framed += [build_inputs(self.model, self.tokenizer, " ".join(item.before), text)
                       for text in [item.candidates[item.right], *(wrong[j] for j in drawn)]]
        return pair_rows(framed, self.model) | {"labels": torch.zeros(self.batch_size).long()}


def shared_words(firsts: list[str], candidates: list[list[str]]) -> np.ndarray:
    """Count the words of meaning that a candidate has in common with its first text: -> (n, C)."""
    return np.array([[len(content_words(first) & content_words(text)) for text in row]
                     for first, row in zip(firsts, candidates)])
