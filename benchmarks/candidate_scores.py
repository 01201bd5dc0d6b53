"""Scores of candidates that no chapter computes: at a blank, by vectors, by shared words.

n items, C candidates of each, B batch, T tokens, V vocabulary, D d_model, Q questions, A answers.
"""

import numpy as np
import torch
from rankers import unit_vectors
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from torch import Tensor

from bertgpt.device import device_of, evaluation_mode
from bertgpt.inference.filling import blank_logits
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt.training.framing import framing_of
from bertgpt_book.tasks.dialogue import at_the_seam
from bertgpt_book.tasks.prompting import single_tokens
from bertgpt_book.tasks.ranking import words


@torch.inference_mode()
def blank_scores(model, tokenizer, texts: list[tuple[str, str]], choices: list[str]) -> Tensor:
    """Compute log p of each choice, one token each, at a [MASK] between two texts: -> (n, C), on the CPU.

    texts: (before, after), truncated far from the blank if they do not fit
    """
    wanted = torch.tensor(single_tokens(tokenizer, choices), device=device_of(model))  # (C,)
    framing, room, rows = framing_of(model), (model.config.max_len - 3) // 2, []
    for before, after in texts:
        left, right = tokenizer.encode(before), tokenizer.encode(after)
        left, right = left[-max(room, 2 * room - len(right)) :], right[: max(room, 2 * room - len(left))]
        rows.append(framing.frame([[*left, tokenizer.mask_id, *right]], tokenizer.special_id)[0])
    scores = torch.empty(len(rows), len(choices))  # (n, C)
    with evaluation_mode(model):
        for chunk in length_sorted_batches(rows, 64):
            ids, mask = pad([rows[i] for i in chunk], tokenizer.pad_id, device_of(model))  # (B, T)
            logits = blank_logits(model, ids, ids == tokenizer.mask_id, attention_mask=mask)  # (B, V)
            scores[chunk] = logits.log_softmax(dim=-1)[:, wanted].cpu()
    return scores


def vector_scores(model, tokenizer, firsts: list[str], candidates: list[list[str]]) -> Tensor:
    """Score candidates by the cosine between pooled hidden states, each text encoded once: -> (n, C)."""
    unique = dict.fromkeys(text for row in candidates for text in row)
    index = {text: i for i, text in enumerate(unique)}
    before, after = (unit_vectors(model, tokenizer, texts) for texts in (firsts, list(unique)))
    after = after[torch.tensor([[index[text] for text in row] for row in candidates])]  # (n, C, D)
    return (before[:, None] * after).sum(dim=-1)  # (n, C)


def content_words(text: str) -> set[str]:
    """Find the content words of a text: neither scikit-learn's English stop words nor single letters."""
    return {word for word in words(text) if word not in ENGLISH_STOP_WORDS and len(word) > 1}


def shared_words(firsts: list[str], candidates: list[list[str]]) -> np.ndarray:
    """Count the content words that a candidate shares with its first text: -> (n, C)."""
    return np.array(
        [[len(content_words(first) & content_words(text)) for text in row] for first, row in zip(firsts, candidates)]
    )


def top1_credit(scores, right: list[int]) -> list[float]:
    """Give 1 where the right candidate scores highest, its share of the first place if tied, else 0."""
    scores = np.asarray(scores)  # (n, C)
    best = scores == scores.max(axis=1, keepdims=True)  # (n, C)
    return [float(row[i] / row.sum()) for row, i in zip(best, right)]


def elsewhere(segments: Tensor, words: Tensor, generator: torch.Generator, n: int = 8) -> Tensor:
    """Mark n neighbouring tokens of each text, drawn at random away from the seam; all there are, if fewer.

    words: (B, T) bool, the tokens that are not special -> (B, T) bool
    """
    free, chosen = words & ~at_the_seam(segments, n), torch.zeros_like(words)  # (B, T)
    for row, segment, mine in zip(free, segments, chosen):
        for side in (0, 1):
            at = (row & (segment == side)).nonzero().flatten()  # (N,), neighbours
            first = int(torch.randint(max(len(at) - n, 0) + 1, (), generator=generator))
            mine[at[first : first + n]] = True
    return chosen
