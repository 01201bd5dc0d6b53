"""The command `leak`: which tokens move which outputs of a model, ours or any of transformers."""

from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from types import ModuleType

import torch

from ..device import get_device
from ..inference.audit import Measurement, audit, draw_text
from ..inference.probes import first_leak
from ..model.gpt import GPT
from ..model.modern import Decoder
from ..weights.gguf import gguf_file
from ..weights.hub import find_weights
from ..weights.loading import load_model
from ..weights.pretrained import OWN, read_settings
from .use import MODEL

TYPE = "transformers:"
# A tiny configuration, by the names of transformers; a type that has another name for one says so in its attribute_map.
SIZES = dict(
    vocab_size=100,
    max_position_embeddings=64,
    hidden_size=64,
    intermediate_size=64,
    moe_intermediate_size=64,
    num_hidden_layers=2,
    decoder_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    rotary_dim=16,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
)


def add_command(commands) -> None:
    """Add `leak` to the command line."""
    p = commands.add_parser("leak", help="find which tokens move which outputs of a model")
    p.set_defaults(run=run_leak)
    p.add_argument("model", help=f"{MODEL}, or {TYPE}TYPE for tiny random models of a type that transformers has")


def run_leak(args) -> int:
    """Print the audit of a model: -> 1 where a causal one leaks or a setting gives no numbers to compare, else 0."""
    device, failed = get_device(args.device), False
    for name, model in models_of(args.model):
        measurements = audit(model.to(device))
        print(report(name, model, measurements), end="\n\n")
        failed |= any(m.pattern == "not finite" for m in measurements)
        failed |= is_causal(model) and bool(measurements[0].leaks)
    return int(failed)


def models_of(source: str) -> Iterator[tuple[str, torch.nn.Module]]:
    """Load one of our models, or make or load one of transformers: -> what it is, the model."""
    if source.startswith(TYPE):
        yield from tiny_models(source.removeprefix(TYPE))
        return
    folder = find_weights(source)
    settings = {} if gguf_file(folder) else read_settings(folder)
    if not settings or str(settings.get("model_type")).removeprefix(OWN) in ("bert", "gpt2"):
        model = load_model(source)
        yield f"{type(model).__name__} from {source}", model
        return
    transformers, name = import_transformers(), settings.get("architectures", ["AutoModel"])[0]
    model = getattr(transformers, name).from_pretrained(folder, use_safetensors=True)
    yield f"{name} of transformers {version('transformers')} from {source}", model


def import_transformers() -> ModuleType:
    try:
        import transformers
    except ImportError:
        raise ValueError("this model needs transformers: pip install transformers") from None
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def tiny_models(kind: str) -> Iterator[tuple[str, torch.nn.Module]]:
    """Make tiny models of a type of transformers with random weights: its masked LM and its causal LM, if it has them.

    kind: a model_type, such as "llama" or "bert"; raises ValueError where transformers has none of it
    """
    transformers = import_transformers()
    from transformers.models.auto import modeling_auto

    tables = modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES, modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    library = f"transformers {version('transformers')}"
    if not any(kind in table for table in tables):
        pair = kind in modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES
        reason = ", which is an encoder-decoder" if pair else ""
        raise ValueError(f"{library} has no masked or causal language model of the type {kind!r}{reason}")
    for table, decoder in zip(tables, (False, True)):
        config = tiny_config(transformers.CONFIG_MAPPING[kind], is_decoder=decoder)
        if kind in table and (decoder or not config.is_encoder_decoder):
            torch.manual_seed(0)
            model = getattr(transformers, table[kind])(config).eval()
            yield f"{table[kind]} of {library}, tiny, with random weights", model


def tiny_config(make, **changes):
    """Make a configuration in which whatever sizes the type has are tiny, with a layer of every kind that it has."""
    default = make()
    kinds = getattr(default, "layer_types", None) or getattr(default, "layers_block_type", None) or []
    n_layers = next(n for n in range(len(kinds) + 1) if set(kinds[:n]) == set(kinds))
    wanted = SIZES | changes | {"num_hidden_layers": max(SIZES["num_hidden_layers"], n_layers)}
    sizes = {make.attribute_map.get(name, name): value for name, value in wanted.items()}
    computed = {name for name, value in vars(make).items() if isinstance(value, property)}
    sizes = {name: value for name, value in sizes.items() if hasattr(default, name) and name not in computed}
    try:
        return make(**sizes)
    except Exception as error:  # a type whose sizes depend on one another in its own way
        raise ValueError(f"no tiny {make.__name__} was found: {' '.join(str(error).split())}") from None


def is_causal(model) -> bool:
    """Whether a model is declared causal: it can generate, and its config does not disable the causal mask."""
    if hasattr(model, "can_generate"):  # a model of transformers
        return model.can_generate() and getattr(model.config, "is_causal", True)
    return isinstance(model, (GPT, Decoder))


def report(name: str, model, measurements: list[Measurement]) -> str:
    """Write one screen of text: the verdict, the pattern in each setting, and the worst of them."""
    ran, worst = [m for m in measurements if m.output_change is not None], measurements[0]
    patterns, leaks = Counter(m.pattern for m in ran), [max(m.leaks) for m in ran if m.leaks]
    causal = is_causal(model)
    lines = [f"{name}, declared {'causal' if causal else 'bidirectional'}"]
    if unmeasured := patterns.pop("not finite", 0):
        lines += [f"NOT MEASURED: in {unmeasured} of {len(ran)} settings an output is NaN or infinite."]
    if causal and leaks:
        extent = f"a later token moves an earlier output, by up to {max(leaks):.1e}"
        lines += [f"LEAK: in {len(leaks)} of {len(ran)} settings {extent}."]
        lines += [f"The first part to leak: {where(model, worst)}."]
    elif len(patterns) == 1:
        lines += [f"In each of {len(ran) - unmeasured} settings: {worst.pattern}."]
    else:
        lines += ["The settings differ: " + ", ".join(f"{shape} in {n}" for shape, n in patterns.items()) + "."]
    lines += [
        f"A change below {worst.tolerance:.0e} counts as rounding ({next(model.parameters()).dtype}).",
        "",
        f"{'attention':11}{'batch':7}{'cache':7}{'no padding':15}{'left':15}right",
    ]
    pattern_in = {(m.attention, m.batch_size, m.cached, m.padding): m.pattern for m in measurements}
    for attention, batch_size, cached in dict.fromkeys(setting[:3] for setting in sorted(pattern_in)):
        row = [pattern_in[attention, batch_size, cached, padding] for padding in ("none", "left", "right")]
        setting = f"{attention or '-':11}{batch_size:<7}{'yes' if cached else 'no':7}"
        lines += [setting + "".join(f"{shape:15}" for shape in row).rstrip()]
    lines += ["", f"Which token (column) moves which output (row): {describe(worst)}"]
    lines += [" " + " ".join("#" if moves else "." for moves in row) for row in worst.output_change > worst.tolerance]
    return "\n".join(lines)


def describe(setting: Measurement) -> str:
    """Describe the setting in which a model was run."""
    attention = f"{setting.attention} attention, " if setting.attention else ""
    padding = f"padding on the {setting.padding}, " if setting.padding != "none" else ""
    passes = "in two passes, with a cache" if setting.cached else "in one pass"
    return f"{attention}batch of {setting.batch_size}, {padding}{passes}"


def where(model, worst: Measurement) -> str:
    """Name the first part that leaks in the worst setting, but in one pass and without padding."""
    if worst.attention:
        model.set_attn_implementation(worst.attention)
    return first_leak(model, *draw_text(model), worst.batch_size, worst.tolerance) or "none in one pass"
