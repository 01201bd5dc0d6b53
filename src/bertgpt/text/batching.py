"""What batches are, and what they are made with: padding, random streams and masking.

B batch, T tokens.
"""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

IGNORED = -100  # the label of a position that is no target: ignore_index of torch's cross_entropy


class Batches(Protocol):
    """Say what a training loop draws from: one batch a step, decided by the step alone.

    `sample(step)` -> dictionary of tensors whose first dimension is B
    """

    def sample(self, step: int) -> dict[str, Tensor]: ...


STREAMS = {  # independent sequences of random numbers under one seed -> what is added to it
    "examples": 0,  # which rows, documents or windows a batch holds
    "masking": 7_919,  # which of their tokens are hidden, and behind what
    "order": 7_919,  # in which order batches of similar length come
    "blanks": 15_485_863,  # which tokens are hidden for masked next-token prediction
    "mixture": 104_729,  # which of several sources gives the batch
    "inner mixture": 104_730,  # the same, for a mixture that is a source of another
}


def step_seed(seed: int, step: int, stream: str = "examples") -> int:
    """Return the seed of one step's random numbers, in one of the STREAMS."""
    return (seed + STREAMS[stream]) * 1_000_003 + step


def generator_for(seed: int, step: int, stream: str = "examples") -> torch.Generator:
    """Seed the generator of one step: it gives the same numbers on every machine, and after a resume."""
    return torch.Generator().manual_seed(step_seed(seed, step, stream))


def pad(rows: list, pad_id: int, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Pad rows of ids of different lengths on the right: -> ids (B, T) int64, attention mask (B, T), 1 = token.

    device: where both go; None leaves them where the rows are
    """
    tensors = [torch.as_tensor(row, dtype=torch.long) for row in rows]
    ids = pad_sequence(tensors, batch_first=True, padding_value=pad_id)  # (B, T)
    mask = pad_sequence([torch.ones_like(row) for row in tensors], batch_first=True)  # (B, T)
    return ids.to(device), mask.to(device)


def length_sorted_batches(rows: list, batch_size: int) -> list[list[int]]:
    """Batch rows of similar length, which saves padding: -> the indices of each batch's rows.

    >>> length_sorted_batches(["long", "a", "mid", "bb"], batch_size=2)
    [[1, 3], [2, 0]]
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    return [order[start : start + batch_size] for start in range(0, len(rows), batch_size)]


def draw_blanks(eligible: Tensor, n_blanks: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Draw a given number of positions in each row, uniformly from the eligible ones.

    eligible: (B, T) bool; n_blanks: (B,); generator: draws on its own device
    -> (B, T) bool, on the device of `eligible`
    """
    device = eligible.device if generator is None else generator.device
    order = torch.rand(eligible.shape, generator=generator, device=device).to(eligible.device)  # (B, T)
    ranks = order.masked_fill(~eligible, 2.0).argsort(dim=1).argsort(dim=1)  # (B, T)
    return (ranks < n_blanks[:, None]) & eligible  # (B, T)


def mask_tokens(
    input_ids: Tensor,
    *,
    mask_id: int,
    vocab_size: int,
    special_ids,
    rate: float | Tensor = 0.15,
    unmasked_share: float = 0.2,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Hide a share of each row's tokens: 80 % become [MASK], 10 % a random token, 10 % stay as they are.

    Each row hides round(rate * its ordinary tokens), at least one where it has any. The random token is any of the
    vocabulary, as in BERT's code.

    input_ids: (B, T) int, on any device; rate: one number, or (B, 1), one per row
    unmasked_share: of the hidden tokens, how many do not become [MASK]; half of them random, half themselves
    generator: draws on its own device, so that a seed hides the same tokens on every machine
    -> corrupted ids (B, T), labels (B, T): the true id where hidden, IGNORED elsewhere
    Raises ValueError when `rate` is not in (0, 1]. Devlin et al. 2019, section 3.1 and appendix A.1.
    """
    rates = torch.as_tensor(rate, device=input_ids.device)
    if not ((rates > 0) & (rates <= 1)).all():  # written so that NaN fails
        raise ValueError(f"rate must be in (0, 1], not {rate}")
    device, shape = input_ids.device, input_ids.shape
    drawn_on = device if generator is None else generator.device
    ordinary = ~torch.isin(input_ids, torch.tensor(sorted(special_ids), device=device))  # (B, T)
    n_ordinary = ordinary.sum(dim=1, keepdim=True)  # (B, 1)
    n_hidden = (rates * n_ordinary).round().long().clamp(min=1).minimum(n_ordinary)  # (B, 1)
    hidden = draw_blanks(ordinary, n_hidden.squeeze(1), generator)  # (B, T)
    fate = torch.rand(shape, generator=generator, device=drawn_on).to(device)  # (B, T)
    random_ids = torch.randint(vocab_size, shape, generator=generator, device=drawn_on)  # (B, T)
    labels = input_ids.masked_fill(~hidden, IGNORED)  # (B, T)
    to_mask, to_random = fate < 1 - unmasked_share, fate >= 1 - unmasked_share / 2  # (B, T)
    corrupted = torch.where(hidden & to_mask, mask_id, input_ids)  # (B, T)
    return torch.where(hidden & to_random, random_ids.to(device), corrupted), labels
