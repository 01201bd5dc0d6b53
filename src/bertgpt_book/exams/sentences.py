"""How probable a model finds a sentence: from left to right, or with one token after the other hidden.

B batch, T tokens, n sentences.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from bertgpt.device import device_of, evaluation_mode
from bertgpt.inference.scoring import PADDING, blank_surprisal, log_likelihoods
from bertgpt.model.both import Both
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt.text.tokenizer import Tokenizer


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


def one_hidden(model, encoded: list[Encoded], tokenizer: Tokenizer, batch_size: int = 128) -> tuple[Tensor, Tensor]:
    """Hide each scored token in turn, and add up log p of it given all others: -> twice (n,) in nats.

    First the pseudo-log-likelihood of Salazar et al. 2020, section 2.2. It is no probability: a word of several
    tokens is given away by its own rest. Then the same with that rest hidden, too: Kauf and Ivanova 2023, section 3.
    """
    rows, sentence, counts = [], [], []
    for number, each in enumerate(encoded):
        for t in range(each.start, each.stop):
            rest = [s for s in range(t + 1, len(each.ids)) if each.words[s] == each.words[t]]
            for hidden, *sums in [([t], 1, 0), ([t, *rest], 0, 1)] if rest else [([t], 1, 1)]:
                rows.append((each.ids, hidden))
                sentence.append(number)
                counts.append(sums)
    logs = first_blanks(model, rows, tokenizer, batch_size)[:, None] * torch.tensor(counts)  # (rows, 2)
    totals = torch.zeros(len(encoded), 2, dtype=torch.double).index_add_(0, torch.tensor(sentence), logs)  # (n, 2)
    return totals[:, 0], totals[:, 1]


def difference_hidden(
    model, encoded: list[Encoded], spans: list[tuple[int, int]], tokenizer: Tokenizer, batch_size: int = 128
) -> Tensor:
    """Hide a span of each sentence, fill it from left to right, and add up log p of its tokens: -> (n,) in nats.

    spans: the first position in which a sentence and its rival differ, and the one after the last
    All else being the same, the difference of two such scores is the log ratio of the two sentences' probabilities,
    if both spans have as many tokens: the blanks give their number away.
    """
    rows = [(each.ids, [*range(t, stop)]) for each, (start, stop) in zip(encoded, spans) for t in range(start, stop)]
    sentence = [number for number, (start, stop) in enumerate(spans) for _ in range(start, stop)]
    totals = torch.zeros(len(encoded), dtype=torch.double)  # (n,)
    return totals.index_add_(0, torch.tensor(sentence), first_blanks(model, rows, tokenizer, batch_size))


def first_blanks(model, rows: list[tuple[list[int], list[int]]], tokenizer: Tokenizer, batch_size: int) -> Tensor:
    """Compute log p of the first hidden token of each row, given those that are in view: -> (rows,) in nats.

    rows: the ids of a text and the positions that are hidden in it, rising
    """
    framing = model.framing
    texts = [framing.frame([ids], tokenizer.special_id)[0] for ids, _ in rows]
    logs = torch.zeros(len(rows), dtype=torch.double)
    for chunk in length_sorted_batches(texts, batch_size):
        input_ids, mask = pad([texts[i] for i in chunk], PADDING)  # (B, T)
        blanks = torch.zeros_like(input_ids, dtype=torch.bool)  # (B, T)
        for row, i in enumerate(chunk):
            blanks[row, [1 + t for t in rows[i][1]]] = True
        surprisal = blank_surprisal(model, input_ids, blanks, tokenizer.mask_id, attention_mask=mask)  # (N,)
        first = torch.cat([torch.zeros(1, dtype=torch.long), blanks.sum(dim=1).cumsum(0)[:-1]])  # (B,)
        logs[chunk] = -surprisal[first].double()
    return logs


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
                ids, mask = pad(rows, PADDING, device_of(model))  # (B, T)
                logits = model(ids, attention_mask=mask, order=1 + prefix)[:, prefix:-1]  # (B, T - prefix, V)
                labels = ids[:, 1 + prefix :].masked_fill(mask[:, 1 + prefix :] == 0, -100)  # (B, T - prefix)
                losses = F.cross_entropy(logits.float().transpose(1, 2), labels, reduction="none")
                totals[chunk] = -losses.double().sum(dim=1).cpu()
    return totals


def score_minimal_pairs(
    model, tokenizer: Tokenizer, right: Sequence, wrong: Sequence, ways: Sequence[str] | None = None
) -> dict[str, tuple[Tensor, Tensor]]:
    """Score n right sentences and n wrong ones in each way that the model has: -> way -> the scores, (n,) each.

    ways: those that are wanted, all by default
    """
    encoded, framing, n = encode_sentences([*right, *wrong], tokenizer), model.framing, len(right)
    rivals = list(zip(encoded[:n], encoded[n:], strict=True))
    scores = {}

    def wanted(*names: str) -> bool:
        return ways is None or bool({*names} & {*ways})

    if framing.answers_at and wanted("left to right"):  # a token is predicted from the one before it
        scores["left to right"] = from_left_to_right(model, encoded, tokenizer)
    if framing.fills_blanks and wanted("one token hidden", "and the rest of its word"):
        scores["one token hidden"], scores["and the rest of its word"] = one_hidden(model, encoded, tokenizer)
    if framing.fills_blanks and wanted("the difference hidden"):
        of_pairs = [spans_that_differ(*pair) for pair in rivals]
        spans = [of_pair[side] for side in (0, 1) for of_pair in of_pairs]
        scores["the difference hidden"] = difference_hidden(model, encoded, spans, tokenizer)
    if isinstance(model, Both) and wanted("beginning read both ways"):
        alike = [n_alike(*pair) for pair in rivals]
        shared = [max(each.start, length) for each, length in zip(encoded, alike + alike)]
        scores["beginning read both ways"] = after_a_shared_beginning(model, encoded, shared, tokenizer)
    return {way: (each[:n], each[n:]) for way, each in scores.items() if wanted(way)}


def n_alike(one: Encoded, other: Encoded) -> int:
    """Count the tokens with which two sentences begin alike, short of the last that is scored in either."""
    limit = min(one.stop, other.stop) - 1
    return next((t for t in range(limit) if one.ids[t] != other.ids[t]), limit)


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
