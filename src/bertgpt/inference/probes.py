"""Leakage, attention maps and parameter counts: a model measured from outside, in evaluation mode, on its device.

B batch, T tokens, S tokens attended to, H heads, L layers, D d_model.
"""

from contextlib import ExitStack, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from ..device import evaluation_mode


def outputs(model, input_ids: Tensor, **named) -> Tensor:
    """Call a model and take what it gives for each token: hidden states where it has `encode`, else logits.

    model: one of ours, a model of transformers, or any function of ids; named: what it takes besides
    input_ids: (B, T) int -> (B, T, D)
    """
    result = getattr(model, "encode", model)(input_ids, **named)
    return result if isinstance(result, Tensor) else result[0]  # (B, T, D)


@torch.inference_mode()
def leakage(model, input_ids: Tensor, replacement_id: int) -> Tensor:
    """Measure how far each output moves when each token is replaced by another.

    model: as for `outputs`; input_ids: (T,) int, none of them `replacement_id`
    -> (T, T): row t is an output, column s a token; the length of the change of output t when token s
    is replaced, exactly 0 where nothing can leak
    """
    check_replacement(input_ids, replacement_id)
    changed = input_ids.repeat(len(input_ids), 1).fill_diagonal_(replacement_id)  # (T, T): row s lacks token s
    # The unchanged text goes through the very same arithmetic: in the same batch.
    texts = torch.cat([input_ids[None], changed])  # (1 + T, T)
    with evaluation_mode(model) if isinstance(model, nn.Module) else nullcontext():
        given = outputs(model, texts).float()  # (1 + T, T, D)
    return (given[1:] - given[:1]).norm(dim=-1).T  # (T, T)


def pattern(mask: Tensor) -> str:
    """Name the shape of a mask or of `leakage` > 0, (T, T) bool: by its order, a prefix, a band, or else "mixed".

    >>> pattern(torch.ones(4, 4, dtype=torch.bool).tril())
    'triangle'
    """
    place = torch.arange(len(mask))
    back = place[:, None] - place  # (T, T): how far token s lies before output t
    named = {"square": back < len(mask), "triangle": back >= 0}
    # A prefix of one token is a triangle, and the widest bands are a triangle and a square.
    named |= {f"prefix of {n}": (back >= 0) | (place < n) for n in range(2, len(mask))}
    named |= {f"band of {n}": (back >= 0) & (back < n) for n in range(1, len(mask))}
    named |= {f"two-sided band of {n}": back.abs() <= n for n in range(1, len(mask) - 1)}
    return next((name for name, shape in named.items() if mask.cpu().equal(shape)), "mixed")


def check_replacement(input_ids: Tensor, replacement_id: int) -> None:
    if (input_ids == replacement_id).any():
        reason = "a token replaced by itself moves nothing"
        raise ValueError(f"input_ids must not hold the replacement_id {replacement_id}: {reason}")


@torch.inference_mode()
def first_leak(model: nn.Module, input_ids: Tensor, replacement_id: int, tolerance: float = 0.0) -> str | None:
    """Find where the last token first moves an earlier one: the part that leaks though its inputs do not.

    model, input_ids: as for `leakage`; tolerance: the largest change that is none
    -> the part's name, such as "blocks.0.attention", the model's class where it leaks outside of its parts,
    or None where nothing leaks
    """
    check_replacement(input_ids, replacement_id)
    names = {module: name for name, module in model.named_modules() if name}
    changed = input_ids.clone()
    changed[-1] = replacement_id
    found: list[str] = []  # in the order in which the parts are computed

    def moved(values) -> bool:
        """Say whether anything that is computed for the tokens before the last differs in the two texts."""
        tensors = [x for x in tree_leaves(values) if isinstance(x, Tensor)]
        both = [x[:, :-1].float() for x in tensors if x.dim() > 2 and x.shape[:2] == (2, len(input_ids))]
        return any(((one - other).norm(dim=-1) > tolerance).any() for one, other in both)

    def keep(module, args, kwargs, output):
        if moved(output) and not moved((args, kwargs)):
            found.append(names[module])

    with ExitStack() as hooks, evaluation_mode(model):
        for module in names:
            hooks.enter_context(module.register_forward_hook(keep, with_kwargs=True))
        result = outputs(model, torch.stack([input_ids, changed]))  # (2, T, D)
    if moved(result):
        found.append(type(model).__name__)
    return found[0] if found else None


@contextmanager
def masked_by(model, mask: Tensor):
    """Let a model read under another mask inside a `with` block: bool, broadcasts to (B, H, T, S).

    Blocks may be nested: the innermost mask counts. ValueError for what has no mask of its own, as an adapter or a
    head around a model: lay the mask over the model inside; and for a text that is longer or shorter than the mask.
    """
    if not hasattr(model, "build_mask"):
        raise ValueError(f"a {type(model).__name__} builds no mask: lay it over the model inside")
    outer = vars(model).get("build_mask")  # of a block around this one

    def laid_over(attention_mask: Tensor, n_queries: int, **order) -> Tensor:
        needed = (n_queries, attention_mask.size(1))  # T, S
        if any(have not in (1, need) for have, need in zip(reversed(mask.shape), reversed(needed))):
            what = f"the mask laid over this {type(model).__name__} is for {tuple(mask.shape[-2:])}, not {needed}"
            raise ValueError(f"{what}: lay one over it for each length, or one that broadcasts, as generate needs")
        return mask

    model.build_mask = laid_over
    try:
        yield model
    finally:
        del model.build_mask
        if outer is not None:
            model.build_mask = outer


def attention_inputs(model, input_ids: Tensor, **named) -> list[tuple]:
    """Run `model.encode` and keep what each layer's attention reads, L times: hidden (B, T, D), mask, any rotation."""
    inputs = []

    def keep(attention, args):
        inputs.append(tuple(x for x in args if isinstance(x, Tensor | tuple)))  # all but the cache

    with ExitStack() as hooks, evaluation_mode(model):
        for block in model.blocks:
            hooks.enter_context(block.attention.register_forward_pre_hook(keep))
        model.encode(input_ids, **named)
    return inputs


@torch.inference_mode()
def attention_maps(model, input_ids: Tensor, **named) -> Tensor:
    """Return the attention weights of every layer and head on a text; takes what `model.encode` takes.

    -> (L, B, H, T, S), each row summing to 1 (to 0 where it may attend nowhere)
    """
    inputs = attention_inputs(model, input_ids, **named)
    with evaluation_mode(model):
        maps = [block.attention.forward_with_weights(*read)[1] for block, read in zip(model.blocks, inputs)]
    return torch.stack(maps)  # (L, B, H, T, S)


def parameter_counts(model: nn.Module) -> dict[str, int]:
    """Count a model's parameters: -> name of each child module -> parameters, and "total"; tied ones count once."""
    counts, seen = {}, set()
    for name, child in model.named_children():
        new = [p for p in child.parameters() if id(p) not in seen]
        seen |= {id(p) for p in new}
        counts[name] = sum(p.numel() for p in new)
    return counts | {"total": sum(counts.values())}
