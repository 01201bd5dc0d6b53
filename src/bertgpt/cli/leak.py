"""The command `leak`: which tokens move which outputs of a model, ours or any of transformers."""

from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from types import ModuleType

import torch

from ..device import device_of, get_device
from ..inference.audit import Cell, audit, draw_text, vocabulary
from ..inference.probes import first_leak
from ..model.gpt import GPT
from ..weights.hub import find_weights
from ..weights.pretrained import load_model, read_settings
from .use import MODEL

TYPE = "transformers:"
# A tiny configuration, by the names that the types of transformers use for their sizes.
SIZES = dict(
    vocab_size=100,
    max_position_embeddings=64,
    n_positions=64,
    n_ctx=64,
    max_seq_len=64,
    hidden_size=64,
    n_embd=64,
    d_model=64,
    embedding_size=64,
    input_embedding_size=64,
    output_embedding_size=64,
    word_embed_proj_dim=64,
    intermediate_size=64,
    n_inner=64,
    ffn_dim=64,
    decoder_ffn_dim=64,
    moe_intermediate_size=64,
    num_hidden_layers=2,
    n_layer=2,
    n_layers=2,
    num_layers=2,
    decoder_layers=2,
    num_attention_heads=4,
    n_head=4,
    n_heads=4,
    num_heads=4,
    decoder_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    rotary_dim=16,
    chunk_size=4,
    mamba_chunk_size=4,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
    attention_type="original_full",
)


def add_command(commands) -> None:
    """Add `leak` to the command line."""
    p = commands.add_parser("leak", help="find which tokens move which outputs of a model")
    p.set_defaults(run=run_leak)
    p.add_argument("model", help=f"{MODEL}, or {TYPE}TYPE for tiny random models of a type that transformers has")


def run_leak(args) -> int:
    """Print what the leak meter finds in a model: -> 1 where one that calls itself causal leaks, else 0."""
    device, leaks = get_device(args.device), False
    for name, model in models_of(args.model):
        cells = audit(model.to(device))
        print(report(name, model, cells), end="\n\n")
        leaks |= is_causal(model) and bool(cells[0].leaks)
    return int(leaks)


def models_of(source: str) -> Iterator[tuple[str, torch.nn.Module]]:
    """Load one of our models, or make or load one of transformers: -> what it is, the model."""
    if source.startswith(TYPE):
        yield from tiny_models(source.removeprefix(TYPE))
        return
    folder = find_weights(source)
    settings = read_settings(folder)
    if settings.get("model_type") in ("bert", "gpt2"):
        model = load_model(source)
        yield f"{type(model).__name__} from {source}", model
        return
    transformers, name = import_transformers(), settings.get("architectures", ["AutoModel"])[0]
    yield (
        f"{name} of transformers {version('transformers')} from {source}",
        getattr(transformers, name).from_pretrained(folder, use_safetensors=True),
    )


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
    if not any(kind in table for table in tables):
        raise ValueError(f"transformers {version('transformers')} has no language model of the type {kind!r}")
    for table, decoder in zip(tables, (False, True)):
        config = tiny_config(transformers.CONFIG_MAPPING[kind], is_decoder=decoder)
        if kind in table and (decoder or not config.is_encoder_decoder):
            torch.manual_seed(0)
            model = getattr(transformers, table[kind])(config).eval()
            yield f"{table[kind]} of transformers {version('transformers')}, tiny, with random weights", model


def tiny_config(make, **changes):
    """Make a configuration in which whatever sizes the type has are tiny."""
    known = make()
    fixed = {name for name, value in vars(make).items() if isinstance(value, property)}  # computed, not set
    sizes = {name: value for name, value in (SIZES | changes).items() if hasattr(known, name) and name not in fixed}
    try:
        return make(**sizes)
    except Exception as error:  # a type whose sizes depend on one another in its own way
        raise ValueError(f"no tiny {make.__name__} was found: {' '.join(str(error).split())}") from None


def is_causal(model) -> bool:
    """Say whether a model calls itself causal: it offers to continue a text, and no setting opens its mask."""
    if isinstance(model, GPT) or not hasattr(model, "can_generate"):
        return isinstance(model, GPT)
    return model.can_generate() and getattr(model.config, "is_causal", True)


def report(name: str, model, cells: list[Cell]) -> str:
    """Write one screen of text: the verdict, what each way to run the model shows, and the worst of them."""
    ran, worst, causal = [cell for cell in cells if cell.moved is not None], cells[0], is_causal(model)
    found = Counter(cell.pattern for cell in ran)
    lines = [f"{name}, which calls itself {'causal' if causal else 'bidirectional'}"]
    if causal and worst.leaks:
        leaking = [max(cell.leaks) for cell in ran if cell.leaks]
        lines += [
            f"LEAK: in {len(leaking)} of {len(ran)} ways to run it a later token moves an earlier output, "
            f"by up to {max(leaking):.1e}.",
            f"The first part to leak: {where(model, worst)}.",
        ]
    elif len(found) == 1:
        lines += [f"In each of {len(ran)} ways to run it: {worst.pattern}."]
    else:
        lines += ["The ways to run it differ: " + ", ".join(f"{shape} in {n}" for shape, n in found.items()) + "."]
    lines += [
        f"A change below {worst.tolerance:.0e} counts as rounding ({next(model.parameters()).dtype}).",
        "",
        f"{'attention':11}{'batch':7}{'cache':7}{'no padding':15}{'left':15}right",
    ]
    cells_by_way = {(cell.attention, cell.batch_size, cell.cached, cell.padding): cell for cell in cells}
    for attention, batch_size, cached in dict.fromkeys(way[:3] for way in sorted(cells_by_way)):
        shapes = [cells_by_way[attention, batch_size, cached, side].pattern for side in ("none", "left", "right")]
        lines += [
            f"{attention or '-':11}{batch_size:<7}{'yes' if cached else 'no':7}"
            + "".join(f"{shape:15}" for shape in shapes).rstrip()
        ]
    lines += ["", f"Which token (column) moves which output (row): {way_of(worst)}"]
    lines += [" " + " ".join("#" if moves else "." for moves in row) for row in worst.moved > worst.tolerance]
    return "\n".join(lines)


def way_of(cell: Cell) -> str:
    """Describe one way to run a model."""
    parts = [f"{cell.attention} attention"] if cell.attention else []
    parts += [f"batch of {cell.batch_size}"] + ([f"padding on the {cell.padding}"] if cell.padding != "none" else [])
    return ", ".join(parts + ["in two passes, with a cache" if cell.cached else "in one pass"])


def where(model, worst: Cell) -> str:
    """Name the first part of a model that leaks, as it runs in its worst way, but in one pass and without padding."""
    if worst.attention:
        model.set_attn_implementation(worst.attention)
    ids, replacement_id = draw_text(vocabulary(model), device_of(model))
    return first_leak(model, ids, replacement_id, worst.batch_size, worst.tolerance) or "none in one pass"
