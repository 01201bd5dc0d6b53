"""The cost calculator: what a model of any size costs to keep, to train and to run.

L layers, D d_model, F d_ff, V vocabulary, T tokens of context, B rows of a batch, H heads of queries,
G of keys and values, K d_head.
"""

import math
from functools import cache
from typing import Any

import torch
import traitlets

from bertgpt.model.config import TINY, TransformerConfig
from bertgpt.model.gpt import GPT
from bertgpt.model.pretraining import BERTForPreTraining

from ..modern.model import Decoder, Encoder, ModernConfig
from .base import StaticWidget, module, style

# Devlin et al. 2019, section 3; Radford et al. 2019, table 2; Hoffmann et al. 2022, table 4.
PRICED_MODELS = {
    "BERT, tiny": TransformerConfig.bert(**TINY),
    "GPT, tiny": TransformerConfig.gpt(**TINY),
    "BERT-base": TransformerConfig.bert(),
    "GPT-2 XL": TransformerConfig.gpt(d_model=1600, n_layers=48, n_heads=25, d_ff=6400),
    "GPT in the shape of Chinchilla": TransformerConfig.gpt(
        vocab_size=32000, max_len=2048, d_model=8192, n_layers=80, n_heads=64, d_ff=32768
    ),
}
# As their configurations say; a test compares their numbers of parameters with those that are published.
PRICED_SINCE: dict[str, tuple[type, ModernConfig]] = {
    "ModernBERT-base": (
        Encoder,
        ModernConfig(
            vocab_size=50368,
            max_len=8192,
            d_model=768,
            n_layers=22,
            n_heads=12,
            d_ff=1152,
            rms_norm=False,
            activation="gelu",
            pattern="GLL",
            window=64,
            embedding_norm=True,
            head_transform=True,
            head_bias=True,
        ),
    ),
    "Qwen3-8B": (
        Decoder,
        ModernConfig(
            vocab_size=151936,
            max_len=32768,
            d_model=4096,
            n_layers=36,
            n_heads=32,
            d_ff=12288,
            n_kv_heads=8,
            d_head=128,
            qk_norm=True,
            tie_embeddings=False,
        ),
    ),
}
STATE = 16  # bytes a parameter in training: the weight, its gradient and Adam's two averages, 4 each
# Bytes that a layer keeps for the backward pass, in units of D a token, where F = 4 D, without dropout: 16 numbers of
# four bytes; or, with products in bfloat16, the inputs of the two norms in four and 16 numbers in two, because the
# output of the first norm is kept for queries, keys and values each.
SAVED = {False: 16 * 4, True: 2 * 4 + 16 * 2}
MASK_RATE = 0.15  # share of its tokens that BERT predicts
YEAR = 31557600  # seconds
SECONDS = {"billion years": 1e9 * YEAR, "million years": 1e6 * YEAR, "years": YEAR, "days": 86400}
SECONDS |= {"h": 3600, "min": 60, "s": 1}


@cache
def sizes_of(config: TransformerConfig | ModernConfig, kind: type = Decoder) -> dict[str, Any]:
    """List the sizes that decide what BERT with the heads of its training, GPT, or a `kind` of today costs.

    queries, keys: H K and G K numbers of a token; matrices: of the feed-forward network; local: how many
    layers are, near: how many tokens one of them sees
    """
    made = kind
    if isinstance(config, TransformerConfig):
        made = GPT if config.norm_first else BERTForPreTraining
    with torch.device("meta"):  # shapes without numbers
        model = made(config)
    sizes = {
        "kind": "GPT" if made in (GPT, Decoder) else "BERT",
        "layers": config.n_layers,
        "width": config.d_model,
        "inner": config.d_ff,
        "vocabulary": config.vocab_size,
        "positions": config.max_len,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    if isinstance(config, TransformerConfig):
        return sizes | {"queries": config.d_model, "keys": config.d_model, "matrices": 2, "local": 0, "near": 0}
    H, G, K = config.heads
    return sizes | {
        "queries": H * K,
        "keys": G * K,
        "matrices": 3 if config.gated else 2,
        "local": model.kinds.count("L"),
        "near": 1 + (2 if kind is Encoder else 1) * config.window,
    }


def costs(
    sizes: dict, *, context: int, rows: int, tokens: int, devices: int, speed: int, sharded: bool, bfloat16: bool
) -> dict[str, float | None]:
    """Compute what a model costs, by the page's own formulas.

    context: T; rows: B; tokens: to train on; speed: FLOP/s of one device; bfloat16: for the products of training
    -> bytes: weights (2 each, for inference), state, activations, device (the last two, on each device),
    cache (2 a number, one text of T tokens; None for BERT); FLOP: training, read (one text of T tokens),
    write (one more token after T); seconds: training. The activations are those of the blocks, without the
    logits; the texts of a batch are shared out among the devices, one text is not.
    """
    kind, width, count = sizes["kind"], sizes["width"], sizes["parameters"]
    layers, local, queries, keys = (sizes[name] for name in ("layers", "local", "queries", "keys"))
    attended = (layers - local) * context + local * min(context, sizes["near"])  # tokens, in all layers
    # FLOP for one token: of all blocks, attending to T tokens, and of the head; BERT's has one more layer.
    stack = layers * width * (4 * (queries + keys) + 2 * sizes["matrices"] * sizes["inner"]) + 4 * queries * attended
    head = 2 * width * (sizes["vocabulary"] + (width if kind == "BERT" else 0))
    state = STATE * count
    activations = SAVED[bfloat16] * layers * width * rows * context
    training = 3 * tokens * (stack + head * (1 if kind == "GPT" else MASK_RATE))
    return {
        "parameters": count,
        "weights": 2 * count,
        "state": state,
        "activations": activations,
        "device": (state / devices if sharded else state) + activations / rows * math.ceil(rows / devices),
        "cache": 4 * keys * attended if kind == "GPT" else None,
        "training": training,
        "seconds": training / (devices * speed),
        "read": context * stack,
        "write": (stack if kind == "GPT" else context * stack) + head,
    }


def short(x: float) -> str:
    """Write a number from 1 to 1,000 with three digits, halves rounded up."""
    scale = 100 if x < 10 else 10 if x < 100 else 1
    return f"{math.floor(x * scale + 0.5) / scale:g}"


def amount(x: float, unit: str) -> str:
    """Write a number with an SI prefix.

    >>> amount(124_439_808, "B"), amount(1.5e21, "FLOP"), amount(12, "B")
    ('124 MB', '1.5 ZFLOP', '12 B')
    """
    power = 0
    while x >= 1000 and power < 8:
        x, power = x / 1000, power + 1
    return f"{short(x)} {' kMGTPEZY'[power].strip()}{unit}"


def duration(seconds: float) -> str:
    """Write a time in a suitable unit.

    >>> duration(7200), duration(3e9)
    ('2 h', '95.1 years')
    """
    if seconds < 1:
        return "under 1 s"
    unit, length = next((unit, length) for unit, length in SECONDS.items() if seconds >= length)
    return f"{short(seconds / length)} {unit}"


class CostCalculator(StaticWidget):
    """Choose a model, a text and some devices, and read what it costs to train and to use.

    The activations leave out the logits: in training V numbers for each token that is predicted, all
    tokens for GPT and 15 % for BERT.
    """

    _esm = module("cost_calculator.js")
    _css = style("costs.css")

    label = traitlets.Unicode("Cost calculator").tag(sync=True)
    models = traitlets.List(traitlets.List(), help="[name, what `sizes_of` gives] each").tag(sync=True)
    model = traitlets.Int(0, min=0, help="index of the model that is shown").tag(sync=True)
    context = traitlets.Int(7, min=5, max=17, help="tokens of a text: a power of 2").tag(sync=True)
    rows = traitlets.Int(5, min=0, max=11, help="texts in a batch: a power of 2").tag(sync=True)
    tokens = traitlets.Int(14, min=12, max=27, help="tokens to train on: 1, 3, 10, 30, ...").tag(sync=True)
    devices = traitlets.Int(0, min=0, max=13, help="how many: a power of 2").tag(sync=True)
    speed = traitlets.Int(21, min=18, max=30, help="FLOP/s of each device: 1, 3, 10, 30, ...").tag(sync=True)
    sharded = traitlets.Bool(False, help="whether each device holds a share of the state").tag(sync=True)
    bfloat16 = traitlets.Bool(True, help="whether training does its products in bfloat16").tag(sync=True)

    def __init__(self, **traits):
        models = [[name, sizes_of(config)] for name, config in PRICED_MODELS.items()]
        models += [[name, sizes_of(config, kind)] for name, (kind, config) in PRICED_SINCE.items()]
        super().__init__(models=models, **traits)
