"""How surprised a model is by a text, in units that can be compared.

T tokens, n tokens of text.
"""

import math

import torch
from torch import Tensor


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
        torch.nn.functional.cross_entropy(model(chunk)[:, :-1].transpose(1, 2), chunk[:, 1:], reduction="none")
        for chunk in windows.split(batch_size)])                                           # (windows, T - 1)
    kept, end = [], 0                            # how many of the n - 1 are known so far
    for start, row in zip(starts, surprisal):
        kept.append(row[end - start:])
        end = start + length - 1
    return torch.cat(kept)                                                                 # (n - 1,)


def perplexity(nats_per_token: float) -> float:
    """Among how many equally likely tokens the model seems to choose: e to the loss."""
    return math.exp(nats_per_token)


def bits_per_character(nats_per_token: float, n_tokens: int, n_characters: int) -> float:
    """Spread the loss over characters, so that models with different tokens can be compared."""
    return nats_per_token * n_tokens / n_characters / math.log(2)
