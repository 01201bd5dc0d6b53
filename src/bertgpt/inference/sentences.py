"""How probable a model finds a sentence: from left to right, or with one token after the other hidden.

B batch, T tokens, n sentences.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import device_of, evaluation_mode
from ..model.both import Both
from ..text.batching import length_sorted_batches, pad
from ..text.tokenizer import Tokenizer
from ..training.framing import framing_of
from .scoring import blank_surprisal, log_likelihoods


class Encoded(NamedTuple):
    """A sentence in tokens, of which those from `start` up to `stop` are scored."""

    ids: list[int]
    start: int
    stop: int
    words: list[int]  # the number of the word that each token belongs to


def encode_sentences(sentences, tokenizer: Tokenizer) -> list[Encoded]:
    """Encode sentences, each given as what comes before, what is scored, and what comes after."""
    encoded = []
    for before, scored, after in sentences:
        pieces = [tokenizer.backend.encode(text, add_special_tokens=False) for text in (before, scored, after)]
        ids = [i for piece in pieces for i in piece.ids]
        start = len(pieces[0].ids)
        words = [(part, word) for part, piece in enumerate(pieces) for word in piece.word_ids]
        numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
        encoded.append(Encoded(ids, start, start + len(pieces[1].ids), [numbers[word] for word in words]))
    return encoded


def from_left_to_right(model, encoded: list[Encoded], tokenizer: Tokenizer, batch_size: int = 64) -> Tensor:
    """Add up log p of the scored tokens, each given all before it: -> (n,) in nats."""
    prompts = [[tokenizer.eos_id, *each.ids[: each.start]] for each in encoded]
    answers = [each.ids[each.start : each.stop] for each in encoded]
    return torch.stack([logs.double().sum() for logs in log_likelihoods(model, prompts, answers, batch_size)])


def one_hidden(
    model, encoded: list[Encoded], tokenizer: Tokenizer, batch_size: int = 128, rest_of_word: bool = False
) -> Tensor:
    """Hide each scored token in turn, and add up log p of it given all others: -> (n,) in nats.

    The pseudo-log-likelihood of Salazar et al. 2020, section 2.2. It is no probability: a word of several tokens
    is given away by its own rest.
    rest_of_word: hide that rest, too, as Kauf and Ivanova 2023, section 3, do
    """
    framing, rows = framing_of(model), []
    for number, each in enumerate(encoded):
        ids, _ = framing.frame([each.ids], tokenizer.special_id)
        for t in range(each.start, each.stop):
            later = [s for s in range(t + 1, len(each.ids)) if rest_of_word and each.words[s] == each.words[t]]
            rows.append((number, ids, [1 + t, *(1 + s for s in later)]))
    totals = torch.zeros(len(encoded), dtype=torch.double)  # (n,)
    for chunk in length_sorted_batches([ids for _, ids, _ in rows], batch_size):
        input_ids, mask = pad([rows[i][1] for i in chunk], tokenizer.pad_id)  # (B, T)
        blanks = torch.zeros_like(input_ids, dtype=torch.bool)  # (B, T)
        for row, i in enumerate(chunk):
            blanks[row, rows[i][2]] = True
        surprisal = blank_surprisal(model, input_ids, blanks, tokenizer.mask_id, attention_mask=mask)  # (N,)
        first = torch.cat([torch.zeros(1, dtype=torch.long), blanks.sum(dim=1).cumsum(0)[:-1]])  # (B,)
        totals.index_add_(0, torch.tensor([rows[i][0] for i in chunk]), -surprisal[first].double())
    return totals


@torch.inference_mode()
def after_a_shared_beginning(
    model: Both, encoded: list[Encoded], n_shared: list[int], tokenizer: Tokenizer, batch_size: int = 64
) -> Tensor:
    """Read the first tokens in both directions, and add up log p of the rest from left to right: -> (n,) in nats.

    n_shared: how many tokens a sentence and its rival begin with alike
    """
    totals = torch.zeros(len(encoded), dtype=torch.double)  # (n,)
    with evaluation_mode(model):
        for prefix in sorted(set(n_shared)):
            group = [i for i, n in enumerate(n_shared) if n == prefix]
            for start in range(0, len(group), batch_size):
                chunk = group[start : start + batch_size]
                rows = [[tokenizer.eos_id, *encoded[i].ids[: encoded[i].stop]] for i in chunk]
                ids, mask = pad(rows, tokenizer.pad_id, device_of(model))  # (B, T)
                logits = model(ids, attention_mask=mask, order=1 + prefix)[:, prefix:-1]  # (B, T - prefix, V)
                labels = ids[:, 1 + prefix :].masked_fill(mask[:, 1 + prefix :] == 0, -100)  # (B, T - prefix)
                losses = F.cross_entropy(logits.float().transpose(1, 2), labels, reduction="none")
                totals[chunk] = -losses.double().sum(dim=1).cpu()
    return totals


def scorers(model, tokenizer: Tokenizer) -> dict[str, Callable[[Sequence, Sequence], tuple[Tensor, Tensor]]]:
    """Name the ways in which a model can say which of two sentences it prefers.

    -> name -> function of right and wrong sentences, n each: the scores of both, (n,) each
    """

    def both_at_once(score):
        def run(right, wrong):
            scores = score(encode_sentences([*right, *wrong], tokenizer))
            return scores[: len(right)], scores[len(right) :]

        return run

    def prefixed(right, wrong):
        rows = encode_sentences(right, tokenizer), encode_sentences(wrong, tokenizer)
        alike = [n_alike(one, other) for one, other in zip(*rows)]
        shared = ([max(each.start, n) for each, n in zip(part, alike)] for part in rows)
        return tuple(after_a_shared_beginning(model, *each, tokenizer) for each in zip(rows, shared))

    ways = {
        "left to right": both_at_once(lambda rows: from_left_to_right(model, rows, tokenizer)),
        "one token hidden": both_at_once(lambda rows: one_hidden(model, rows, tokenizer)),
        "and the rest of its word": both_at_once(lambda rows: one_hidden(model, rows, tokenizer, rest_of_word=True)),
        "beginning read both ways": prefixed,
    }
    framing = framing_of(model)
    if not framing.fills_blanks:
        return {name: ways[name] for name in ["left to right"]}
    if not isinstance(model, Both):
        return {name: ways[name] for name in ["one token hidden", "and the rest of its word"]}
    return ways


def n_alike(one: Encoded, other: Encoded) -> int:
    """Count the tokens with which two sentences begin alike, short of the last that is scored in either."""
    limit = min(one.stop, other.stop) - 1
    return next((t for t in range(limit) if one.ids[t] != other.ids[t]), limit)
