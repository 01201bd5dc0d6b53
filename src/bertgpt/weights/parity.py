"""Two programs that should be the same model: how far apart they are after every layer, and typical faults.

transformers is not imported here: its models are passed in.

B texts, T tokens, D d_model, L layers.
"""

import copy

import torch
from torch import Tensor, nn

from ..model.feedforward import ACTIVATION_FUNCTIONS

LINE = 1e-4                  # below it counts as equal: far above rounding, below every fault that follows


@torch.inference_mode()
def layer_errors(ours, theirs, input_ids: Tensor, attention_mask: Tensor, segment_ids: Tensor | None = None,
                 position_ids: Tensor | None = None) -> list[float]:
    """Return the largest difference after the embeddings and after each layer, at real tokens: 1 + L numbers.

    ours: BERT or GPT; theirs: the same model in transformers, the only one that needs position_ids
    input_ids, attention_mask, segment_ids, position_ids: (B, T)
    """
    segments = {} if segment_ids is None else {"segment_ids": segment_ids}
    named = {"token_type_ids": segment_ids, "position_ids": position_ids}
    reference = theirs(input_ids, attention_mask=attention_mask, output_hidden_states=True,
                       **{name: ids for name, ids in named.items() if ids is not None}).hidden_states
    own: list[Tensor] = []                       # the input of each block, then the output: (B, T, D) each
    hooks = [block.register_forward_pre_hook(lambda block, inputs: own.append(inputs[0]))
             for block in ours.blocks]
    try:
        own.append(ours.encode(input_ids, attention_mask=attention_mask, **segments))
    finally:
        for hook in hooks:
            hook.remove()
    real = attention_mask == 1
    return [(a - b)[real].abs().max().item() for a, b in zip(own, reference, strict=True)]


def first_above(errors: list[float], line: float = LINE) -> int | None:
    """Find the first layer whose difference is above the line: 0 is the embeddings, None is no layer.

    >>> first_above([1e-7, 2e-3, 5.0])
    1
    """
    return next((layer for layer, error in enumerate(errors) if error > line), None)


def swap_epsilon(model) -> None:
    for part in model.modules():
        if isinstance(part, nn.LayerNorm):
            part.eps = {1e-12: 1e-5, 1e-5: 1e-12}[part.eps]


def swap_gelu(model) -> None:
    other = {"gelu": "gelu_new", "gelu_new": "gelu"}[model.config.activation]
    for block in model.blocks:
        block.feedforward.activation = ACTIVATION_FUNCTIONS[other]


def swap_norm_order(model) -> None:
    for block in model.blocks:
        block.norm_first = not block.norm_first


def halve_heads(model) -> None:
    for block in model.blocks:
        block.attention.n_heads //= 2


def transpose_projection(*blocks) -> None:
    for block in blocks:
        weight = block.attention.out_proj.weight
        weight.data = weight.data.T.contiguous()                                           # square: the same shape


def shift_rows(table: nn.Embedding) -> None:
    table.weight.data = table.weight.data.roll(-1, dims=0)


# The first three set a switch as the other model has it.
FAULTS = {
    "nothing": lambda model: None,
    "norm epsilon": swap_epsilon,                # 1e-12 in BERT, 1e-5 in GPT-2
    "GELU": swap_gelu,                           # exact in BERT, by a tanh in GPT-2
    "norm order": swap_norm_order,               # after the sum in BERT, before it in GPT-2
    "half the heads": halve_heads,
    "one matrix transposed": lambda model: transpose_projection(model.blocks[1]),
    "positions from 1": lambda model: shift_rows(model.embeddings.position),
}
BERT_FAULTS = FAULTS | {"segments swapped": lambda model: shift_rows(model.embeddings.segment)}
GPT_FAULTS = FAULTS | {"Conv1D never turned": lambda model: transpose_projection(*model.blocks)}


def break_copies(model) -> dict[str, nn.Module]:
    """Break one thing in each of several copies of a BERT or GPT: fault -> copy."""
    faults, copies = GPT_FAULTS if model.config.norm_first else BERT_FAULTS, {}
    for name, damage in faults.items():
        copies[name] = copy.deepcopy(model)
        damage(copies[name])
    return copies
