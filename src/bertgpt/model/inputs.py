"""What comes in at a model's door, checked once: inside, everything fits.

B batch, T tokens, S tokens attended to (T and the cache's).
"""

import torch
from torch import Tensor


def can_check_values(tensor: Tensor) -> bool:
    """Say whether values may be looked at: an accelerator would have to wait, and torch.compile cannot follow."""
    return tensor.device.type == "cpu" and not torch.compiler.is_compiling()


def check_inputs(vocab_size: int, input_ids: Tensor, attention_mask: Tensor | None = None, n_past: int = 0) -> Tensor:
    """Check ids and mask, and return which tokens are real: those that the mask marks, or all.

    input_ids: (B, T); attention_mask: (B, S), 1 or True = token, 0 or False = padding; S = n_past + T
    -> (B, S) bool, or (1, S), one row for all texts, where attention_mask is None
    Raises ValueError, naming the argument, when a shape or type does not fit or, on the CPU, a value. An accelerator,
    which each look would hold up, reports an id that is too large in its own words, and padding on the left of a
    BERT moves its positions without a word.
    """
    if input_ids.dim() != 2 or not input_ids.numel():
        raise ValueError(f"input_ids must be (B, T), texts of one token or more, not {tuple(input_ids.shape)}")
    if can_check_values(input_ids) and not 0 <= input_ids.min() <= input_ids.max() < vocab_size:
        raise ValueError(f"input_ids must be 0 to {vocab_size - 1}, the model's vocabulary: whose tokenizer made them?")
    shape = (len(input_ids), n_past + input_ids.size(1))
    if attention_mask is None:
        return torch.ones(1, shape[1], dtype=torch.bool, device=input_ids.device)          # (1, S)
    if attention_mask.shape != shape or attention_mask.is_floating_point():
        raise ValueError(f"attention_mask must be integers or booleans of shape {shape}, "
                         f"not {attention_mask.dtype} of shape {tuple(attention_mask.shape)}")
    real = attention_mask.bool()
    if can_check_values(input_ids) and (real != attention_mask).any():
        raise ValueError("attention_mask must be 1 for a token and 0 for padding, and holds something else")
    return real


def check_padding_side(attention_mask: Tensor) -> None:
    """Refuse a text, (B, S) bool, that begins with padding: for models that count positions from the left edge."""
    if can_check_values(attention_mask) and (attention_mask.any(dim=1) & ~attention_mask[:, 0]).any():
        raise ValueError("attention_mask begins with padding, but positions count from the left: pad on the right")


def check_no_cache(n_queries: int, n_keys: int) -> None:
    """Refuse the keys of a cache, S > T: what is kept has not seen the tokens that come now."""
    if n_keys > n_queries:
        raise ValueError("an encoder's tokens attend to those after them too, so nothing of them can be kept: "
                         "call it without a cache")


def check_positions(position_ids: Tensor, n_keys: int, max_len: float) -> None:
    """Refuse position ids, (T,) or (B, T), beyond those that were learned; n_keys: S, those in a cache included."""
    # Only where S could be too long are the values looked at: an accelerator would have to wait.
    if n_keys > max_len and (longest := int(position_ids.max()) + 1) > max_len:
        raise ValueError(f"a text of {longest} tokens: this model has learned max_len = {max_len} positions")


def check_segments(segment_ids: Tensor | None, input_ids: Tensor, n_segments: int) -> None:
    """Refuse segments that are not one a token, or that the model has no embedding for."""
    if segment_ids is not None and (not n_segments or segment_ids.shape != input_ids.shape):
        raise ValueError(f"segment_ids {(*segment_ids.shape,)}: one for each of input_ids, none if n_segments = 0")


def check_choice(positions: Tensor, hidden: Tensor) -> None:
    """Refuse chosen positions that are not one boolean for each hidden state."""
    if positions.dtype != torch.bool or positions.shape != hidden.shape[:2]:
        raise ValueError(f"positions must be booleans of shape {tuple(hidden.shape[:2])}, "
                         f"not {positions.dtype} of shape {tuple(positions.shape)}")
