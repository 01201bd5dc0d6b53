"""Hugging Face checkpoints in and out: config.json and model.safetensors.

conversion.py knows which of our names is which of theirs. Most of this file is checks, because a
model that is loaded wrongly still produces numbers. Nothing is unpickled.
"""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import tokenizers
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from tokenizers.processors import TemplateProcessing
from torch import Tensor

from ..assets import SHIPPED, write_atomically
from ..model.bert import BERT
from ..model.both import Both
from ..model.config import TransformerConfig
from ..model.gpt import GPT
from ..model.pretraining import BERTForPreTraining
from ..text.tokenizer import CLS, EOS, MASK, PAD, SEP, UNK, Tokenizer
from ..text.vocabularies import PUBLISHED, course_tokenizer
from . import conversion
from .build import build
from .conversion import HF_BERT, HF_GPT2, TIED, Dialect
from .families import families
from .hub import SHARDS, find_weights

WEIGHTS = "model.safetensors"
BOTH_ORDERS = ["causal", "bidirectional"]  # in the config.json of a `Both`, whose tensors are those of a GPT-2
OWN = "bertgpt-"  # begins the model_type of a file in our own names, for what transformers cannot express


def load_bert(source: str | Path) -> BERTForPreTraining | BERT:
    """Read a BERT: with its masked-LM head where the checkpoint has one, bare where not.

    source: "littlebert", a folder or a name on the hub, in the layout of BertModel, BertForMaskedLM or
    BertForPreTraining -> a model in evaluation mode, computing in float32
    Raises ValueError, naming file and field or tensor, rather than return a model that is silently wrong.
    """
    config, ours, path = read_checkpoint(source, HF_BERT)
    parts = {name.split(".")[0] for name in ours}
    if "mlm_head" in parts:
        return build(partial(BERTForPreTraining, next_sentence="nsp_head" in parts), config, ours, path)
    return build(partial(BERT, pooler="pooler" in parts), config, ours, path)


def load_gpt(source: str | Path) -> GPT:
    """Read a GPT-2, as `load_bert` reads a BERT.

    source: "littlegpt", a folder or a name on the hub, in the layout of GPT2LMHeadModel
    """
    return build(GPT, *read_checkpoint(source, HF_GPT2))


def load_both(source: str | Path) -> Both:
    """Read a GPT-2, as `load_gpt` does, whose mask is chosen at the call.

    source: "littleboth", a folder or a name on the hub. Any GPT-2 can be read; only one that was
    trained with both masks is good with both.
    """
    return build(Both, *read_checkpoint(source, HF_GPT2))


def save_pretrained(
    model: BERT | GPT | Both,
    directory: str | Path,
    dtype: torch.dtype = torch.float32,
    tokenizer: Tokenizer | None = None,
) -> None:
    """Write config.json and model.safetensors as transformers reads them; tied weights are stored once.

    A config that transformers has no names for is written in ours: `load_model` reads it, transformers refuses it.

    dtype: of the file, float16 halves it; a loaded model computes in float32 all the same
    tokenizer: written, too, for `load_tokenizer` and for transformers' AutoTokenizer
    Raises ValueError for a model of another kind and for weights that are not finite in this dtype, and OSError,
    naming the file, when it cannot be written. What was there before is then still there.
    """
    if not isinstance(model, BERT | GPT | Both):
        raise ValueError(f"a {type(model).__name__} cannot be saved: only a BERT, a GPT or a Both")
    if "adapter" in vars(model):
        remedy = "adapter.merge() adds it to the weights, adapter.detach() takes it off"
        raise ValueError(f"an adapter is on this model, and would not be saved with it: {remedy}")
    config, tied = model.config, TIED if model.config.tie_embeddings else set()
    tensors = {name: as_stored(name, t, dtype) for name, t in model.state_dict().items() if name not in tied}
    dialect = HF_BERT if isinstance(model, BERT) else HF_GPT2
    settings: dict[str, Any] = {"model_type": dialect.model_type}
    settings |= {theirs: getattr(config, field) for field, theirs in dialect.fields.items()}
    settings |= dict.fromkeys(dialect.dropouts, config.dropout)
    expressible = not isinstance(model, BERT) or config.n_segments > 0  # transformers' BERT adds a segment's row
    if expressible and conversion.map_config(settings, dialect) == config:
        settings["architectures"], tensors = as_theirs(model, tensors)
    else:
        settings = {"model_type": OWN + dialect.model_type, "config": asdict(config)}
    settings |= {"dtype": "float32", "bos_token_id": None, "eos_token_id": None}
    if isinstance(model, Both):
        settings["orders"] = BOTH_ORDERS
    weights = save({name: tensor.contiguous() for name, tensor in tensors.items()}, {"format": "pt"})
    files = {} if tokenizer is None else tokenizer_files(model, tokenizer)
    files["config.json"] = json.dumps(settings, indent=2) + "\n"
    write_atomically(Path(directory), files | {WEIGHTS: weights})


def as_theirs(model: BERT | GPT | Both, tensors: dict[str, Tensor]) -> tuple[list[str], dict[str, Tensor]]:
    """Name transformers' class for a model, and rename its tensors for it."""
    if not isinstance(model, BERT):
        joined = conversion.join_projections(tensors)
        return ["GPT2LMHeadModel"], {conversion.map_name(name, HF_GPT2.names): t for name, t in joined.items()}
    theirs = {conversion.map_name(name, HF_BERT.names): tensor for name, tensor in tensors.items()}
    if not isinstance(model, BERTForPreTraining):
        return ["BertModel"], {name.removeprefix("bert."): tensor for name, tensor in theirs.items()}
    bias = theirs["cls.predictions.decoder.bias"]
    theirs["cls.predictions.bias"] = bias.clone()  # its second name; tied, the only one
    if model.config.tie_embeddings:
        del theirs["cls.predictions.decoder.bias"]
    return ["BertForMaskedLM" if model.nsp_head is None else "BertForPreTraining"], theirs


def tokenizer_files(model: BERT | GPT | Both, tokenizer: Tokenizer) -> dict[str, str | bytes]:
    """Describe a model's tokenizer as AutoTokenizer reads it: file name -> its text.

    transformers then frames a text for BERT as `encode_pair` does, and gives GPT the ids alone.
    """
    special = {"pad": PAD, "cls": CLS, "sep": SEP, "mask": MASK, "eos": EOS, "unk": UNK}
    special = {f"{name}_token": token for name, token in special.items() if tokenizer.find(token) is not None}
    inputs, single, pair = ["input_ids", "attention_mask"], "$A", "$A $B"
    framing: list[tuple[str, int]] = []
    if isinstance(model, BERT):
        inputs.append("token_type_ids")
        single, pair = f"{CLS} $A {SEP}", f"{CLS} $A {SEP} $B:1 {SEP}:1"
        framing = [(CLS, tokenizer.cls_id), (SEP, tokenizer.sep_id)]
    backend = tokenizers.Tokenizer.from_str(tokenizer.backend.to_str())
    backend.post_processor = TemplateProcessing(single=single, pair=pair, special_tokens=framing)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": model.config.max_len,
        "model_input_names": inputs,
        "clean_up_tokenization_spaces": False,
        **special,
    }
    text = json.dumps(settings, indent=2) + "\n"
    return {"tokenizer.json": backend.to_str(pretty=True), "tokenizer_config.json": text}


def as_stored(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    stored = tensor.to("cpu", dtype)
    if not stored.isfinite().all():
        raise ValueError(f"{name} holds numbers that are not finite in {dtype}: nothing was saved")
    return stored


def read_settings(folder: Path) -> dict[str, Any]:
    """Read config.json as it is: Hugging Face's names -> values."""
    path = folder / "config.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as a model's configuration: {error}") from None


def read_checkpoint(source: str | Path, dialect: Dialect) -> tuple[TransformerConfig, dict[str, Tensor], Path]:
    """Read config.json, and the tensors of model.safetensors under our names; find that file."""
    folder = find_weights(source)
    path, settings = folder / "config.json", read_settings(folder)
    kind = settings.get("model_type")
    if kind not in (dialect.model_type, OWN + dialect.model_type):
        raise ValueError(f"{path} describes a {kind!r} model, not a {dialect.model_type!r} one")
    theirs = kind == dialect.model_type
    try:
        config = conversion.map_config(settings, dialect) if theirs else TransformerConfig(**settings["config"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: {error}") from None
    return config, read_tensors(folder, dialect if theirs else None), folder / WEIGHTS


def read_tensors(folder: Path, dialect: Dialect | None = None) -> dict[str, Tensor]:
    """Read model.safetensors: our name -> tensor, in the shape and dtype that it is stored in.

    dialect: of the names in the file; None: they are ours already
    """
    path = folder / WEIGHTS
    if (folder / SHARDS).exists() and not path.exists():
        raise ValueError(f"{folder} holds a sharded checkpoint ({SHARDS}): only a single model.safetensors is read")
    if not path.exists():
        raise ValueError(f"{folder} has no model.safetensors; a pickled .bin file is never opened: convert it")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        with path.open("rb") as file:
            pointer = b"version https://git-lfs"
            if file.read(len(pointer)) == pointer:
                raise ValueError(f"{path} is a Git LFS pointer, not the weights: run git lfs pull") from None
        raise ValueError(f"{path} is damaged: {error}") from None
    if dialect is None:
        return tensors
    try:
        return dialect.unpack(conversion.map_names(tensors, dialect.names, dialect.prefix))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def load_tokenizer(source: str | Path = "littlebert") -> Tokenizer:
    """Read the vocabulary of a checkpoint; the shipped ones share one of 8,192 byte-level BPE tokens.

    source: a folder, "littlebert", "littlegpt" or "littleboth", or a name on the hub (PUBLISHED ones are shipped), or
    what a `Family` finds and reads
    """
    if not Path(source).is_dir():  # a reader's folder comes before a name
        if str(source) in PUBLISHED:
            return Tokenizer(PUBLISHED[str(source)]())
        if str(source) in SHIPPED:
            return course_tokenizer()
    folder = find_weights(source)
    if (folder / "tokenizer.json").exists():
        return Tokenizer.from_file(folder / "tokenizer.json")
    for family in families():
        if family.reads(folder) and (tokenizer := family.load_tokenizer(folder)):
            return tokenizer
    raise ValueError(f"{folder} has no tokenizer.json: save_pretrained(model, folder, tokenizer=tokenizer) writes one")
