"""Write a model as the page's engine reads it: quantised matrices, compressed to at most 6.4 MB.

Numbers are stored as multiples of a quantisation step, and Huffman coding does most of the compression. Each
kind of matrix has its own step, shorter where an error changes attention weights and predictions more for
each byte saved; those of the token matrix grow with the square root of the token's rank. A vector is a matrix
of one column. A number is split into its leading eight bits, which compress, and the bits below, which do not.

At 6.4 MB at most two of 200 top predictions change, between near ties, and no attention weight that
tests/book/widgets/test_engine.py looks at, for each of the shipped models, is off by more than 0.01.

    uint32, length of the header | JSON header | of each matrix: the leading bits, the bits below
"""

import dataclasses
import json
import math
import struct
import zlib

import numpy as np
import torch
from torch import Tensor

MOST = 6_400_000  # bytes of a packed model; live.js tells the reader
COARSEST = 3.0  # the factor on all steps beyond which too little of a model is left
UNUSED = ("pooler.", "nsp_head.")  # parts of a BERT that no page runs
ENGINE_READS = {  # the fields that model.js computes with, or that change nothing there; each option needs its line
    *("vocab_size", "max_len", "d_model", "n_layers", "n_heads", "d_ff", "n_segments", "norm_first", "activation"),
    *("norm_eps", "dropout", "pad_id", "tie_embeddings"),
}
GROUPS = 32  # groups of rows of the token matrix, each with its own step
FINENESS = {  # steps in the root mean square of a matrix
    "embeddings.token": 140,
    "embeddings.position": 540,
    "embeddings.segment": 3500,
    "mlm_head.dense": 310,
    "attention": 235,
    "up_proj": 135,
    "down_proj": 105,
    "vectors": 1500,
}


def steps(name: str, matrix: Tensor, coarser: float = 1.0) -> Tensor:
    """Choose the quantisation steps of a matrix: (N, K) -> (G,), one for each of G equal groups of rows."""
    part = next((part for part in FINENESS if part in name), "embeddings.token")  # an untied decoder
    part = "vectors" if matrix.size(1) == 1 else part
    step = coarser * matrix.square().mean().sqrt().clamp(min=1e-12) / FINENESS[part]
    if part != "embeddings.token":
        return step[None]
    rank = torch.arange(1, GROUPS + 1) / GROUPS  # (G,)
    return step * (2 * rank).sqrt()


def quantise(name: str, matrix: Tensor, coarser: float = 1.0) -> tuple[Tensor, Tensor]:
    """Round a matrix to multiples of its steps: (N, K) -> (N, K) int32, and the steps (G,)."""
    step = steps(name, matrix, coarser)
    return (matrix / step_of_each_row(step, len(matrix))).round().to(torch.int32), step


def step_of_each_row(step: Tensor, n_rows: int) -> Tensor:
    """Give each row of a matrix the step of its group: (G,) -> (N, 1)."""
    return step.repeat_interleave(math.ceil(n_rows / len(step)))[:n_rows, None]


def split_bits(numbers: Tensor) -> tuple[int, bytes]:
    """Split integers into their leading eight bits and the bits below: -> how many are below, the bytes of both.

    Below are first the lowest bits of all numbers, then the next ones.
    """
    below = max(0, int(torch.maximum(numbers.max(), -numbers.min() - 1)).bit_length() - 7)
    planes = [np.packbits((numbers >> bit & 1).numpy(), bitorder="little") for bit in range(below)]
    return below, b"".join(part.tobytes() for part in [(numbers >> below).to(torch.int8).numpy(), *planes])


def pack_with(model, kind: str, coarser: float) -> bytes:
    tensors: dict[str, dict] = {}
    blob = bytearray()
    for name, parameter in model.named_parameters():
        if name.startswith(UNUSED):
            continue
        matrix = parameter.detach().cpu().float().reshape(len(parameter), -1)  # (N, K)
        numbers, step = quantise(name, matrix, coarser)
        below, data = split_bits(numbers)
        tensors[name] = {"shape": list(matrix.shape), "at": len(blob), "below": below, "steps": step.tolist()}
        blob += data
    header = json.dumps({"kind": kind, "config": dataclasses.asdict(model.config), "tensors": tensors}).encode()
    # As gzip does, but by Huffman coding only: weights have no repetitions to find.
    coder = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_HUFFMAN_ONLY)
    return coder.compress(struct.pack("<I", len(header)) + header + bytes(blob)) + coder.flush()


def pack_to_fit(model, kind: str) -> tuple[bytes, float]:
    """Write a model with the shortest steps at which it fits: -> the bytes, and the factor on its steps."""
    packed, coarser = pack_with(model, kind, 1.0), 1.0
    if len(packed) > MOST and (least := len(pack_with(model, kind, COARSEST))) > MOST:
        raise ValueError(
            f"this {type(model).__name__} is too large for a page: it takes {least / 1e6:.1f} MB "
            f"at the coarsest, and a page loads {MOST / 1e6:g} MB"
        )
    while len(packed) > MOST:
        coarser *= 1.02
        packed = pack_with(model, kind, coarser)
    return packed, coarser


def pack(model) -> bytes:
    """Write a BERT with its masked-LM head, a GPT or a `Both` model for the engine; tied weights are stored once.

    The quantisation step grows by 2 % until the file fits. The same model gives the same bytes.
    Raises ValueError for a model that the engine cannot run or a page cannot load.
    """
    config, head = model.config, model.framing.head
    if not hasattr(model, head):
        raise ValueError(f"this {type(model).__name__} has no head over the vocabulary: the page has nothing to show")
    if unknown := sorted(vars(config).keys() - ENGINE_READS):
        raise ValueError(f"the page's engine does not know {', '.join(unknown)}: teach model.js what it changes first")
    if config.d_model % 4 or config.d_ff % 4:
        raise ValueError(
            f"the engine multiplies 4 numbers at a time: d_model {config.d_model} and d_ff "
            f"{config.d_ff} must be multiples of 4"
        )
    return pack_to_fit(model, kind="bert" if head == "mlm_head" else "gpt")[0]
