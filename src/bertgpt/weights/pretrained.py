"""Hugging Face checkpoints in and out: config.json and model.safetensors.

conversion.py knows which of our names is which of theirs. Most of this file is checks, because a
model that is loaded wrongly still produces numbers. Nothing is unpickled.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ..assets import SHIPPED, write_atomically
from ..model.bert import BERT
from ..model.both import Both
from ..model.config import TransformerConfig
from ..model.gpt import GPT
from ..model.pretraining import BERTForPreTraining
from ..text.tokenizer import Tokenizer
from ..text.vocabularies import PUBLISHED, course_tokenizer
from . import conversion
from .conversion import HF_BERT, HF_GPT2, TIED, Dialect
from .hub import find_weights

BOTH_ORDERS = ["causal", "bidirectional"]  # in the config.json of a `Both`, whose tensors are those of a GPT-2


def load_model(source: str | Path) -> BERTForPreTraining | BERT | GPT | Both:
    """Read whichever model a checkpoint holds, by the loader for the kind that its config.json names.

    source: "tinybert", "tinygpt", "tinyboth", a folder or a name on the hub
    -> a model in evaluation mode, computing in float32
    Raises ValueError, naming the file, for a kind of model that is not implemented here.
    """
    folder = find_weights(source)
    settings = read_settings(folder)
    kind = "both" if settings.get("orders") == BOTH_ORDERS else str(settings.get("model_type"))
    loaders = {"bert": load_bert, "gpt2": load_gpt, "both": load_both}
    if kind not in loaders:
        raise ValueError(f"{folder / 'config.json'} describes a {kind!r} model, not a 'bert' or 'gpt2' one")
    return loaders[kind](folder)


def load_bert(source: str | Path) -> BERTForPreTraining | BERT:
    """Read a BERT: with its masked-LM head where the checkpoint has one, bare where not.

    source: "tinybert", a folder or a name on the hub, in the layout of BertModel, BertForMaskedLM or
    BertForPreTraining -> a model in evaluation mode, computing in float32
    Raises ValueError, naming file and field or tensor, rather than return a model that is silently
    wrong.
    """
    folder = find_weights(source)
    config, ours = read_config(folder, HF_BERT), read_tensors(folder, HF_BERT)
    parts = {name.split(".")[0] for name in ours}
    kind = (
        partial(BERTForPreTraining, next_sentence="nsp_head" in parts)
        if "mlm_head" in parts
        else partial(BERT, pooler="pooler" in parts)
    )
    model = build(kind, config, ours, folder)
    return load_into(model, ours, folder)


def load_gpt(source: str | Path) -> GPT:
    """Read a GPT-2.

    source: "tinygpt", a folder or a name on the hub, in the layout of GPT2LMHeadModel
    -> a model in evaluation mode, computing in float32
    Raises ValueError, naming file and field or tensor, rather than return a model that is silently
    wrong.
    """
    return read_gpt(source, GPT)


def load_both(source: str | Path) -> Both:
    """Read a GPT-2, as `load_gpt` does, whose mask is chosen at the call.

    source: "tinyboth", a folder or a name on the hub. Any GPT-2 can be read; only one that was
    trained with both masks is good with both.
    """
    return read_gpt(source, Both)


def read_gpt(source: str | Path, kind: type[GPT]):
    """Read a GPT-2 into one of the classes that are laid out as it is."""
    folder = find_weights(source)
    config, ours = read_config(folder, HF_GPT2), conversion.split_projections(read_tensors(folder, HF_GPT2))
    return load_into(build(kind, config, ours, folder), ours, folder)


def save_pretrained(model: BERT | GPT, directory: str | Path, dtype: torch.dtype = torch.float32) -> None:
    """Write config.json and model.safetensors as transformers reads them; tied weights are stored once.

    dtype: of the file, float16 halves it; a loaded model computes in float32 all the same
    Raises ValueError for a setting that config.json cannot hold, or weights that are not finite in this dtype, and
    OSError, naming the file, when it cannot be written. What was there before is then still there.
    """
    config, tied = model.config, TIED if model.config.tie_embeddings else set()
    ours = {name: tensor for name, tensor in model.state_dict().items() if name not in tied}
    if isinstance(model, GPT):
        dialect, kind, ours = HF_GPT2, "GPT2LMHeadModel", conversion.join_projections(ours)
        extra: dict[str, Any] = {
            "embd_pdrop": config.dropout,
            "attn_pdrop": config.dropout,
            "bos_token_id": None,
            "eos_token_id": None,
        }
        extra |= {"orders": BOTH_ORDERS} if isinstance(model, Both) else {}
    else:
        dialect, extra = HF_BERT, {"attention_probs_dropout_prob": config.dropout}
        kind = (
            "BertModel"
            if not isinstance(model, BERTForPreTraining)
            else "BertForPreTraining"
            if model.nsp_head is not None
            else "BertForMaskedLM"
        )
    settings: dict[str, Any] = {"model_type": dialect.model_type, **extra}
    settings |= {theirs: getattr(config, field) for field, theirs in dialect.fields.items()}
    settings |= {"architectures": [kind], "dtype": "float32"}
    if lost := [
        field
        for field, value in asdict(conversion.map_config(settings, dialect)).items()
        if getattr(config, field) != value
    ]:
        raise ValueError(
            f"{lost[0]} = {getattr(config, lost[0])} cannot be written: the config.json of a "
            f"{dialect.model_type!r} model has no such setting"
        )
    theirs = {conversion.map_name(name, dialect.names): as_stored(name, tensor, dtype) for name, tensor in ours.items()}
    if "cls.predictions.decoder.bias" in theirs:  # it has a second name; tied, only that one
        theirs["cls.predictions.bias"] = theirs["cls.predictions.decoder.bias"].clone()
        if config.tie_embeddings:
            del theirs["cls.predictions.decoder.bias"]
    if kind == "BertModel":
        theirs = {name.removeprefix("bert."): tensor for name, tensor in theirs.items()}
    text = json.dumps(settings, indent=2) + "\n"
    write_atomically(
        Path(directory),
        {
            "config.json": lambda path: path.write_text(text, encoding="utf-8"),
            "model.safetensors": lambda path: path.write_bytes(save(theirs, {"format": "pt"})),
        },
    )


def as_stored(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Convert one tensor to the dtype of the file, refusing numbers that would be lost."""
    stored = tensor.to("cpu", dtype)
    if not stored.isfinite().all():
        raise ValueError(f"{name} holds numbers that are not finite in {dtype}: nothing was saved")
    return stored.contiguous()


def read_settings(folder: Path) -> dict[str, Any]:
    """Read config.json as it is: Hugging Face's names -> values."""
    path = folder / "config.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as a model's configuration: {error}") from None


def read_config(folder: Path, dialect: Dialect) -> TransformerConfig:
    """Read config.json into a TransformerConfig."""
    path, settings = folder / "config.json", read_settings(folder)
    if settings.get("model_type") != dialect.model_type:
        raise ValueError(f"{path} describes a {settings.get('model_type')!r} model, not a {dialect.model_type!r} one")
    try:
        return conversion.map_config(settings, dialect)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def read_tensors(folder: Path, dialect: Dialect) -> dict[str, Tensor]:
    """Read model.safetensors: our name -> tensor, in the shape and dtype that it is stored in."""
    path = folder / "model.safetensors"
    if not path.exists():
        pickled = "; it has a pickled .bin file, which is never opened: convert it"
        raise ValueError(f"{folder} has no model.safetensors{pickled if [*folder.glob('*.bin')] else ''}")
    try:
        theirs = load_file(path)
    except (SafetensorError, OSError) as error:
        if path.is_file() and path.read_bytes().startswith(b"version https://git-lfs"):
            raise ValueError(f"{path} is a Git LFS pointer, not the weights: run git lfs pull") from None
        raise ValueError(f"{path} is damaged: {error}") from None
    try:
        return conversion.map_names(theirs, dialect)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def build(kind: Callable, config: TransformerConfig, ours: dict[str, Tensor], folder: Path):
    """Make a model without memory and initial values: `load_into` gives it tensors."""
    layers = {name.split(".")[1] for name in ours if name.startswith("blocks.")}
    missing = next((n for n in range(config.n_layers) if str(n) not in layers), None)
    if missing is not None:
        raise ValueError(
            f"{folder / 'model.safetensors'} has no tensor for blocks.{missing}, "
            f"but config.json says that there are {config.n_layers} layers"
        )
    with torch.device("meta"):
        return kind(config)


def load_into(model, ours: dict[str, Tensor], folder: Path):
    """Give a model that was built without memory its tensors, in float32; refuse what does not fit."""
    expected, path = model.state_dict(), folder / "model.safetensors"
    for name in [n for n in ours if n not in expected and n.startswith(("embeddings.", "blocks."))]:
        raise ValueError(f"{path} holds {name}, which config.json leaves no place for")
    tied = {"embeddings.token.weight", *(TIED & expected.keys())} if model.config.tie_embeddings else set()
    stored = [ours[name] for name in tied if name in ours]  # one of them is enough, whichever it is
    loaded = {}
    for name, tensor in expected.items():
        found = ours.get(name, stored[0] if name in tied and stored else None)
        if found is None:
            raise ValueError(f"{path} has no tensor for {name}")
        if found.shape != tensor.shape:
            raise ValueError(f"{path}: {name} is {tuple(found.shape)}, config.json says {tuple(tensor.shape)}")
        if not found.is_floating_point():
            raise ValueError(
                f"{path}: {name} is stored as {found.dtype}, not in floating point: quantised weights are not read"
            )
        # A copy, so that the file may be overwritten, and GPT-2's matrices are contiguous as ours are.
        loaded[name] = found.to(torch.float32, copy=True, memory_format=torch.contiguous_format)
        if not loaded[name].isfinite().all():
            raise ValueError(f"{path}: {name} holds numbers that are not finite")
    for name in tied & ours.keys():
        if not torch.equal(loaded[name], loaded["embeddings.token.weight"]):
            raise ValueError(f"{path}: {name} differs from the embeddings though config.json ties them")
    model.load_state_dict(loaded, assign=True)
    for name in tied - {"embeddings.token.weight"}:  # one parameter again, not two equal ones
        model.get_submodule(name.removesuffix(".weight")).weight = model.embeddings.token.weight
    return model.eval()


def load_tokenizer(source: str | Path = "tinybert") -> Tokenizer:
    """Read the vocabulary of a checkpoint; the shipped ones share one of 8,192 byte-level BPE tokens.

    source: a folder, "tinybert", "tinygpt" or "tinyboth", or a name on the hub; PUBLISHED ones are
    shipped
    """
    if not Path(source).is_dir():  # a reader's folder comes before a name
        if str(source) in PUBLISHED:
            return Tokenizer(PUBLISHED[str(source)]())
        if str(source) in SHIPPED:
            return course_tokenizer()
    return Tokenizer.from_file(find_weights(source) / "tokenizer.json")
