"""Leakage, attention maps and parameter counts: a model measured from outside.

These functions read a model's public parts in evaluation mode and change nothing in it. What they take
and what they return is on the model's device, as in a call of the model.

B batch, T tokens, S tokens attended to, H heads, L layers, D d_model.
"""

import inspect
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from ..device import evaluation_mode


def outputs(model, input_ids: Tensor, **named) -> Tensor:
    """Call a model and take what it gives for each token: hidden states where it has `encode`, else logits.

    model: one of ours, a model of transformers, or any function of ids; named: what it takes besides
    input_ids: (B, T) int -> (B, T, D)
    """
    found = getattr(model, "encode", model)(input_ids, **named)
    return found if isinstance(found, Tensor) else found[0]  # (B, T, D)


@torch.inference_mode()
def leakage(model, input_ids: Tensor, replacement_id: int, batch_size: int | None = None) -> Tensor:
    """Measure how far each output moves when each token is replaced by another.

    model: as for `outputs`; input_ids: (T,) int, none of them `replacement_id`
    batch_size: how many copies of a text make a batch; None reads all texts in one
    -> (T, T): row t is an output, column s a token; the length of the change of output t when token s
    is replaced, exactly 0 where nothing can leak
    Raises ValueError where the text holds the replacement already.
    """
    if (input_ids == replacement_id).any():
        raise ValueError(
            f"input_ids must not hold the replacement_id {replacement_id}: a token replaced by itself moves nothing"
        )
    changed = input_ids.repeat(len(input_ids), 1)  # (T, T)
    changed.fill_diagonal_(replacement_id)  # row s is the text with token s replaced
    texts = torch.cat([input_ids[None], changed])  # (1 + T, T)
    # The unchanged text goes through the very same arithmetic: in one batch, or in batches of one shape.
    with evaluation_mode(model) if isinstance(model, nn.Module) else nullcontext():
        read = (
            outputs(model, texts)
            if batch_size is None
            else torch.cat([outputs(model, text.repeat(batch_size, 1))[:1] for text in texts])
        )  # (1 + T, T, D)
    return (read[1:] - read[:1]).float().norm(dim=-1).T  # (T, T)


def pattern(moves: Tensor) -> str:
    """Name the shape of a mask, or of what `leakage` finds to move.

    moves: (T, T) bool -> "square", "triangle", "prefix of n" (n tokens move every output), "band of w"
    (an output reads w tokens, its own the last), "two-sided band of w" (w to each side), or "mixed"

    >>> pattern(torch.ones(4, 4, dtype=torch.bool).tril())
    'triangle'
    """
    place = torch.arange(len(moves), device=moves.device)  # (T,)
    back = place[:, None] - place  # how far token s lies before output t      (T, T)
    shapes = {"square": back < len(moves), "triangle": back >= 0}
    for n in range(1, len(moves)):
        shapes |= {
            f"prefix of {n}": (back >= 0) | (place < n),
            f"band of {n}": (back >= 0) & (back < n),
            f"two-sided band of {n}": back.abs() <= n,
        }
    return next((name for name, shape in shapes.items() if moves.equal(shape)), "mixed")


@torch.inference_mode()
def first_leak(
    model: nn.Module, input_ids: Tensor, replacement_id: int, batch_size: int = 1, tolerance: float = 0.0
) -> str | None:
    """Find where the last token first moves an earlier one: the part that leaks though what it reads does not.

    model, input_ids, batch_size: as for `leakage`; tolerance: the largest change that is none
    -> the part's name, such as "blocks.0.attention", or None where nothing leaks
    """
    names = {module: name for name, module in model.named_modules()}
    runs: list[dict] = []  # of each text: part -> what it reads, what it gives

    def of_each_token(found) -> list[Tensor]:
        tensors = [x for x in tree_leaves(found) if isinstance(x, Tensor)]
        return [x[:, :-1].float() for x in tensors if x.dim() > 2 and x.shape[:2] == texts.shape]

    def keep(module, args, kwargs, output):
        runs[-1][names[module]] = of_each_token((args, kwargs)), of_each_token(output)

    def moved(before: list[Tensor], after: list[Tensor]) -> bool:
        return any((one - other).norm(dim=-1).max() > tolerance for one, other in zip(before, after))

    changed = input_ids.clone()
    changed[-1] = replacement_id
    hooks = [module.register_forward_hook(keep, with_kwargs=True) for module in names]
    try:
        with evaluation_mode(model):
            for text in (input_ids, changed):
                runs.append({})
                texts = text.repeat(batch_size, 1)  # (B, T)
                outputs(model, texts)
    finally:
        for hook in hooks:
            hook.remove()
    before, after = runs
    return next(
        (
            name
            for name in before
            if name in after and not moved(before[name][0], after[name][0]) and moved(before[name][1], after[name][1])
        ),
        None,
    )


@contextmanager
def masked_by(model, mask: Tensor):
    """Let a model read under another mask inside a `with` block: bool, broadcasts to (B, H, T, S).

    Blocks may be nested: the innermost mask counts.
    """
    outer = vars(model).get("build_mask")  # of a block around this one
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


@torch.inference_mode()
def attention_maps(model, input_ids: Tensor, **named) -> Tensor:
    """Return the attention weights of every layer and head on a text; takes what `model.encode` takes.

    -> (L, B, H, T, S), each row summing to 1 (to 0 where it may attend nowhere)
    """
    inputs = attention_inputs(model, input_ids, **named)
    with evaluation_mode(model):
        return torch.stack(
            [
                block.attention.forward_with_weights(hidden, mask)[1]
                for block, (hidden, mask) in zip(model.blocks, inputs)
            ]
        )  # (L, B, H, T, S)


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
