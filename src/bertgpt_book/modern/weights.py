"""Open the models since 2019: ModernBERT, its decoder, Llama (also from GGUF), Qwen 3 and Gemma 3.

Their configurations came in two layouts, theirs of today and of the files on the hub; both are read.
What `bertgpt_book.modern.model` does not compute is refused by its name.
"""

import math
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from bertgpt.weights.build import build
from bertgpt.weights.conversion import BERT_FIELDS, Dialect, map_config, require
from bertgpt.weights.hub import find_weights
from bertgpt.weights.pretrained import WEIGHTS, read_settings, read_tensors

from .gguf import gguf_file, load_gguf
from .model import Decoder, Encoder, Modern, ModernConfig

AnyModern = TypeVar("AnyModern", bound=Modern)

# Ours -> theirs: the fields of a configuration. `plain_settings` adds those that have our names on both sides.
FIELDS = {name: BERT_FIELDS[name] for name in ("vocab_size", "max_len", "d_model", "n_layers", "n_heads", "d_ff")}
FIELDS |= {name: name for name in ("activation", "pattern", "window", "theta", "local_theta")}
FIELDS["tie_embeddings"] = BERT_FIELDS["tie_embeddings"]
MODERNBERT_FIELDS = FIELDS | {"norm_eps": "norm_eps", "bias": "attention_bias", "head_bias": "decoder_bias"}
LLAMA_FIELDS = FIELDS | {"norm_eps": "rms_norm_eps", "n_kv_heads": "num_key_value_heads", "d_head": "head_dim"}

# Ours -> theirs: the modules that hold parameters. {} is the number of the layer.
MODERNBERT_NAMES = {
    "embeddings.token": "model.embeddings.tok_embeddings",
    "embedding_norm": "model.embeddings.norm",
    "blocks.{}.norm1": "model.layers.{}.attn_norm",
    "blocks.{}.attention.qkv_proj": "model.layers.{}.attn.Wqkv",  # cut in three below
    "blocks.{}.attention.q_proj": "model.layers.{}.attn.q_proj",  # the decoder's three
    "blocks.{}.attention.k_proj": "model.layers.{}.attn.k_proj",
    "blocks.{}.attention.v_proj": "model.layers.{}.attn.v_proj",
    "blocks.{}.attention.out_proj": "model.layers.{}.attn.Wo",
    "blocks.{}.norm2": "model.layers.{}.mlp_norm",
    "blocks.{}.feedforward.gate_up_proj": "model.layers.{}.mlp.Wi",  # cut in two below
    "blocks.{}.feedforward.down_proj": "model.layers.{}.mlp.Wo",
    "final_norm": "model.final_norm",
    "lm_head.dense": "head.dense",
    "lm_head.norm": "head.norm",
    "lm_head.decoder": "decoder",
}
DECODER_NAMES = MODERNBERT_NAMES | {"lm_head.dense": "lm_head.dense", "lm_head.norm": "lm_head.norm"}
LLAMA_NAMES = {
    "embeddings.token": "model.embed_tokens",
    "blocks.{}.norm1": "model.layers.{}.input_layernorm",
    "blocks.{}.attention.q_proj": "model.layers.{}.self_attn.q_proj",
    "blocks.{}.attention.k_proj": "model.layers.{}.self_attn.k_proj",
    "blocks.{}.attention.v_proj": "model.layers.{}.self_attn.v_proj",
    "blocks.{}.attention.out_proj": "model.layers.{}.self_attn.o_proj",
    "blocks.{}.norm2": "model.layers.{}.post_attention_layernorm",
    "blocks.{}.feedforward.gate_proj": "model.layers.{}.mlp.gate_proj",
    "blocks.{}.feedforward.up_proj": "model.layers.{}.mlp.up_proj",
    "blocks.{}.feedforward.down_proj": "model.layers.{}.mlp.down_proj",
    "final_norm": "model.norm",
    "lm_head.decoder": "lm_head",
}
QWEN_NAMES = LLAMA_NAMES | {
    "blocks.{}.attention.q_norm": "model.layers.{}.self_attn.q_norm",
    "blocks.{}.attention.k_norm": "model.layers.{}.self_attn.k_norm",
}
GEMMA_NAMES = QWEN_NAMES | {
    "blocks.{}.out_norm1": "model.layers.{}.post_attention_layernorm",  # Llama's name for norm2
    "blocks.{}.norm2": "model.layers.{}.pre_feedforward_layernorm",
    "blocks.{}.out_norm2": "model.layers.{}.post_feedforward_layernorm",
}

# What their configurations leave out, and the settings that would change the mathematics.
MODERNBERT = partial(
    ModernConfig, rms_norm=False, activation="gelu", embedding_norm=True, head_transform=True, head_bias=True
)
LLAMA = partial(ModernConfig, norm_eps=1e-6, tie_embeddings=False)
QWEN = partial(LLAMA, qk_norm=True, d_head=128)
GEMMA = partial(LLAMA, qk_norm=True, d_head=256, norm_at="both", activation="gelu_new")
COMPUTED: dict[str, Any] = {
    "is_causal": True,
    "quantization_config": None,
    "attn_logit_softcapping": None,
    "final_logit_softcapping": None,
}
NO_BIAS = COMPUTED | {"attention_bias": False, "mlp_bias": False}
DIALECTS = {
    kind: Dialect(kind, preset, fields, names, "model.", computed, config=ModernConfig)
    for kind, preset, fields, names, computed in [
        ("modernbert", MODERNBERT, MODERNBERT_FIELDS, MODERNBERT_NAMES, COMPUTED),
        ("modernbert-decoder", MODERNBERT, MODERNBERT_FIELDS, DECODER_NAMES, COMPUTED),
        ("llama", LLAMA, LLAMA_FIELDS, LLAMA_NAMES, NO_BIAS),
        ("qwen3", QWEN, LLAMA_FIELDS, QWEN_NAMES, NO_BIAS),
        ("gemma3_text", GEMMA, LLAMA_FIELDS, GEMMA_NAMES, NO_BIAS),
    ]
}


def load_modern(source: str | Path) -> Encoder | Decoder:
    """Read a ModernBERT or its decoder, a Llama, a Qwen 3 or a Gemma 3 for text.

    source: "smollm2", a GGUF file of a Llama, or a folder or a name on the hub, in the layout of their models
    with a language-model head
    -> an Encoder for ModernBERT and for a bidirectional Gemma 3, else a Decoder; in evaluation mode,
    computing in float32
    Raises ValueError, naming file and field or tensor, for what is not computed here.
    """
    folder = find_weights(source)
    if file := gguf_file(folder):
        return load_gguf(file)
    settings, path = read_settings(folder), folder / "config.json"
    kind = str(settings.get("model_type"))
    if kind not in DIALECTS:
        raise ValueError(f"{path} describes a {kind!r} model, not one of {', '.join(DIALECTS)}")
    try:
        config = map_config(plain_settings(settings), DIALECTS[kind])
        scalar = require(settings, "query_pre_attn_scalar") if kind == "gemma3_text" else None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    ours = split_fused(read_tensors(folder, DIALECTS[kind]))
    if scalar is not None:
        ours = fold_scales(ours, config, scalar)
    encodes = kind == "modernbert" or settings.get("use_bidirectional_attention")
    return build(Encoder if encodes else Decoder, config, ours, folder / WEIGHTS)


def share_weights(model: Modern, kind: type[AnyModern]) -> AnyModern:
    """Make an Encoder or a Decoder of another's weights. They are shared, not copied: only the mask differs."""
    with torch.device("meta"):  # shapes alone: the weights are there already
        other = kind(model.config)
    other.load_state_dict(model.state_dict(keep_vars=True), assign=True)
    return other.train(model.training)


def plain_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Add what is spread over several settings under our own names: pattern, window, thetas, activation."""
    kind = settings["model_type"]
    activation = settings.get("hidden_activation" if "hidden_activation" in settings else "hidden_act")
    activation = "gelu_new" if activation == "gelu_pytorch_tanh" else activation
    plain = settings | read_thetas(settings) | {"pattern": read_pattern(settings), "activation": activation}
    if "L" in plain["pattern"]:
        plain["window"] = read_window(settings)
    if kind == "gemma3_text":
        plain["tie_word_embeddings"] = False  # the embeddings are scaled, the vocabulary projection is not
    if kind.startswith("modernbert"):
        switches = ("attention_bias", "mlp_bias", "norm_bias", "classifier_bias")
        if len({settings.get(name, False) for name in switches}) > 1:
            raise ValueError(f"{', '.join(switches)} differ, but this model has one switch for all of them")
        if settings.get("classifier_activation", activation) != activation:
            raise ValueError("classifier_activation is not hidden_activation, but this model has one for both")
    return plain


def read_thetas(settings: dict[str, Any]) -> dict[str, Any]:
    """Read the thetas of global and local layers: in rope_parameters, one for all layers or one per kind, or apart."""
    of_kind = {
        "modernbert": ("global_rope_theta", "local_rope_theta"),
        "gemma3_text": ("rope_theta", "rope_local_base_freq"),
    }
    names = of_kind.get(settings["model_type"].removesuffix("-decoder"), ("rope_theta", "rope_theta"))
    if settings["model_type"] == "llama":
        settings = {"rope_theta": 10_000.0} | settings  # Llama 2's files leave it out
    ropes, thetas = settings.get("rope_parameters") or {}, {}
    for ours, layers, old_name in zip(("theta", "local_theta"), ("full_attention", "sliding_attention"), names):
        rope = ropes.get(layers) or ropes
        for scaling in (rope, settings.get("rope_scaling") or {}):
            how = scaling.get("rope_type", scaling.get("type", "default"))
            if how != "default" or scaling.get("partial_rotary_factor", 1) != 1:
                raise ValueError(f"rope scaling {scaling}, but this model computes the plain angles only")
        thetas[ours] = rope.get("rope_theta") or require(settings, old_name)
    return thetas


def read_pattern(settings: dict[str, Any]) -> str:
    """Read which layers are global and which local, one letter per layer, or one period of them."""
    kind, letters = settings["model_type"], {"full_attention": "G", "sliding_attention": "L"}
    if types := settings.get("layer_types"):
        if unknown := set(types) - letters.keys():
            raise ValueError(f"layer_types holds {unknown.pop()!r}, but this model computes {', '.join(letters)} only")
        return "".join(letters[each] for each in types)
    if kind.startswith("modernbert"):
        return "G" + "L" * (require(settings, "global_attn_every_n_layers") - 1)
    if kind == "gemma3_text":
        every = settings.get("sliding_window_pattern") or require(settings, "_sliding_window_pattern")
        return "L" * (every - 1) + "G"
    if kind == "qwen3" and settings.get("use_sliding_window"):
        n_global = min(require(settings, "max_window_layers"), settings["num_hidden_layers"])
        return "G" * n_global + "L" * (settings["num_hidden_layers"] - n_global)
    return "G"


def read_window(settings: dict[str, Any]) -> int:
    """Read how far a local layer sees on each side, not counting the token itself. They count in four ways."""
    if settings["model_type"] == "modernbert":
        return require(settings, "local_attention") // 2  # both sides together
    if settings["model_type"] == "modernbert-decoder":
        return require(settings, "local_attention") // 2 - 1  # half of that, and the token itself
    if settings.get("use_bidirectional_attention"):
        return require(settings, "sliding_window") // 2  # both sides together
    return require(settings, "sliding_window") - 1  # one side, and the token itself


def split_fused(ours: dict[str, Tensor]) -> dict[str, Tensor]:
    """Cut ModernBERT's fused matrices. What its code calls the gate is the half without the activation."""
    ours, parts = dict(ours), {"qkv_proj": ("q_proj", "k_proj", "v_proj"), "gate_up_proj": ("gate_proj", "up_proj")}
    for fused, names in parts.items():
        for name in [name for name in ours if f".{fused}." in name]:
            for part, tensor in zip(names, ours.pop(name).chunk(len(names))):
                ours[name.replace(fused, part)] = tensor
    return ours


def fold_scales(ours: dict[str, Tensor], config: ModernConfig, scalar: float) -> dict[str, Tensor]:
    """Put Gemma's constants into its weights, in float32.

    Its norms multiply by 1 + w, its embeddings by sqrt(D); its scores are divided by sqrt(scalar).
    """
    token = ours["embeddings.token.weight"]
    folded = {"lm_head.decoder.weight": token} | {
        name: 1 + tensor.float() if "norm" in name else tensor for name, tensor in ours.items()
    }
    folded["embeddings.token.weight"] = token.float() * math.sqrt(config.d_model)
    for name in folded:
        if name.endswith("q_norm.weight"):
            folded[name] = folded[name] * math.sqrt(config.d_head / scalar)
    return folded
