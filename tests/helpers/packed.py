"""A model as a page has it: its numbers, packed for the engine and read again."""

import copy
import gzip
import json
import math
import struct

import numpy as np
import torch

from bertgpt_book.widgets.engine.pack import pack


def as_packed(model):
    """Copy a model, with the numbers that are left of it when pack.py has written it."""
    data, twin = gzip.decompress(pack(model)), copy.deepcopy(model)
    (length,) = struct.unpack_from("<I", data)
    tensors, blob = json.loads(data[4 : 4 + length])["tensors"], data[4 + length :]
    with torch.no_grad():
        for name, parameter in twin.named_parameters():
            if name not in tensors:
                continue
            (n, k), at, below, steps = (tensors[name][key] for key in ("shape", "at", "below", "steps"))
            size, plane = n * k, math.ceil(n * k / 8)
            numbers = np.frombuffer(blob, np.int8, size, at).astype(np.int32) << below
            for bit in range(below):
                bits = np.unpackbits(np.frombuffer(blob, np.uint8, plane, at + size + bit * plane), bitorder="little")
                numbers += bits[:size].astype(np.int32) << bit
            step = np.repeat(steps, math.ceil(n / len(steps)))[:n, None]
            parameter.copy_(torch.tensor(numbers.reshape(n, k) * step).view_as(parameter))
    return twin
