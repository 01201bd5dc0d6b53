"""A model as the page's engine reads it: every matrix in whole numbers of steps, compressed to at most 6.5 MB.

Weights are near a bell curve, so the numbers of a Huffman code do the sharing: what counts is how long a step is. It is
one for a matrix, and the shorter, the more an error there moves attention and answers for each byte that it costs:
short for the few numbers that are added to every token, long for the many of the feed-forward layers. Tokens stand in
the order of their frequency, and a rare one is read seldom: the steps of the token matrix grow with the root of the
rank. A number is kept as its leading eight bits, which the code shortens, and what is below them, which no code can.

At 6.5 MB at most two top tokens of 200 are other ones, near ties, and no attention weight is off by more than 0.01:
what tests/widgets/test_engine.py holds the shipped models to.

    uint32, how long the header is | JSON header | vectors: float32; matrices: the leading bits, the bits below
"""

import dataclasses
import json
import math
import struct
import zlib

import torch
from torch import Tensor

from ....model.gpt import GPT

MOST = 6_500_000                                     # bytes of a packed model; live.js says it to the reader
UNASKED = ("pooler.", "nsp_head.")                   # of a BERT, what no page asks
GROUPS = 32                                          # of rows of the token matrix that have a step of their own
FINENESS = {                                         # how many steps there are in the root mean square of a matrix
    "embeddings.token": 228, "embeddings.position": 1400, "embeddings.segment": 4600, "mlm_head.dense": 440,
    "q_proj": 500, "k_proj": 500, "v_proj": 205, "out_proj": 205, "up_proj": 125, "down_proj": 90}


def steps(name: str, matrix: Tensor, coarser: float = 1.0) -> Tensor:
    """Choose how far apart the numbers of a matrix are: (N, K) -> (G,), one for each of G equal groups of rows."""
    part = next((part for part in FINENESS if part in name), "embeddings.token")       # a decoder of its own
    step = coarser * matrix.square().mean().sqrt().clamp(min=1e-12) / FINENESS[part]
    if part != "embeddings.token":
        return step[None]
    rank = torch.arange(1, GROUPS + 1) / GROUPS                                            # (G,)
    return step * (2 * rank).sqrt()


def quantise(name: str, matrix: Tensor, coarser: float = 1.0) -> tuple[Tensor, Tensor]:
    """Round a matrix to whole numbers of steps: (N, K) -> (N, K) int32, and the steps (G,)."""
    step = steps(name, matrix, coarser)
    return (matrix / of_each_row(step, len(matrix))).round().to(torch.int32), step


def of_each_row(step: Tensor, n_rows: int) -> Tensor:
    """Give each row of a matrix the step of its group: (G,) -> (N, 1)."""
    group = torch.arange(n_rows) // math.ceil(n_rows / len(step))                          # (N,)
    return step[group, None]


def planes(numbers: Tensor) -> tuple[int, bytes]:
    """Cut whole numbers into their leading eight bits and the bits below: -> how many are below, the bytes of both."""
    below = max(0, int(torch.maximum(numbers.max(), -numbers.min() - 1)).bit_length() - 7)
    leading, rest = numbers >> below, numbers & 2 ** below - 1
    parts = [leading.to(torch.int8), rest.to(torch.uint8)] if below else [leading.to(torch.int8)]
    return below, b"".join(part.numpy().tobytes() for part in parts)


def huffman(data: bytes) -> bytes:
    """Compress as gzip does, without looking for what was there before: in weights, nothing was."""
    coder = zlib.compressobj(9, zlib.DEFLATED, 31, strategy=zlib.Z_HUFFMAN_ONLY)
    return coder.compress(data) + coder.flush()


def packed_with(model, kind: str, coarser: float) -> bytes:
    """Write a model with its steps lengthened by a factor."""
    tensors: dict[str, dict] = {}
    blob = bytearray()
    for name, parameter in model.named_parameters():
        if name.startswith(UNASKED):
            continue
        tensor = parameter.detach().cpu().float()
        tensors[name] = {"shape": list(tensor.shape), "at": len(blob)}
        if tensor.ndim == 2:
            numbers, step = quantise(name, tensor, coarser)
            tensors[name]["below"], data = planes(numbers)
            tensors[name]["steps"] = step.tolist()
        else:
            data = tensor.numpy().tobytes()
        blob += data
    header = json.dumps({"kind": kind, "config": dataclasses.asdict(model.config), "tensors": tensors}).encode()
    return huffman(struct.pack("<I", len(header)) + header + bytes(blob))


def fitted(model, kind: str) -> tuple[bytes, float]:
    """Write a model with its steps lengthened until the whole fits: -> the bytes, and the factor."""
    coarser = 1.0
    while len(packed := packed_with(model, kind, coarser)) > MOST:
        coarser *= 1.02
    return packed, coarser


def pack(model) -> bytes:
    """Write a BERT with its masked-LM head, a GPT or a Both for the engine; tied weights are stored once.

    Steps are lengthened by a fiftieth until the whole fits. The same model gives the same bytes.
    Raises ValueError for one that the engine cannot run.
    """
    config, kind = model.config, "gpt" if isinstance(model, GPT) else "bert"
    if kind == "bert" and not hasattr(model, "mlm_head"):
        raise ValueError(f"this {type(model).__name__} has no head over the vocabulary: the page has nothing to show")
    if config.d_model % 4 or config.d_ff % 4:
        raise ValueError(f"the engine multiplies 4 numbers at a time: d_model {config.d_model} and d_ff "
                         f"{config.d_ff} must be multiples of 4")
    return fitted(model, kind)[0]
