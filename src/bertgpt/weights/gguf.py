"""Read a Llama from a GGUF file, the format of llama.cpp: settings, tensors of four bits, vocabulary.

Most weights stand in blocks of 32, which share a scale: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import math
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tokenizers
import torch
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from torch import Tensor

from ..model.modern import Decoder, ModernConfig
from ..text.tokenizer import Tokenizer
from .blank import build
from .conversion import map_names, require

SCALARS = dict(enumerate("BbHhIif?", 0)) | {10: "Q", 11: "q", 12: "d"}  # the types of a setting, for struct
STRING, ARRAY = 8, 9
CONTROL = 3  # the type of a special token
WORDS = pre_tokenizers.ByteLevel(add_prefix_space=False)  # GPT-2's rule
SPLITS = {"gpt-2": WORDS, "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), WORDS])}

# Ours -> theirs: the modules that hold parameters. {} is the number of the layer.
NAMES = {
    "embeddings.token": "token_embd",
    "blocks.{}.norm1": "blk.{}.attn_norm",
    "blocks.{}.attention.q_proj": "blk.{}.attn_q",
    "blocks.{}.attention.k_proj": "blk.{}.attn_k",
    "blocks.{}.attention.v_proj": "blk.{}.attn_v",
    "blocks.{}.attention.out_proj": "blk.{}.attn_output",
    "blocks.{}.norm2": "blk.{}.ffn_norm",
    "blocks.{}.feedforward.gate_proj": "blk.{}.ffn_gate",
    "blocks.{}.feedforward.up_proj": "blk.{}.ffn_up",
    "blocks.{}.feedforward.down_proj": "blk.{}.ffn_down",
    "final_norm": "output_norm",
    "lm_head.decoder": "output",
}


def f16(raw: Tensor) -> Tensor:
    return raw.view(torch.float16).float()


def q4_1(raw: Tensor) -> Tensor:
    """Unpack blocks of 32 numbers of four bits: q of 0 to 15 stands for minimum + scale * q.

    raw: (N, 20) bytes, each row a scale and a minimum in float16, then 16 bytes that hold q of 0 to 15 in
    their lower halves and of 16 to 31 in their upper ones -> (N, 32)
    """
    scale, minimum = f16(raw[:, :4].contiguous()).split(1, dim=1)  # (N, 1)
    packed = raw[:, 4:]
    q = torch.cat([packed & 15, packed >> 4], dim=1)  # (N, 32)
    return torch.addcmul(minimum, scale, q.float())


def q8_0(raw: Tensor) -> Tensor:
    """Unpack blocks of 32 numbers of eight bits: raw (N, 34), a scale in float16, then signed bytes -> (N, 32)."""
    return f16(raw[:, :2].contiguous()) * raw[:, 2:].view(torch.int8)


@dataclass(frozen=True)
class Kind:
    """Describe one way in which a tensor's numbers are stored."""

    name: str
    n_numbers: int  # in a block
    n_bytes: int
    unpack: Callable[[Tensor], Tensor]


KINDS = {
    0: Kind("F32", 1, 4, lambda raw: raw.clone().view(torch.float32)),
    1: Kind("F16", 1, 2, f16),
    3: Kind("Q4_1", 32, 20, q4_1),
    8: Kind("Q8_0", 32, 34, q8_0),
}


@dataclass(frozen=True)
class Stored:
    """A tensor as the file holds it."""

    kind: Kind
    shape: tuple[int, ...]
    raw: Tensor  # (N, n_bytes): its blocks; a view of the file

    def unpack(self) -> Tensor:
        return self.kind.unpack(self.raw).reshape(self.shape)


def gguf_file(found: Path) -> Path | None:
    """Find the GGUF file among what `find_weights` found: the file itself, or the only one of a folder.

    -> None where the folder has a config.json, or no such file
    """
    if found.is_file():
        return found
    files = [] if (found / "config.json").exists() else sorted(found.glob("*.gguf"))
    if len(files) > 1:
        raise ValueError(f"{found} holds {len(files)} GGUF files: name one of them")
    return files[0] if files else None


def read_gguf(path: Path) -> tuple[dict[str, Any], dict[str, Stored]]:
    """Read the settings and the tensors of a GGUF file, under its own names; the tensors stay packed.

    Raises ValueError, naming the file, where it is another kind of file, damaged, or packed in a way not read here.
    """
    try:
        with open(path, "rb") as file:
            # Nothing that is written to the tensors reaches the file.
            raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        magic, version, n_tensors, n_settings = take(raw, "4sIQQ")
        if magic != b"GGUF" or version not in (2, 3):
            raise ValueError("it does not begin as version 2 or 3 of the format does")
        settings = {read_string(raw): read_value(raw, *take(raw, "I")) for _ in range(n_settings)}
        entries = [(read_string(raw), *read_place(raw)) for _ in range(n_tensors)]
        multiple = settings.get("general.alignment", 32)
        start = math.ceil(raw.tell() / multiple) * multiple
        return settings, {name: stored_at(raw, start + offset, kind, shape) for name, shape, kind, offset in entries}
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError, struct.error) as error:
        raise ValueError(f"{path} cannot be read as a GGUF file: {error}") from None


def take(raw: mmap.mmap, layout: str) -> tuple:
    """Read the next numbers, laid out as `struct` writes it."""
    return struct.unpack(f"<{layout}", raw.read(struct.calcsize(f"<{layout}")))


def read_string(raw: mmap.mmap) -> str:
    return raw.read(*take(raw, "Q")).decode("utf-8")


def read_value(raw: mmap.mmap, type_: int) -> Any:
    if type_ == STRING:
        return read_string(raw)
    if type_ != ARRAY:
        return take(raw, SCALARS[type_])[0]
    of, length = take(raw, "IQ")
    return list(take(raw, f"{length}{SCALARS[of]}")) if of in SCALARS else [read_value(raw, of) for _ in range(length)]


def read_place(raw: mmap.mmap) -> tuple[tuple[int, ...], int, int]:
    """Read the shape of a tensor, which the file gives from the last dimension on, its kind and where it begins."""
    (n_dimensions,) = take(raw, "I")
    return tuple(reversed(take(raw, f"{n_dimensions}Q"))), *take(raw, "IQ")


def stored_at(raw: mmap.mmap, offset: int, number: int, shape: tuple[int, ...]) -> Stored:
    """Find the blocks of a tensor in the file."""
    if number not in KINDS:
        known = ", ".join(kind.name for kind in KINDS.values())
        raise ValueError(f"it holds tensors of the type {number} of ggml, but only {known} are unpacked here")
    kind = KINDS[number]
    n_bytes = math.prod(shape) // kind.n_numbers * kind.n_bytes
    blocks = torch.frombuffer(raw, dtype=torch.uint8, count=n_bytes, offset=offset)
    return Stored(kind, shape, blocks.view(-1, kind.n_bytes))


def load_gguf(path: Path) -> Decoder:
    """Read a Llama from a GGUF file: -> a Decoder in evaluation mode, computing in float32.

    Raises ValueError, naming the file and the setting or tensor, for what is not computed here.
    """
    config, stored = read_packed(path)
    return build(Decoder, config, {name: tensor.unpack() for name, tensor in stored.items()}, path)


def read_packed(path: Path) -> tuple[ModernConfig, dict[str, Stored]]:
    """Read a Llama from a GGUF file, under our names and with our pairs of rotary numbers, but still packed."""
    settings, packed = read_gguf(path)
    try:
        config = read_config(settings, tied="output.weight" not in packed)
        stored = map_names(packed, NAMES)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    for part, n_heads in zip("qk", config.heads):
        for name in [name for name in stored if name.endswith(f"{part}_proj.weight")]:
            rows = stored[name].raw.view(stored[name].shape[0], -1)  # (H*K, bytes of a row)
            raw = pair_halves(rows, n_heads).reshape(stored[name].raw.shape)
            stored[name] = replace(stored[name], raw=raw)
    return config, stored


def read_config(settings: dict[str, Any], tied: bool) -> ModernConfig:
    if (kind := require(settings, "general.architecture")) != "llama":
        raise ValueError(f"it holds a {kind!r} model, not a 'llama' one")
    if (scaling := settings.get("llama.rope.scaling.type", "none")) != "none":
        raise ValueError(f"rope scaling {scaling!r}, but this model computes the plain angles only")
    n_heads = require(settings, "llama.attention.head_count")
    return ModernConfig(
        vocab_size=len(require(settings, "tokenizer.ggml.tokens")),
        max_len=require(settings, "llama.context_length"),
        d_model=require(settings, "llama.embedding_length"),
        n_layers=require(settings, "llama.block_count"),
        n_heads=n_heads,
        d_ff=require(settings, "llama.feed_forward_length"),
        n_kv_heads=settings.get("llama.attention.head_count_kv", n_heads),
        d_head=settings.get("llama.rope.dimension_count", 0),
        theta=settings.get("llama.rope.freq_base", 10_000.0),
        norm_eps=require(settings, "llama.attention.layer_norm_rms_epsilon"),
        tie_embeddings=tied,
    )


def pair_halves(weight: Tensor, n_heads: int) -> Tensor:
    """Sort the rows of a projection to queries or keys, H*K of them, as `rotate` pairs them.

    llama.cpp turns neighbours, rows 2i and 2i + 1 of a head; here i and i + K/2 are turned.
    """
    return weight.unflatten(0, (n_heads, -1, 2)).transpose(1, 2).flatten(0, 2)


def read_tokenizer(path: Path) -> Tokenizer:
    """Read the vocabulary of a GGUF file: byte-level BPE, its special tokens and its chat template."""
    settings = read_gguf(path)[0]
    kind, split = (settings.get(f"tokenizer.ggml.{name}") for name in ("model", "pre"))
    if kind != "gpt2" or split not in SPLITS:
        known = f"here 'gpt2' is read, split as {', '.join(SPLITS)}"
        raise ValueError(f"{path}: its vocabulary is {kind!r} split as {split!r}; {known}")
    tokens, types = settings["tokenizer.ggml.tokens"], settings["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in settings["tokenizer.ggml.merges"]]
    backend = tokenizers.Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    backend.pre_tokenizer, backend.decoder = SPLITS[split], decoders.ByteLevel()
    special = [token for token, type_ in zip(tokens, types) if type_ == CONTROL]
    backend.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    return Tokenizer(backend, settings.get("tokenizer.chat_template", ""))
