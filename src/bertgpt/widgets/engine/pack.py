"""A model as the page's engine reads it: whole numbers of eight bits, one scale a row, compressed.

Three small matrices have twelve: positions and segments are added to every token, and through the last one every
answer of BERT's goes. At eight bits 5.4 million weights take 4.9 MB, and one top token in about eighty is another one:
a near tie. Half as many would cost 0.7 MB more.

    uint32, how long the header is | JSON header | tensors, each at a multiple of 16 bytes
"""

import dataclasses
import gzip
import json
import struct

import torch
from torch import Tensor

from ...model.gpt import GPT

FINE = ("embeddings.position.weight", "embeddings.segment.weight", "mlm_head.dense.weight")
LARGEST = {torch.int8: 127, torch.int16: 2047}      # what the largest number of a row becomes


def quantise(name: str, matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Round a matrix to whole numbers, a scale for each row: (N, K) -> (N, K) int8, or int16 if FINE, (N,) scales."""
    dtype = torch.int16 if name in FINE else torch.int8
    scale = (matrix.abs().amax(dim=1) / LARGEST[dtype]).clamp(min=1e-12)                   # (N,)
    return (matrix / scale[:, None]).round().to(dtype), scale


def pack(model) -> bytes:
    """Write a BERT with its masked-LM head, a GPT or a Both for the engine; tied weights are stored once.

    The same model gives the same bytes. Raises ValueError for one that the engine cannot run.
    """
    config, kind = model.config, "gpt" if isinstance(model, GPT) else "bert"
    if kind == "bert" and not hasattr(model, "mlm_head"):
        raise ValueError(f"this {type(model).__name__} has no head over the vocabulary: the page has nothing to show")
    if config.d_model % 16 or config.d_ff % 16:
        raise ValueError(f"the engine multiplies 16 numbers at a time: d_model {config.d_model} and d_ff "
                         f"{config.d_ff} must be multiples of 16")
    tensors: dict[str, dict] = {}
    blob = bytearray()

    def put(tensor: Tensor) -> int:
        at = len(blob)
        blob.extend(tensor.contiguous().numpy().tobytes())
        blob.extend(bytes(-len(blob) % 16))
        return at

    for name, parameter in model.named_parameters():
        tensor = parameter.detach().cpu().float()
        tensors[name] = {"shape": list(tensor.shape)}
        if tensor.ndim == 2:
            tensor, scale = quantise(name, tensor)
            tensors[name]["scale"] = put(scale)
            tensors[name]["bits"] = 8 * tensor.element_size()
        tensors[name]["at"] = put(tensor)
    header = json.dumps({"kind": kind, "config": dataclasses.asdict(config), "tensors": tensors}).encode()
    head = struct.pack("<I", len(header)) + header
    return gzip.compress(head + bytes(-len(head) % 16) + bytes(blob), compresslevel=9, mtime=0)
