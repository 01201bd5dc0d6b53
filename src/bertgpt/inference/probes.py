"""Leakage, attention maps, parameter counts and source diffs: a model measured from outside.

These functions read a model's public parts in evaluation mode and change nothing in it. What they take
and what they return is on the model's device, as in a call of the model.

B batch, T tokens, S tokens attended to, H heads, L layers, D d_model.
"""

import inspect
import re
from contextlib import contextmanager
from difflib import ndiff
from types import ModuleType

import torch
from torch import Tensor, nn

from ..device import evaluation_mode
from ..model.attention import attention_scores


@torch.inference_mode()
def leakage(model, input_ids: Tensor, replacement_id: int) -> Tensor:
    """Measure how far each output moves when each token is replaced by another.

    input_ids: (T,) int, none of them `replacement_id` -> (T, T): row t is an output, column s a token;
    the length of the change of hidden state t when token s is replaced, exactly 0 where nothing can leak
    """
    if (input_ids == replacement_id).any():
        raise ValueError(f"input_ids must not hold the replacement_id {replacement_id}: "
                         "a token replaced by itself moves nothing")
    n_tokens = len(input_ids)
    changed = input_ids.repeat(n_tokens, 1)                                                # (T, T)
    changed.fill_diagonal_(replacement_id)       # row s is the text with token s replaced
    # One batch, so that the unchanged text goes through the very same arithmetic.
    with evaluation_mode(model):
        hidden = model.encode(torch.cat([input_ids[None], changed]))                       # (1 + T, T, D)
    return (hidden[1:] - hidden[:1]).norm(dim=-1).T                                        # (T, T)


@contextmanager
def masked_by(model, mask: Tensor):
    """Let a model read under another mask inside a `with` block: bool, broadcasts to (B, H, T, S).

    Blocks may be nested: the innermost mask counts.
    """
    outer = vars(model).get("build_mask")        # of a block around this one
    model.build_mask = lambda *given, **named: mask
    try:
        yield model
    finally:
        del model.build_mask
        if outer is not None:
            model.build_mask = outer


def attention_inputs(model, input_ids: Tensor, **named) -> list[tuple[Tensor, Tensor]]:
    """Run `model.encode` and keep the inputs of each layer's attention: hidden (B, T, D) and mask, L times."""
    seen = []

    def keep(attention, args, kwargs):
        given = inspect.signature(attention.forward).bind(*args, **kwargs).arguments
        seen.append((given["hidden"], given["mask"]))

    hooks = [block.attention.register_forward_pre_hook(keep, with_kwargs=True) for block in model.blocks]
    try:
        with evaluation_mode(model):
            model.encode(input_ids, **named)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


@contextmanager
def count_runs(model):
    """Count how often a model runs inside a `with` block: the list it yields grows by one entry per run."""
    runs: list[None] = []
    hook = model.blocks[0].register_forward_hook(lambda *_: runs.append(None))
    try:
        yield runs
    finally:
        hook.remove()


@torch.inference_mode()
def attention_maps(model, input_ids: Tensor, **named) -> Tensor:
    """Return the attention weights of every layer and head on a text; takes what `model.encode` takes.

    -> (L, B, H, T, S), each row summing to 1 (to 0 where it may attend nowhere)
    """
    inputs = attention_inputs(model, input_ids, **named)
    with evaluation_mode(model):
        return torch.stack([block.attention.forward_with_weights(hidden, mask)[1]
                            for block, (hidden, mask) in zip(model.blocks, inputs)])       # (L, B, H, T, S)


@torch.inference_mode()
def first_layer_scores(model, input_ids: Tensor, **named) -> Tensor:
    """Return the first layer's raw scores, before mask and softmax; takes what `model.encode` takes.

    -> (B, H, T, T). Only here do scores not depend on the mask: later layers read what the mask let
    through.
    """
    attention = model.blocks[0].attention
    hidden, _ = attention_inputs(model, input_ids, **named)[0]                             # (B, T, D)
    q, k, _ = attention.project(hidden)                                                    # (B, H, T, K)
    return attention_scores(q, k)                                                          # (B, H, T, T)


def parameter_counts(model: nn.Module) -> dict[str, int]:
    """Count a model's parameters, part by part; tied ones once, where they first appear.

    -> name of each child module -> parameters, and "total"
    """
    counts, seen = {}, set()
    for name, child in model.named_children():
        own = [p for p in child.parameters() if id(p) not in seen]
        seen |= {id(p) for p in own}
        counts[name] = sum(p.numel() for p in own)
    return counts | {"total": sum(counts.values())}


def compare_sources(one: ModuleType, other: ModuleType) -> list[str]:
    """Compare the code of two modules line by line, without docstrings, comments and blank lines.

    -> lines that begin with "- " where only `one` has them, with "+ " where only `other` has, else
    with two spaces
    """
    def code(module: ModuleType) -> list[str]:
        text = re.sub(r'(?s)""".*?"""', "", inspect.getsource(module))
        return [line for line in re.sub(r" +# .*", "", text).splitlines() if line.strip()]

    return [line for line in ndiff(code(one), code(other)) if not line.startswith("? ")]
