"""Read a Llama from a GGUF file, the format of llama.cpp: settings, packed tensors, vocabulary.

ggml's own package, `gguf`, takes the file apart: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tokenizers
import torch
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from torch import Tensor

from bertgpt.text.tokenizer import Tokenizer
from bertgpt.weights.build import build
from bertgpt.weights.conversion import map_names, require

from .model import Decoder, ModernConfig

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


@dataclass(frozen=True)
class Stored:
    """A tensor as the file holds it."""

    kind: str  # ggml's name for how its numbers are stored
    shape: tuple[int, ...]
    raw: Tensor  # (rows, bytes of a row), or (bytes,) of a vector

    def unpack(self) -> Tensor:
        import gguf

        numbers = gguf.dequantize(self.raw.numpy(), gguf.GGMLQuantizationType[self.kind])
        return torch.from_numpy(numbers).reshape(self.shape)


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

    Raises ValueError, naming the file, where it is another kind of file or damaged.
    """
    return read_once(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)  # a vocabulary of 49,000 tokens takes the package four seconds, and is asked for twice
def read_once(path: Path, changed_at: int) -> tuple[dict[str, Any], dict[str, Stored]]:
    try:
        import gguf
    except ModuleNotFoundError:
        raise ValueError(f"{path} is read by the package gguf: pip install gguf") from None
    try:
        file = gguf.GGUFReader(path, "c")  # nothing that is written to the tensors reaches the file
        settings = {name: field.contents() for name, field in file.fields.items()}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path} cannot be read as a GGUF file, the one kind that holds a model: {error}") from None
    stored = {}
    for tensor in file.tensors:
        raw, shape = torch.from_numpy(tensor.data.view("uint8")), tuple(map(int, reversed(tensor.shape)))
        stored[tensor.name] = Stored(tensor.tensor_type.name, shape, raw)
    return settings, stored


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
            stored[name] = replace(stored[name], raw=pair_halves(stored[name].raw, n_heads))  # (H*K, bytes of a row)
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
