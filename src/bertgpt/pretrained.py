"""Hugging Face checkpoints in and out: config.json and model.safetensors.

conversion.py knows which of our names is which of theirs; most of what is here is
checking: a model that loads wrongly still produces numbers. Nothing is unpickled.
"""

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .assets import SHIPPED
from .conversion import (
    BERT_FIELDS,
    BERT_NAMES,
    GPT_FIELDS,
    GPT_NAMES,
    SIZES,
    TIED,
    join_projections,
    map_name,
    map_names,
    split_projections,
)
from .hub import find_weights
from .model.bert import BERT, BERTForPreTraining
from .model.config import TransformerConfig
from .model.gpt import GPT
from .text.tokenizer import PUBLISHED, Tokenizer, course_tokenizer


def load_bert(source: str | Path) -> BERTForPreTraining | BERT:
    """Read a BERT: with its masked-LM head where the checkpoint has one, bare where not.

    source: "tinybert", a folder or a name on the hub, in the layout of BertModel, BertForMaskedLM or
    BertForPreTraining -> a model in evaluation mode, computing in float32
    Raises ValueError, naming file and field or tensor, rather than return a model that is silently wrong.
    """
    folder = find_weights(source)
    config = read_config(folder, "bert", BERT_FIELDS, TransformerConfig.bert, changes_the_mathematics={
        "position_embedding_type": "absolute", "is_decoder": False, "add_cross_attention": False})
    ours = map_names(read_tensors(folder), BERT_NAMES, "bert.")
    parts = {name.split(".")[0] for name in ours}
    model = (BERTForPreTraining if "mlm_head" in parts else BERT)(config)
    if "pooler" not in parts:
        model.pooler = None
    if "mlm_head" in parts and "nsp_head" not in parts:
        model.nsp_head = None
    return load_into(model, ours, folder)


def load_gpt(source: str | Path) -> GPT:
    """Read a GPT-2.

    source: "tinygpt", a folder or a name on the hub, in the layout of GPT2LMHeadModel
    -> a model in evaluation mode, computing in float32
    Raises ValueError, naming file and field or tensor, rather than return a model that is silently wrong.
    """
    folder = find_weights(source)
    config = read_config(folder, "gpt2", GPT_FIELDS, TransformerConfig.gpt, changes_the_mathematics={
        "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False})
    ours = split_projections(map_names(read_tensors(folder), GPT_NAMES, "transformer."))
    return load_into(GPT(config), ours, folder)


def save_pretrained(model: BERT | GPT, directory: str | Path, dtype: torch.dtype = torch.float32) -> None:
    """Write config.json and model.safetensors as transformers reads them; tied weights are stored once.

    dtype: what the file stores, float16 halves it; whoever loads it computes in float32 all the same
    """
    config, tied = model.config, TIED if model.config.tie_embeddings else set()
    ours = {name: tensor for name, tensor in model.state_dict().items() if name not in tied}
    if isinstance(model, GPT):
        names, fields, kind = GPT_NAMES, GPT_FIELDS, "GPT2LMHeadModel"
        settings = {"model_type": "gpt2", "embd_pdrop": config.dropout, "attn_pdrop": config.dropout,
                    "bos_token_id": None, "eos_token_id": None}
        ours = join_projections(ours)
    else:
        names, fields = BERT_NAMES, BERT_FIELDS
        settings = {"model_type": "bert", "attention_probs_dropout_prob": config.dropout}
        kind = ("BertModel" if not isinstance(model, BERTForPreTraining) else
                "BertForPreTraining" if model.nsp_head else "BertForMaskedLM")
    settings |= {theirs: getattr(config, field) for field, theirs in fields.items()}
    settings |= {"architectures": [kind], "dtype": "float32"}
    theirs = {map_name(name, names): tensor.to(dtype).contiguous() for name, tensor in ours.items()}
    if "cls.predictions.decoder.bias" in theirs:                       # it has a second name; tied, only that one
        theirs["cls.predictions.bias"] = theirs["cls.predictions.decoder.bias"].clone()
        if config.tie_embeddings:
            del theirs["cls.predictions.decoder.bias"]
    if kind == "BertModel":
        theirs = {name.removeprefix("bert."): tensor for name, tensor in theirs.items()}
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    save_file(theirs, directory / "model.safetensors.part", metadata={"format": "pt"})
    (directory / "config.json.part").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    for name in ("model.safetensors", "config.json"):
        os.replace(directory / f"{name}.part", directory / name)


def read_config(folder: Path, model_type: str, fields: dict[str, str], preset, changes_the_mathematics: dict):
    """Read config.json into a TransformerConfig, refusing what our classes do not compute."""
    path = folder / "config.json"
    try:
        settings = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path} cannot be read as a model's configuration: {error}") from None
    if settings.get("model_type") != model_type:
        raise ValueError(f"{path} describes a {settings.get('model_type')!r} model, not a {model_type!r} one")
    for field, ours in changes_the_mathematics.items():
        if settings.get(field, ours) != ours:
            raise ValueError(f"{path}: {field} is {settings[field]!r}, but this model computes {ours!r} only")
    if model_type == "gpt2" and settings.get("n_inner") is None and "n_embd" in settings:
        settings["n_inner"] = 4 * settings["n_embd"]                   # what GPT-2 means by leaving it out
    known = {ours: settings[theirs] for ours, theirs in fields.items() if settings.get(theirs) is not None}
    for size in SIZES & fields.keys() - known.keys():
        raise ValueError(f"{path} does not say {fields[size]}")
    for field, value in known.items():
        kind = TransformerConfig.__annotations__[field]
        if type(value) is not kind and (kind, type(value)) != (float, int):
            raise ValueError(f"{path}: {fields[field]} is {value!r}, which is no {kind.__name__}")
    try:
        return preset(**known)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Read model.safetensors, as float32."""
    path = folder / "model.safetensors"
    if not path.exists():
        binary = "; it has a pickled .bin file, which is never opened: convert it" if [*folder.glob("*.bin")] else ""
        raise ValueError(f"{folder} has no model.safetensors{binary}")
    try:
        return {name: tensor.float() for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is damaged: {error}") from None


def load_into(model, ours: dict[str, Tensor], folder: Path):
    """Copy the tensors into the model, refusing what is missing or has another shape."""
    expected, path = model.state_dict(), folder / "model.safetensors"
    tied = ["embeddings.token.weight", *(TIED & expected.keys())] if model.config.tie_embeddings else []
    stored = [ours[name] for name in tied if name in ours]             # one of them is enough, whichever it is
    for name in tied if stored else []:
        if not torch.equal(ours.setdefault(name, stored[0]), stored[0]):
            raise ValueError(f"{path}: {name} differs from the embeddings though config.json ties them")
    for name in [n for n in ours if n not in expected and n.startswith(("embeddings.", "blocks."))]:
        raise ValueError(f"{path} holds {name}, which config.json leaves no place for")
    for name, tensor in expected.items():
        if name not in ours:
            raise ValueError(f"{path} has no tensor for {name}")
        if ours[name].shape != tensor.shape:
            raise ValueError(f"{path}: {name} is {tuple(ours[name].shape)}, config.json says {tuple(tensor.shape)}")
    model.load_state_dict({name: ours[name] for name in expected})
    return model.eval()


def load_tokenizer(source: str | Path = "tinybert") -> Tokenizer:
    """Read the vocabulary that belongs to a checkpoint; the shipped pair share one of 8,192 byte-level BPE tokens.

    source: "tinybert" or "tinygpt", a folder or a name on the hub; PUBLISHED ones are in the package
    """
    if source in PUBLISHED:
        return Tokenizer(PUBLISHED[source]())
    if source in SHIPPED:
        return course_tokenizer()
    return Tokenizer.from_file(find_weights(source) / "tokenizer.json")
