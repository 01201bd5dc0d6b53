"""How surprised a model is by a text, in units that can be compared.

T tokens, n tokens of text.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .text.batching import IGNORED, by_length, pad
from .training.objectives import shift_left


@torch.inference_mode()
def token_surprisal(model, ids: Tensor, context: int | None = None, batch_size: int = 16) -> Tensor:
    """Give -log p of every token but the first under a GPT, each seeing at least `context` tokens where it can.

    ids: (n,) int; context defaults to half the model's max_len -> (n - 1,) in nats
    Windows of max_len overlap by `context`; from each but the first only the tokens beyond the overlap count.
    Raises ValueError when context is below 1: a token that sees nothing before it has no prediction.
    """
    length = min(model.config.max_len, len(ids))
    context = max(model.config.max_len // 2, 1) if context is None else context
    if context < 1:
        raise ValueError(f"context must be at least 1, not {context}")
    stride = max(length - context, 1)
    starts = [*range(0, len(ids) - length, stride), len(ids) - length]
    windows = torch.stack([ids[start:start + length] for start in starts])                 # (windows, T)
    surprisal = torch.cat([
        F.cross_entropy(model(chunk)[:, :-1].transpose(1, 2), chunk[:, 1:], reduction="none")
        for chunk in windows.split(batch_size)])                                           # (windows, T - 1)
    kept, end = [], 0                            # how many of the n - 1 are known so far
    for start, row in zip(starts, surprisal):
        kept.append(row[end - start:])
        end = start + length - 1
    return torch.cat(kept)                                                                 # (n - 1,)


@torch.inference_mode()
def log_likelihoods(model, prompts: list[list[int]], answers: list[list[int]], batch_size: int = 32) -> list[Tensor]:
    """Give log p of every token of each answer after its prompt, under a GPT.

    prompts, answers: as many lists of ids, none empty -> (n,) an answer, in nats; their sum is log p(answer | prompt)
    A prompt that leaves its answer no room loses its beginning.
    Raises ValueError when an answer alone, with one token before it, exceeds max_len.
    """
    room = model.config.max_len
    longest = max(map(len, answers))
    if longest >= room:
        raise ValueError(f"an answer of {longest} tokens and one before it exceed max_len = {room}: shorten it")
    rows = [prompt[len(answer) - room:] + answer for prompt, answer in zip(prompts, answers, strict=True)]
    found: list[Tensor] = [None] * len(rows)
    for chunk in by_length(rows, batch_size):
        ids, mask = pad([rows[i] for i in chunk], model.config.pad_id)                     # (B, T)
        labels = shift_left(ids, mask)
        logits = model(ids, attention_mask=mask)                                           # (B, T, V)
        losses = F.cross_entropy(logits.transpose(1, 2), labels, reduction="none", ignore_index=IGNORED)
        for i, row in zip(chunk, -losses):
            found[i] = row[len(rows[i]) - len(answers[i]) - 1:len(rows[i]) - 1]            # (n,)
    return found


@torch.inference_mode()
def pseudo_log_likelihoods(model, tokenizer, texts: list[list[int]], batch_size: int = 64) -> list[Tensor]:
    """Give log p of every token of each text under a BERT that sees all the others, one [MASK] at a time.

    texts: lists of ids without special tokens, none empty -> (n,) a text, in nats
    Their sum is no log p(text): each token was asked for with its right side on the table.
    Salazar et al. 2020, equation 1.
    """
    rows, asked = [], []
    for text in texts:
        for place in range(len(text)):
            hidden = [tokenizer.cls_id, *text, tokenizer.sep_id]
            hidden[place + 1] = tokenizer.mask_id
            rows.append(hidden)
            asked.append((place + 1, text[place]))
    found = torch.empty(len(rows))                                                         # (all tokens,)
    for chunk in by_length(rows, batch_size):
        ids, mask = pad([rows[i] for i in chunk], tokenizer.pad_id)                        # (B, T)
        places, true = torch.tensor([asked[i] for i in chunk]).T                           # (B,)
        positions = torch.arange(ids.size(1)) == places[:, None]                           # (B, T)
        logits, _ = model(ids, attention_mask=mask, positions=positions)                   # (B, V)
        found[chunk] = logits.log_softmax(dim=-1).gather(1, true[:, None]).squeeze(1)      # (B,)
    return list(found.split([len(text) for text in texts]))


def perplexity(nats_per_token: float) -> float:
    """Among how many equally likely tokens the model seems to choose: e to the loss."""
    return math.exp(nats_per_token)


def bits_per_character(nats_per_token: float, n_tokens: int, n_characters: int) -> float:
    """Spread the loss over characters, so that models with different tokens can be compared."""
    return nats_per_token * n_tokens / n_characters / math.log(2)
