"""Two programs that should be the same model: how far apart they are after every layer.

transformers is not imported here: its models are passed in.

B texts, T tokens, D d_model, L layers.
"""

from contextlib import ExitStack

import torch
from torch import Tensor

LINE = 1e-4  # below it counts as equal: far above rounding, below every fault of bertgpt_book/faults.py


@torch.inference_mode()
def layer_errors(
    ours, theirs, input_ids: Tensor, attention_mask: Tensor, segment_ids: Tensor | None = None
) -> list[float]:
    """Return the largest difference after the embeddings and after each layer, at real tokens: 1 + L numbers.

    ours: BERT or GPT; theirs: the same model in transformers; input_ids, attention_mask, segment_ids: (B, T)
    """
    segments = {} if segment_ids is None else {"segment_ids": segment_ids}
    their_segments = {} if segment_ids is None else {"token_type_ids": segment_ids}
    shared = {"attention_mask": attention_mask, "output_hidden_states": True}
    reference = theirs(input_ids, **shared, **their_segments).hidden_states
    own: list[Tensor] = []  # the input of each block, then the output: (B, T, D) each
    with ExitStack() as hooks:
        for block in ours.blocks:
            hooks.enter_context(block.register_forward_pre_hook(lambda block, inputs: own.append(inputs[0])))
        own.append(ours.encode(input_ids, attention_mask=attention_mask, **segments))
    real = attention_mask == 1
    return [(a - b)[real].abs().max().item() for a, b in zip(own, reference, strict=True)]


def first_above(errors: list[float], line: float = LINE) -> int | None:
    """Find the first layer whose difference is above the line: 0 is the embeddings, None is no layer.

    >>> first_above([1e-7, 2e-3, 5.0])
    1
    """
    return next((layer for layer, error in enumerate(errors) if error > line), None)
