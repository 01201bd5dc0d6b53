"""Hugging Face checkpoints in and out: config.json and model.safetensors.

Two tables say which of our parameters is which of theirs; everything else is
checking, because a model that loads wrongly still produces numbers. Nothing
is unpickled: a folder with only a .bin file is refused.
"""

import json
import os
import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .bert import BERT, BERTForPreTraining
from .config import ACTIVATIONS, TransformerConfig
from .gpt import GPT
from .sources import find_weights

# Ours -> theirs. A dotted name stands for itself and all that begins with it.
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
    "blocks.{}.attention.qkv_proj": "transformer.h.{}.attn.c_attn",      # split below
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
BUFFERS = re.compile(r"(.*\.)?(position_ids|attn\.bias|attn\.masked_bias)")   # stored by old versions, never learned


def load_bert(source: str | Path) -> BERTForPreTraining | BERT:
    """Read a BERT: with its masked-LM head where the checkpoint has one, bare where not.

    source: "tinybert", a folder or a name on the hub, in the layout of BertModel, BertForMaskedLM or
    BertForPreTraining -> a model in evaluation mode, computing in float32
    Raises ValueError, naming file and field or tensor, rather than return a model that is silently wrong.
    """
    folder, settings = read_config(source, "bert", changes_the_mathematics={
        "position_embedding_type": "absolute", "is_decoder": False, "add_cross_attention": False})
    config = TransformerConfig.bert(
        vocab_size=settings["vocab_size"], max_len=settings["max_position_embeddings"],
        d_model=settings["hidden_size"], n_layers=settings["num_hidden_layers"],
        n_heads=settings["num_attention_heads"], d_ff=settings["intermediate_size"],
        n_segments=settings["type_vocab_size"], activation=activation(settings["hidden_act"], folder),
        norm_eps=settings.get("layer_norm_eps", 1e-12), dropout=settings.get("hidden_dropout_prob", 0.1),
        pad_id=settings.get("pad_token_id") or 0, tie_embeddings=settings.get("tie_word_embeddings", True))
    ours = rename(read_tensors(folder), BERT_NAMES, "bert.")
    model = (BERTForPreTraining if any(name.startswith("mlm_head") for name in ours) else BERT)(config)
    if not any(name.startswith("pooler") for name in ours):
        model.pooler = None
    if isinstance(model, BERTForPreTraining) and not any(name.startswith("nsp_head") for name in ours):
        model.nsp_head = None
    return fill(model, ours, folder)


def load_gpt(source: str | Path) -> GPT:
    """Read a GPT-2.

    source: "tinygpt", a folder or a name on the hub, in the layout of GPT2LMHeadModel
    -> a model in evaluation mode, computing in float32
    Raises ValueError, naming file and field or tensor, rather than return a model that is silently wrong.
    """
    folder, settings = read_config(source, "gpt2", changes_the_mathematics={
        "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False})
    config = TransformerConfig.gpt(
        vocab_size=settings["vocab_size"], max_len=settings["n_positions"], d_model=settings["n_embd"],
        n_layers=settings["n_layer"], n_heads=settings["n_head"],
        d_ff=settings.get("n_inner") or 4 * settings["n_embd"],
        activation=activation(settings.get("activation_function", "gelu_new"), folder),
        norm_eps=settings.get("layer_norm_epsilon", 1e-5), dropout=settings.get("resid_pdrop", 0.1),
        pad_id=settings.get("pad_token_id") or 0, tie_embeddings=settings.get("tie_word_embeddings", True))
    ours = rename(read_tensors(folder), GPT_NAMES, "transformer.")
    for name in [name for name in ours if TRANSPOSED.fullmatch(name)]:
        ours[name] = ours[name].T
    for name in [name for name in ours if ".qkv_proj." in name]:
        for part, tensor in zip("qkv", ours.pop(name).chunk(3)):
            ours[name.replace("qkv", part)] = tensor
    return fill(GPT(config), ours, folder)


def save_pretrained(model: BERT | GPT, directory: str | Path, dtype: torch.dtype = torch.float32) -> None:
    """Write config.json and model.safetensors as transformers reads them; tied weights are stored once.

    dtype: what the file stores, float16 halves it; whoever loads it computes in float32 all the same
    """
    config, tied = model.config, TIED if model.config.tie_embeddings else set()
    ours = {name: tensor for name, tensor in model.state_dict().items() if name not in tied}
    if isinstance(model, GPT):
        for name in [name for name in ours if ".q_proj." in name]:
            parts = [ours.pop(name.replace("q_proj", f"{part}_proj")) for part in "qkv"]
            ours[name.replace("q_proj", "qkv_proj")] = torch.cat(parts)
        ours = {name: t.T if TRANSPOSED.fullmatch(name) else t for name, t in ours.items()}
        settings = {
            "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": config.vocab_size,
            "n_positions": config.max_len, "n_embd": config.d_model, "n_layer": config.n_layers,
            "n_head": config.n_heads, "n_inner": config.d_ff, "activation_function": config.activation,
            "layer_norm_epsilon": config.norm_eps, "resid_pdrop": config.dropout, "embd_pdrop": config.dropout,
            "attn_pdrop": config.dropout, "bos_token_id": None, "eos_token_id": None}
    else:
        heads = {"mlm": getattr(model, "mlm_head", None), "nsp": getattr(model, "nsp_head", None)}
        kind = "BertForPreTraining" if heads["nsp"] else "BertForMaskedLM" if heads["mlm"] else "BertModel"
        settings = {
            "model_type": "bert", "architectures": [kind], "vocab_size": config.vocab_size,
            "max_position_embeddings": config.max_len, "hidden_size": config.d_model,
            "num_hidden_layers": config.n_layers, "num_attention_heads": config.n_heads,
            "intermediate_size": config.d_ff, "type_vocab_size": config.n_segments, "hidden_act": config.activation,
            "layer_norm_eps": config.norm_eps, "hidden_dropout_prob": config.dropout,
            "attention_probs_dropout_prob": config.dropout}
    settings |= {"pad_token_id": config.pad_id, "tie_word_embeddings": config.tie_embeddings, "dtype": "float32"}
    table = GPT_NAMES if isinstance(model, GPT) else BERT_NAMES
    theirs = {translate(name, table): tensor.to(dtype).contiguous() for name, tensor in ours.items()}
    if "cls.predictions.decoder.bias" in theirs:
        theirs["cls.predictions.bias"] = theirs.pop("cls.predictions.decoder.bias")
    if settings["architectures"] == ["BertModel"]:
        theirs = {name.removeprefix("bert."): tensor for name, tensor in theirs.items()}
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    save_file(theirs, directory / "model.safetensors.part", metadata={"format": "pt"})
    (directory / "config.json.part").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    for name in ("model.safetensors", "config.json"):
        os.replace(directory / f"{name}.part", directory / name)


def read_config(source: str | Path, model_type: str, changes_the_mathematics: dict) -> tuple[Path, dict]:
    """Find the folder and read its config.json, refusing what our classes do not compute."""
    folder = find_weights(source)
    path = folder / "config.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a model's configuration: {error}") from None
    if settings.get("model_type") != model_type:
        raise ValueError(f"{path} describes a {settings.get('model_type')!r} model, not a {model_type!r} one")
    for field, ours in changes_the_mathematics.items():
        if settings.get(field, ours) != ours:
            raise ValueError(f"{path}: {field} is {settings[field]!r}, but this model computes {ours!r} only")
    return folder, settings


def activation(name: str, folder: Path) -> str:
    """Accept an activation that our feed-forward network has."""
    if name not in ACTIVATIONS:
        raise ValueError(f"{folder / 'config.json'}: activation {name!r} is not one of {', '.join(ACTIVATIONS)}")
    return name


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


def translate(name: str, table: dict[str, str]) -> str:
    """Rename one parameter: the longest part of the name that the table knows is replaced."""
    stem, leaf = name.rsplit(".", 1)
    numbers = re.findall(r"\.(\d+)\.", stem)
    return table[re.sub(r"\.\d+\.", ".{}.", stem)].format(*numbers) + "." + leaf


def rename(theirs: dict[str, Tensor], names: dict[str, str], prefix: str) -> dict[str, Tensor]:
    """Give every tensor our name, dropping buffers and heads of other kinds."""
    table = {other: own for own, other in names.items()}
    ours = {}
    for name, tensor in theirs.items():
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
        name = name.replace("cls.predictions.bias", "cls.predictions.decoder.bias")
        if BUFFERS.fullmatch(name):
            continue
        for candidate in (name, prefix + name):
            try:
                ours[translate(candidate, table)] = tensor
                break
            except (KeyError, ValueError):
                continue
        else:
            if name.startswith((prefix, "embeddings.", "encoder.", "h.")):
                raise ValueError(f"the checkpoint holds {name}, which this architecture does not have")
    return ours


def fill(model, ours: dict[str, Tensor], folder: Path):
    """Copy the tensors into the model, refusing what is missing or has another shape."""
    if model.config.tie_embeddings:
        for name in TIED & ours.keys():
            if not torch.equal(ours[name], ours["embeddings.token.weight"]):
                raise ValueError(f"{folder}: {name} differs from the embeddings though config.json says they are tied")
    expected = model.state_dict()
    for name, tensor in expected.items():
        if name in TIED and model.config.tie_embeddings:
            ours[name] = ours.get("embeddings.token.weight", tensor)
        if name not in ours:
            raise ValueError(f"{folder / 'model.safetensors'} has no tensor for {name}")
        if ours[name].shape != tensor.shape:
            raise ValueError(f"{folder / 'model.safetensors'}: {name} has shape {tuple(ours[name].shape)}, "
                             f"config.json asks for {tuple(tensor.shape)}")
    model.load_state_dict({name: ours[name] for name in expected})
    return model.eval()
