"""Typical faults of an implementation of BERT or GPT, for Real weights to find."""

import copy

from torch import nn

from bertgpt.model.feedforward import ACTIVATION_FUNCTIONS


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
        weight.data = weight.data.T.contiguous()  # square: the same shape


def shift_rows(table: nn.Embedding) -> None:
    table.weight.data = table.weight.data.roll(-1, dims=0)


# The first three set an option to the other model's value.
FAULTS = {
    "nothing": lambda model: None,
    "norm epsilon": swap_epsilon,  # 1e-12 in BERT, 1e-5 in GPT-2
    "GELU": swap_gelu,  # exact in BERT, by a tanh in GPT-2
    "norm order": swap_norm_order,  # after the sum in BERT, before it in GPT-2
    "half the heads": halve_heads,
    "one matrix transposed": lambda model: transpose_projection(model.blocks[1]),
    "positions from 1": lambda model: shift_rows(model.embeddings.position),
}
BERT_FAULTS = FAULTS | {"segments swapped": lambda model: shift_rows(model.embeddings.segment)}
GPT_FAULTS = FAULTS | {"Conv1D never transposed": lambda model: transpose_projection(*model.blocks)}


def break_copies(model) -> dict[str, nn.Module]:
    """Break one thing in each of several copies of a BERT or GPT: fault -> copy."""
    faults, copies = GPT_FAULTS if model.config.norm_first else BERT_FAULTS, {}
    for name, damage in faults.items():
        copies[name] = copy.deepcopy(model)
        damage(copies[name])
    return copies
