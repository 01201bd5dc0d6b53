"""How probable a model finds a sentence: from left to right, or with one token after the other hidden.

B batch, T tokens, n sentences.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..text.batching import length_sorted_batches, pad
from ..text.tokenizer import Tokenizer
from ..training.framing import framing_of
from .scoring import PADDING, blank_surprisal, log_likelihoods


class Encoded(NamedTuple):
    """A sentence in tokens, of which those from `start` up to `stop` are scored."""

    ids: list[int]
    start: int
    stop: int


Row = tuple[list[int], list[int]]  # the ids of a text, and the positions that are hidden in it, rising


def encode_sentences(sentences, tokenizer: Tokenizer) -> list[Encoded]:
    """Encode sentences, each given as what comes before, what is scored, and what comes after."""
    encoded = []
    for sentence in sentences:
        before, scored, after = map(tokenizer.encode, sentence)
        encoded.append(Encoded(before + scored + after, len(before), len(before) + len(scored)))
    return encoded


def from_left_to_right(model, encoded: list[Encoded], tokenizer: Tokenizer, batch_size: int = 64) -> Tensor:
    """Add up log p of the scored tokens, each given all before it: -> (n,) in nats."""
    prompts = [[tokenizer.eos_id, *each.ids[: each.start]] for each in encoded]
    answers = [each.ids[each.start : each.stop] for each in encoded]
    return torch.stack([logs.double().sum() for logs in log_likelihoods(model, prompts, answers, batch_size)])


def one_hidden(model, encoded: list[Encoded], tokenizer: Tokenizer, batch_size: int = 128) -> Tensor:
    """Hide each scored token in turn, and add up log p of it given all others: -> (n,) in nats.

    The pseudo-log-likelihood of Salazar et al. 2020, section 2.2. It is no probability: a word of several
    tokens is given away by its own rest.
    """
    rows = [[(each.ids, [t]) for t in range(each.start, each.stop)] for each in encoded]
    return sum_of_first_blanks(model, rows, tokenizer, batch_size)


def difference_hidden(model, encoded: list[Encoded], tokenizer: Tokenizer, batch_size: int = 128) -> Tensor:
    """Hide where a sentence and its rival differ, fill it from left to right, and add up log p: -> (n,) in nats.

    encoded: n / 2 sentences, then their rivals
    All else being the same, the difference of two such scores is the log ratio of the two sentences' probabilities,
    if as many tokens are hidden in both: the blanks give their number away.
    """
    half = len(encoded) // 2
    of_pairs = [spans_that_differ(*pair) for pair in zip(encoded[:half], encoded[half:])]
    spans = [of_pair[side] for side in (0, 1) for of_pair in of_pairs]
    rows = [[(each.ids, [*range(t, stop)]) for t in range(start, stop)] for each, (start, stop) in zip(encoded, spans)]
    return sum_of_first_blanks(model, rows, tokenizer, batch_size)


def sum_of_first_blanks(model, rows: list[list[Row]], tokenizer: Tokenizer, batch_size: int) -> Tensor:
    """Add up log p of the first hidden token of each row, given those in view: rows of n sentences -> (n,) in nats."""
    framing, every = framing_of(model), [row for of_sentence in rows for row in of_sentence]
    texts = [framing.frame([ids], tokenizer.special_id)[0] for ids, _ in every]
    logs = torch.zeros(len(every), dtype=torch.double)
    for chunk in length_sorted_batches(texts, batch_size):
        input_ids, mask = pad([texts[i] for i in chunk], PADDING)  # (B, T)
        blanks = torch.zeros_like(input_ids, dtype=torch.bool)  # (B, T)
        for row, i in enumerate(chunk):
            blanks[row, [1 + t for t in every[i][1]]] = True
        surprisal = blank_surprisal(model, input_ids, blanks, tokenizer.mask_id, attention_mask=mask)  # (N,)
        first = torch.cat([torch.zeros(1, dtype=torch.long), blanks.sum(dim=1).cumsum(0)[:-1]])  # (B,)
        logs[chunk] = -surprisal[first].double()
    return torch.stack([part.sum() for part in logs.split([len(of_sentence) for of_sentence in rows])])


def score_minimal_pairs(
    model, tokenizer: Tokenizer, right: Sequence, wrong: Sequence, ways: Sequence[str] | None = None
) -> dict[str, tuple[Tensor, Tensor]]:
    """Score n right sentences and n wrong ones in each way that the model has: -> way -> the scores, (n,) each.

    ways: those that are wanted, all by default
    """
    encoded, framing, n = encode_sentences([*right, *wrong], tokenizer), framing_of(model), len(right)
    scorers = {"left to right": from_left_to_right} if framing.answers_at else {}
    if framing.fills_blanks:
        scorers |= {"one token hidden": one_hidden, "the difference hidden": difference_hidden}
    wanted = {way: score for way, score in scorers.items() if ways is None or way in ways}
    scores = {way: score(model, encoded, tokenizer) for way, score in wanted.items()}
    return {way: (each[:n], each[n:]) for way, each in scores.items()}


def spans_that_differ(one: Encoded, other: Encoded) -> tuple[tuple[int, int], tuple[int, int]]:
    """Find the scored tokens between what two sentences begin with and end with alike: -> start, stop of each.

    A token at least; all that is scored where the sentences differ in something else.
    """
    scored = [each.ids[each.start : each.stop] for each in (one, other)]
    if scored[0] == scored[1]:
        return (one.start, one.stop), (other.start, other.stop)
    shorter = min(map(len, scored)) - 1
    first = next((t for t in range(shorter) if scored[0][t] != scored[1][t]), shorter)
    last = next((t for t in range(shorter - first) if scored[0][-1 - t] != scored[1][-1 - t]), shorter - first)
    return (one.start + first, one.stop - last), (other.start + first, other.stop - last)
