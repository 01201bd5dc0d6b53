"""The leak meter in every setting: a mask may be right in one way of running a model and gone in another.

B batch, T tokens, D d_model.
"""

import math
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
ROUNDING = 16  # units in the last place of the longest output: a smaller change is none


@dataclass(frozen=True)
class Measurement:
    """A setting in which to run a model, and what the leak meter measures in it.

    output_change: (T, T) as from `leakage`, None where the model refuses this setting
    tolerance: how far an output may move and count as unchanged
    """

    attention: str  # "eager", "sdpa", or "" for a model that has only one
    batch_size: int
    padding: str  # "none", "left" or "right"
    cached: bool
    output_change: Any = None
    tolerance: float = 0.0

    @property
    def finite(self) -> bool:
        """Whether there is something to compare: NaN or infinity is neither a change nor none."""
        if self.output_change is None:
            return False
        return math.isfinite(self.tolerance) and bool(self.output_change.isfinite().all())

    @property
    def pattern(self) -> str:
        if self.output_change is None:
            return "not offered"
        return pattern(self.output_change > self.tolerance) if self.finite else "not finite"

    @property
    def leaks(self) -> list[float]:
        """How far later tokens move earlier outputs: a number for each pair of them that leaks."""
        if not self.finite:
            return []
        above = self.output_change.triu(1)
        return above[above > self.tolerance].tolist()


def draw_text(model) -> tuple[Tensor, int]:
    """Draw different tokens from the middle of a model's vocabulary, away from special ones.

    -> ids (T,) on the model's device, and a replacement
    """
    config: Any = getattr(model, "config", None)
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    if not hasattr(config, "vocab_size"):
        remedy = "give your own text to probes.leakage, which takes any function of ids"
        raise ValueError(f"a {type(model).__name__} has no config.vocab_size to draw a text from: {remedy}")
    size = config.vocab_size
    if size <= N_TOKENS:
        raise ValueError(f"a vocabulary of {size} tokens is too small: the audit needs {N_TOKENS + 1} different ones")
    middle = max(size // 2, N_TOKENS + 1)
    drawn = torch.randperm(middle, generator=torch.Generator().manual_seed(0))[: N_TOKENS + 1]
    ids = (drawn + (size - middle) // 2).to(device_of(model))
    return ids[:-1], int(ids[-1])


def audit(model) -> list[Measurement]:
    """Measure which tokens move which outputs of one of our models or of transformers, in every setting.

    Attention eager and, where the model offers it, fused (sdpa); batches of 1 and of 2; no padding, or
    two tokens of it on either side; in one pass and in two through a cache.
    -> first the setting in which most pairs of tokens leak, last those that the model refuses
    Raises ValueError where nothing can be measured in any of them.
    """
    if getattr(getattr(model, "config", None), "is_encoder_decoder", False):
        role = "an encoder-decoder, whose input is read by the encoder"
        raise ValueError(f"{type(model).__name__} is {role}: the audit measures an encoder or a decoder alone")
    ids, replacement_id = draw_text(model)
    fused = ["sdpa"] if getattr(model, "_supports_sdpa", False) else []
    kinds = ["eager", *fused] if hasattr(model, "set_attn_implementation") else [""]
    measurements, refusal = [], None
    for attention, batch_size, padding, cached in product(kinds, (1, 2), ("none", "left", "right"), (False, True)):
        measurement = partial(Measurement, attention, batch_size, padding, cached)
        run = partial(run_padded, model, padding, cached)
        try:
            if attention:
                model.set_attn_implementation(attention)
            with evaluation_mode(model):
                output_change = leakage(run, ids, replacement_id, batch_size)  # (T, T)
                longest = run(ids[None]).float().norm(dim=-1).max().item()
        except Exception as error:  # whatever somebody else's model raises: it refuses this setting
            measurements.append(measurement())
            refusal = error
            continue
        eps = torch.finfo(next(model.parameters()).dtype).eps
        measurements.append(measurement(output_change.cpu(), ROUNDING * eps * longest))
    if not any(measurement.finite for measurement in measurements):
        ran = any(measurement.output_change is not None for measurement in measurements)
        reason = "its outputs are not finite" if ran else refusal
        raise ValueError(f"{type(model).__name__} can be measured in no setting: {reason}")
    return sorted(measurements, key=lambda m: (not m.finite, -len(m.leaks), -max(m.leaks, default=0)))


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
