"""The leak meter in every setting: a mask may be right in one way of running a model and gone in another.

B batch, T tokens, D d_model.
"""

import warnings
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from ..device import device_of, evaluation_mode
from ..model.attention import KVCache
from .probes import leakage, outputs, pattern

N_TOKENS, N_PADDING, PAD_ID = 7, 2, 0
SPLIT = 4  # the cache holds the padding on the left and the first four tokens
ROUNDING = 16  # units in the last place of the longest output: what may move


@dataclass(frozen=True)
class Cell:
    """One way to run a model, and what the leak meter finds there.

    moved: (T, T) as from `leakage`, None where the model refuses to run in this way
    tolerance: how far an output may move and count as still
    """

    attention: str  # "eager", "sdpa", or "" for a model with one way only
    batch_size: int
    padding: str  # "none", "left" or "right"
    cached: bool
    moved: Any = None
    tolerance: float = 0.0

    @property
    def pattern(self) -> str:
        return "not offered" if self.moved is None else pattern(self.moved > self.tolerance)

    @property
    def leaks(self) -> list[float]:
        """How far later tokens move earlier outputs: a number for each pair of them that leaks."""
        if self.moved is None:
            return []
        above = self.moved.triu(1)
        return above[above > self.tolerance].tolist()


def vocabulary(model) -> int:
    """Say how many tokens a model of ours or of transformers knows."""
    config = model.config
    return (config.get_text_config() if hasattr(config, "get_text_config") else config).vocab_size


def draw_text(vocab_size: int, device=None) -> tuple[Tensor, int]:
    """Draw different tokens from the middle of a vocabulary, away from special ones: -> ids (T,), a replacement."""
    drawn = torch.randperm(vocab_size // 2, generator=torch.Generator().manual_seed(0))[: N_TOKENS + 1]
    ids = (drawn + vocab_size // 4).to(device)
    return ids[:-1], int(ids[-1])


def audit(model) -> list[Cell]:
    """Measure what moves what in one of our models or of transformers, in each way to run it.

    Attention eager and, where the model offers it, fused (sdpa); batches of 1 and of 2; no padding, or
    two tokens of it on either side; in one pass and in two through a cache.
    -> the ways, first that in which most pairs of tokens leak; raises ValueError where it runs in none
    """
    ids, replacement_id = draw_text(vocabulary(model), device_of(model))
    fused = ["sdpa"] if getattr(model, "_supports_sdpa", False) else []
    ways = ["eager", *fused] if hasattr(model, "set_attn_implementation") else [""]
    cells = []
    for attention, batch_size, padding, cached in product(ways, (1, 2), ("none", "left", "right"), (False, True)):
        cell = partial(Cell, attention, batch_size, padding, cached)
        run = partial(run_padded, model, padding, cached)
        try:
            if attention:
                model.set_attn_implementation(attention)
            with evaluation_mode(model):
                moved = leakage(run, ids, replacement_id, batch_size)  # (T, T)
                longest = run(ids[None]).norm(dim=-1).max().item()
        except Exception as error:  # whatever somebody else's model raises: it does not run this way
            cells.append(cell())
            refusal = error
            continue
        eps = torch.finfo(next(model.parameters()).dtype).eps
        cells.append(cell(moved.cpu(), ROUNDING * eps * longest))
    if all(cell.moved is None for cell in cells):
        raise ValueError(f"{type(model).__name__} runs in none of these ways: {refusal}")
    return sorted(cells, key=lambda cell: (-len(cell.leaks), -max(cell.leaks, default=0)))


@torch.inference_mode()
def run_padded(model, padding: str, cached: bool, input_ids: Tensor) -> Tensor:
    """Read texts with padding beside them, in one pass or in two: -> the outputs of the real tokens, (B, T, D)."""
    before, after = [(N_PADDING if padding == side else 0) for side in ("left", "right")]
    ids = nn.functional.pad(input_ids, (before, after), value=PAD_ID)  # (B, S)
    mask = nn.functional.pad(torch.ones_like(input_ids), (before, after))  # (B, S)
    named = {"attention_mask": mask} if before + after else {}
    read = in_two_passes(model, ids, mask, before + SPLIT) if cached else outputs(model, ids, **named)
    return read[:, before : ids.size(1) - after]


def in_two_passes(model, ids: Tensor, mask: Tensor, split: int) -> Tensor:
    """Read the first tokens, then the others beside the cached keys and values of the first: -> (B, S, D)."""
    if hasattr(model, "encode"):  # one of ours
        cache = [KVCache() for _ in model.blocks]
        first = model.encode(ids[:, :split], attention_mask=mask[:, :split], cache=cache)
        return torch.cat([first, model.encode(ids[:, split:], attention_mask=mask, cache=cache)], dim=1)
    with warnings.catch_warnings():  # transformers 5.40 will call past_key_values another name
        warnings.simplefilter("ignore", FutureWarning)
        first = model(ids[:, :split], attention_mask=mask[:, :split], use_cache=True)
        second = model(ids[:, split:], attention_mask=mask, past_key_values=first.past_key_values, use_cache=True)
    return torch.cat([first[0], second[0]], dim=1)
