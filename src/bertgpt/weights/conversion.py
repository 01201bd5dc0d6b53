"""Our names beside Hugging Face's: which field and which parameter is which, and how to map them.

No file is opened here. What their configurations leave out is as in the published models.
"""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from ..model.config import TransformerConfig
from ..model.validation import as_kind

# Ours -> theirs: the fields of a configuration.
BERT_FIELDS = {
    "vocab_size": "vocab_size",
    "max_len": "max_position_embeddings",
    "d_model": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "d_ff": "intermediate_size",
    "n_segments": "type_vocab_size",
    "activation": "hidden_act",
    "norm_eps": "layer_norm_eps",
    "dropout": "hidden_dropout_prob",
    "pad_id": "pad_token_id",
    "tie_embeddings": "tie_word_embeddings",
}
GPT_FIELDS = {
    "vocab_size": "vocab_size",
    "max_len": "n_positions",
    "d_model": "n_embd",
    "n_layers": "n_layer",
    "n_heads": "n_head",
    "d_ff": "n_inner",
    "activation": "activation_function",
    "norm_eps": "layer_norm_epsilon",
    "dropout": "resid_pdrop",
    "pad_id": "pad_token_id",
    "tie_embeddings": "tie_word_embeddings",
}
SIZES = {"vocab_size", "max_len", "d_model", "n_layers", "n_heads", "d_ff", "n_segments"}  # never guessed

# Ours -> theirs: the modules that hold parameters. {} is the number of the layer.
BERT_NAMES = {
    "embeddings.token": "bert.embeddings.word_embeddings",
    "embeddings.position": "bert.embeddings.position_embeddings",
    "embeddings.segment": "bert.embeddings.token_type_embeddings",
    "embedding_norm": "bert.embeddings.LayerNorm",
    "blocks.{}.attention.q_proj": "bert.encoder.layer.{}.attention.self.query",
    "blocks.{}.attention.k_proj": "bert.encoder.layer.{}.attention.self.key",
    "blocks.{}.attention.v_proj": "bert.encoder.layer.{}.attention.self.value",
    "blocks.{}.attention.out_proj": "bert.encoder.layer.{}.attention.output.dense",
    "blocks.{}.norm1": "bert.encoder.layer.{}.attention.output.LayerNorm",
    "blocks.{}.feedforward.up_proj": "bert.encoder.layer.{}.intermediate.dense",
    "blocks.{}.feedforward.down_proj": "bert.encoder.layer.{}.output.dense",
    "blocks.{}.norm2": "bert.encoder.layer.{}.output.LayerNorm",
    "pooler.dense": "bert.pooler.dense",
    "mlm_head.dense": "cls.predictions.transform.dense",
    "mlm_head.norm": "cls.predictions.transform.LayerNorm",
    "mlm_head.decoder": "cls.predictions.decoder",
    "nsp_head.classifier": "cls.seq_relationship",
}
GPT_NAMES = {
    "embeddings.token": "transformer.wte",
    "embeddings.position": "transformer.wpe",
    "blocks.{}.norm1": "transformer.h.{}.ln_1",
    "blocks.{}.attention.qkv_proj": "transformer.h.{}.attn.c_attn",  # split and joined below
    "blocks.{}.attention.out_proj": "transformer.h.{}.attn.c_proj",
    "blocks.{}.norm2": "transformer.h.{}.ln_2",
    "blocks.{}.feedforward.up_proj": "transformer.h.{}.mlp.c_fc",
    "blocks.{}.feedforward.down_proj": "transformer.h.{}.mlp.c_proj",
    "final_norm": "transformer.ln_f",
    "lm_head.decoder": "lm_head",
}
TIED = {"mlm_head.decoder.weight", "lm_head.decoder.weight"}
# GPT-2 keeps these as (in, out), transposed, in a layer it calls Conv1D. torch's Linear keeps (out, in).
TRANSPOSED = re.compile(r"blocks\.\d+\.(attention\.(qkv|out)_proj|feedforward\.(up|down)_proj)\.weight")
OLD_NAMES = {
    "LayerNorm.gamma": "LayerNorm.weight",
    "LayerNorm.beta": "LayerNorm.bias",
    "cls.predictions.bias": "cls.predictions.decoder.bias",
}
# Stored by old versions, never learned.
BUFFERS = re.compile(r"(.*\.)?(position_ids|attn\.bias|attn\.masked_bias|rotary_emb\.inv_freq)")


@dataclass(frozen=True)
class Dialect:
    """Describe how Hugging Face stores one kind of model."""

    model_type: str
    preset: Callable[..., Any]  # what its configurations leave out
    fields: dict[str, str]
    names: dict[str, str]
    prefix: str  # of the body's names, which some files leave out
    computed: dict[str, Any]  # fields that change the mathematics -> the value we implement
    dropouts: tuple[str, ...] = ()  # their other fields of a dropout, where we have one for all
    unpack: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict  # cuts what they store as one tensor
    config: type = TransformerConfig  # what `preset` makes


def map_config(settings: dict[str, Any], dialect: Dialect) -> Any:
    """Turn the settings of a config.json into the config that the dialect names; ValueError, naming the field."""
    for name, value in dialect.computed.items():
        if settings.get(name, value) != value:
            raise ValueError(f"{name} is {settings[name]!r}, but this model computes {value!r} only")
    known = {ours: settings[theirs] for ours, theirs in dialect.fields.items() if settings.get(theirs) is not None}
    for field in dataclasses.fields(dialect.config):
        if field.name in known:
            known[field.name] = as_kind(dialect.fields[field.name], known[field.name], cast(type, field.type))
    for other in dialect.dropouts:
        if settings.get(other, 0.1) != known.get("dropout", 0.1):
            raise ValueError(f"{other} is not {dialect.fields['dropout']}, but this model has one dropout for both")
    if dialect.model_type == "gpt2" and "d_model" in known:
        known.setdefault("d_ff", 4 * known["d_model"])  # what GPT-2 means by leaving it out
    for size in sorted(SIZES & dialect.fields.keys() - known.keys()):
        raise ValueError(f"{dialect.fields[size]} is missing")
    return dialect.preset(**known)


def map_name(name: str, table: dict[str, str]) -> str:
    """Rename one parameter by a table of modules' names: -> its new name, or "" where the table has none.

    >>> map_name("blocks.3.norm1.bias", GPT_NAMES)
    'transformer.h.3.ln_1.bias'
    """
    module, leaf = name.rpartition(".")[::2]
    renamed = table.get(re.sub(r"\.\d+\.", ".{}.", module), "")
    return renamed and f"{renamed}.{leaf}".format(*re.findall(r"\.(\d+)\.", module))


def require(settings: dict[str, Any], name: str) -> Any:
    """Look up a setting that is never guessed."""
    if settings.get(name) is None:
        raise ValueError(f"{name} is missing")
    return settings[name]


def map_names(theirs: dict[str, Any], names: dict[str, str], prefix: str = "") -> dict[str, Any]:
    """Rename every tensor of a checkpoint to ours, dropping buffers; ValueError for one that we have no place for."""
    table = {their_name: our_name for our_name, their_name in names.items()}
    ours = {}
    for name, tensor in theirs.items():
        for old, new in OLD_NAMES.items():
            name = name.replace(old, new)
        if our_name := map_name(name, table) or map_name(prefix + name, table):
            ours[our_name] = tensor
        elif not BUFFERS.fullmatch(name):
            raise ValueError(f"it holds {name}, which this architecture does not have")
    return ours


def split_projections(ours: dict[str, Tensor]) -> dict[str, Tensor]:
    """Transpose GPT-2's matrices to (out, in), and cut its one projection into q, k and v."""
    ours = {name: tensor.transpose(0, -1) if TRANSPOSED.fullmatch(name) else tensor for name, tensor in ours.items()}
    for name in [name for name in ours if ".qkv_proj." in name and ours[name].dim()]:
        for part, tensor in zip("qkv", ours.pop(name).chunk(3)):
            ours[name.replace("qkv", part)] = tensor
    return ours


def join_projections(ours: dict[str, Tensor]) -> dict[str, Tensor]:
    """Undo `split_projections`: q, k and v in one projection, and its matrices (in, out)."""
    ours = dict(ours)
    for name in [name for name in ours if ".q_proj." in name]:
        parts = [ours.pop(name.replace("q_proj", f"{part}_proj")) for part in "qkv"]
        ours[name.replace("q_proj", "qkv_proj")] = torch.cat(parts)
    return {name: tensor.T if TRANSPOSED.fullmatch(name) else tensor for name, tensor in ours.items()}


HF_BERT = Dialect(
    "bert",
    TransformerConfig.bert,
    BERT_FIELDS,
    BERT_NAMES,
    "bert.",
    {"position_embedding_type": "absolute", "is_decoder": False, "add_cross_attention": False},
    ("attention_probs_dropout_prob",),
)
HF_GPT2 = Dialect(
    "gpt2",
    TransformerConfig.gpt,
    GPT_FIELDS,
    GPT_NAMES,
    "transformer.",
    {"scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False},
    ("embd_pdrop", "attn_pdrop"),
    split_projections,
)
