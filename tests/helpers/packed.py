"""A model as a page has it, its numbers packed for the engine and read again; and texts for the page's engines."""

import copy
import gzip
import json
import math
import struct

import numpy as np
import torch

from bertgpt.text import corpora
from bertgpt_book.widgets.engine.pack import pack

ODD = [
    *("", " ", "\n\n\t ", "Anne", " Anne", "naïve café — “quoted”…", "日本語と🙂🙃 emoji", "don't, won't; I'LL"),
    *("1,234.56 + 7890", "\u00a0non\u2009breaking", "\u200bzero", "A" * 300, "ﬁ ﬂ Å Å", "\ud7ff\uffff", "__init__"),
    *("tab\tand\r\nreturn  two", "<script>alert(1)</script>", "<|endoftext|>a<|im_end|>", "[CLS][SEP]<eos>[PAD]"),
    *("She had a [MASK] in her hand", "a [MASK] , [MASK]"),
]


def held_out_sentences(tokenizer, n: int, before: str = " ") -> list[list[int]]:
    """Take every seventh sentence of more than 8 tokens from the held-out novel: -> ids, at most 24 of each."""
    found = [tokenizer.encode(before + text) for text in corpora.sentences(corpora.novels("test")["Persuasion"])]
    return [ids[:24] for ids in found if len(ids) > 8][::7][:n]


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
