"""Which tokens move which outputs of a model? A leak meter in one file that needs nothing but torch.

Replace one token after another, and watch which outputs move: row t of the table is an output, column s a token.
The model runs in every way that it offers: attention eager and fused (sdpa), one text and a batch, dropout, a cache,
padding on either side. The shape must be the expected one, and the same in all. What cannot be measured is no pass.

    square      each output reads every token: an encoder
    triangle    each output reads its own token and those before it: a decoder
    prefix, band, two-sided band, or one of a width: "prefix of 3"
    all         a text's only output (a score, a vector) reads every token

    python leak_meter.py transformers:llama          tiny random models of a type of transformers
    python leak_meter.py FOLDER --expect square      a config.json, with weights or without

With pytest:  def test_the_mask(): assert_reads(model, "triangle")
"""

import argparse
import copy
import inspect
import os
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WAYS = ("eager", "sdpa", "one text", "a batch", "dropout", "cache", "no padding", "left", "right")  # that --skip names
TYPE = "transformers:"
N_TOKENS, N_PADDING, SPLIT = 7, 2, 4  # the cache holds the padding on the left and the first four tokens
# Copies of a text, and how many are read at once. Dropout may hide a token from one copy, not from sixteen.
MODES = {"one text": (1, 1), "a batch": (1, None), "dropout": (16, 16), "cache": (1, None)}
ROUNDING = 16 * torch.finfo(torch.float32).eps  # a change smaller than this part of the longest output is none


class Way(NamedTuple):
    """A way to run a model, and how far each output moved in it."""

    setting: tuple[str, ...]  # attention, mode, padding
    change: Any = None  # (T, T), or (1, T) where a text has one output
    tolerance: float = 0.0  # a smaller change is rounding
    problem: str = ""  # why nothing was measured

    @property
    def shape(self) -> str:
        return pattern(self.change > self.tolerance) if self.change is not None else "not measured"

    def __str__(self) -> str:
        return f"{', '.join(filter(None, self.setting))}: {self.problem or self.shape}"


def shapes(n_outputs: int, n_tokens: int) -> dict[str, Tensor]:
    """Draw the shapes that have a name: -> name -> (n_outputs, n_tokens) bool."""
    place = torch.arange(n_tokens)
    back = place[:, None] - place  # how far token s lies before output t      (T, T)
    if n_outputs == 1 < n_tokens:
        return {"all": back[:1] < n_tokens}
    named = {"square": back < n_tokens, "triangle": back >= 0}
    # A prefix of one token is a triangle, and the widest bands are a triangle and a square.
    named |= {f"prefix of {n}": (back >= 0) | (place < n) for n in range(2, n_tokens)}
    named |= {f"band of {n}": (back >= 0) & (back < n) for n in range(1, n_tokens)}
    named |= {f"two-sided band of {n}": back.abs() <= n for n in range(1, n_tokens - 1)}
    return named


def pattern(mask: Tensor) -> str:
    """Name the shape of a mask or of `leakage` > 0, or the tokens that a text's only output leaves unread.

    >>> pattern(torch.ones(4, 4, dtype=torch.bool).tril())
    'triangle'
    """
    unread = [str(s) for s, read in enumerate(mask[0].tolist(), start=1) if not read]
    other = f"unread {' '.join(unread)}" if len(mask) == 1 else "mixed"
    return next((name for name, shape in shapes(*mask.shape).items() if mask.cpu().equal(shape)), other)


@torch.no_grad()
def leakage(read: Callable, tokens: Tensor, replacement: Any, copies: int = 1, batch_size: int | None = None) -> Tensor:
    """Measure how far each output moves when each token is replaced by another, in the copy where it moves farthest.

    read: ids (B, T) -> (B, T, D), or (B, 1, D) where a text has one output; tokens: (T,) -> (T, T), or (1, T)
    """
    changed = tokens.repeat(len(tokens), *[1] * tokens.dim())  # (T, T)
    for s in range(len(tokens)):
        changed[s, s] = replacement  # row s is the text with token s replaced
    texts = torch.cat([tokens[None], changed]).repeat_interleave(copies, dim=0)  # ((1 + T) copies, T)
    # The unchanged text goes through the very same arithmetic: in one batch, or in batches of one shape.
    outputs = torch.cat([read(batch) for batch in texts.split(batch_size or len(texts))])
    outputs = outputs.unflatten(0, (-1, copies))  # (1 + T, copies, T, D)
    return (outputs[1:] - outputs[:1]).norm(dim=-1).amax(dim=1).T  # (T, T)


def text_config(model):
    config: Any = getattr(model, "config", None)
    return config.get_text_config(decoder=True) if hasattr(config, "get_text_config") else config


def draw_text(model: nn.Module) -> Tensor:
    """Draw 8 different tokens from the middle of a model's vocabulary, away from special ones: -> (8,) int."""
    tables = [module.num_embeddings for module in model.modules() if isinstance(module, nn.Embedding)]
    size = getattr(text_config(model), "vocab_size", None) or (tables or [0])[0]
    if size <= N_TOKENS:
        raise ValueError(f"a vocabulary of {size} tokens is too small: give {N_TOKENS + 1} different ones as tokens=")
    middle = max(size // 2, N_TOKENS + 1)
    return torch.randperm(middle, generator=torch.Generator().manual_seed(0))[: N_TOKENS + 1] + (size - middle) // 2


def declared(model) -> str | None:
    """Say which shape a model of transformers declares, by its configuration, its head or its type."""
    config: Any = text_config(model)
    if not hasattr(model, "can_generate"):
        return None
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES as MASKED

    encoder, pair = MASKED.get(config.model_type), getattr(config, "is_encoder_decoder", False)
    if getattr(config, "is_causal", None) is False or getattr(config, "use_bidirectional_attention", False):
        return "square"
    if model.can_generate() and (pair or encoder != type(model).__name__):
        return "triangle"
    return "square" if (encoder or pair) and not getattr(config, "is_decoder", False) else None


def call(model, ids: Tensor, mask: Tensor | None, **named):
    """Run a model on a batch; an encoder-decoder gets it in its decoder, beside a text that never changes."""
    side = "decoder_" if "decoder_input_ids" in inspect.signature(model.forward).parameters else ""
    named |= {f"{side}attention_mask": mask} if mask is not None else {}
    if side:
        return model(input_ids=ids.new_full((len(ids), 3), 5), decoder_input_ids=ids, **named)
    return model(ids, **named)


def two_passes(model, ids: Tensor, mask: Tensor, split: int) -> list:
    """Read the first tokens, then the others beside the cache of the first, as in transformers: -> both results."""
    first = call(model, ids[:, :split], mask[:, :split], use_cache=True)
    return [first, call(model, ids[:, split:], mask, **{cache_name(first): first[cache_name(first)]})]


def cache_name(result) -> Any:
    names = result.keys() if isinstance(result, dict) else ()
    return next((name for name in ("cache", "past_key_values") if name in names), None)


def first_tensor(result) -> Tensor:
    while not isinstance(result, Tensor):
        result = next(iter(result.values())) if isinstance(result, dict) else result[0]
    return result


def measure(model, setting: tuple[str, ...], tokens: Tensor, cached: Callable) -> Way:
    """Measure a model in one way to run it, or say why it cannot be."""
    attention, mode, padding = setting
    before, after = [N_PADDING * (padding == side) for side in ("left", "right")]
    pad_id, lengths = getattr(text_config(model), "pad_token_id", None) or 0, []

    def read(ids: Tensor) -> Tensor:
        torch.manual_seed(0)  # so that two texts meet the same dropout
        # F.pad counts from the last dimension: what follows the tokens' (vectors instead of ids, say) stays as it is.
        padded = F.pad(ids, [0, 0] * (ids.dim() - 2) + [before, after], value=pad_id)  # (B, S)
        mask = F.pad(torch.ones(ids.shape[:2], dtype=torch.long, device=ids.device), [before, after])  # (B, S)
        if mode == "cache":
            output = torch.cat([first_tensor(part) for part in cached(model, padded, mask, before + SPLIT)], dim=1)
        else:
            output = first_tensor(call(model, padded, mask if before + after else None))
        output = output.cpu().double()  # (B, S, D), (B, S), or whatever a text's only output is
        by_token = output.shape[:2] == padded.shape[:2]
        output = output[:, before : before + ids.size(1)].flatten(2) if by_token else output.reshape(len(ids), 1, -1)
        lengths.append(output.norm(dim=-1).max())
        return output

    try:
        if attention:
            model.set_attn_implementation(attention)
        model.train(mode == "dropout")
        change = leakage(read, tokens[:-1], tokens[-1], *MODES[mode])
    except Exception as error:  # whatever somebody else's model raises
        return Way(setting, problem=" ".join(f"{type(error).__name__}: {error}".split()))
    if not change.isfinite().all():
        return Way(setting, problem="an output is NaN or infinite")
    return Way(setting, change, ROUNDING * max(lengths).item())


def has_dropout(model: nn.Module) -> bool:
    settings = ((module, *field) for module in model.modules() for field in vars(module).items())
    return any(isinstance(p, float) and p > 0 and ("drop" in n or isinstance(m, nn.Dropout)) for m, n, p in settings)


@torch.no_grad()
def has_cache(model, tokens: Tensor) -> bool:
    try:
        return cache_name(call(model, tokens[None], None, use_cache=True)) is not None
    except Exception:  # whatever somebody else's model raises: it takes no such argument
        return False


def audit(model, expect=None, *, tokens=None, cached: Callable = two_passes, skip=()) -> list[Way]:
    """Measure a copy of a model, in float32, in every way that its `forward` offers: -> the ways, the worst first.

    expect: a shape; None takes what the model declares; tokens: (T + 1, ...), the last to replace the others
    cached: like `two_passes`, for another cache; skip: ways to leave out, such as "left"
    Raises ValueError where nothing can be measured.
    """
    expect, model = expect or declared(model), copy.deepcopy(model).float()
    tokens = draw_text(model) if tokens is None else tokens
    tokens = tokens.to(next((p.device for p in model.parameters()), "cpu"))
    kinds = ["eager", "sdpa"][: 1 + getattr(model, "_supports_sdpa", 0)]
    modes = ["one text", "a batch"] + ["dropout"] * has_dropout(model)
    if expect is None or expect.startswith(("triangle", "band")):  # only then can a cache be right
        modes += ["cache"] * (cached is not two_passes or has_cache(model, tokens))
    has_mask = {"attention_mask", "decoder_attention_mask"} & inspect.signature(model.forward).parameters.keys()
    sides = ["no padding", "left", "right"] if has_mask else ["no padding"]
    settings = product(kinds if hasattr(model, "set_attn_implementation") else [""], modes, sides)
    with torch.random.fork_rng():
        ways = [measure(model, setting, tokens, cached) for setting in settings if not {*setting} & {*skip}]
    if all(way.problem for way in ways):
        raise ValueError(f"{type(model).__name__} can be measured in no way: {ways[0].problem}")
    return sorted(ways, key=lambda way: (bool(way.problem), -sum(wrong_cells(way, expect))))


def wrong_cells(way: Way, expect: str | None) -> tuple[int, int]:
    """Count the cells of a table that are open but should be closed, and closed but should be open."""
    if way.change is None:
        return 0, 0
    moved, named = way.change > way.tolerance, shapes(*way.change.shape)
    allowed = [s for name, s in named.items() if name in (expect, "all") or name.startswith(f"{expect} of ")]
    if expect and not allowed:
        known = ", ".join(
            dict.fromkeys(name.replace(" of 2", " of N") for name in named if name[-1:] not in "13456789")
        )
        raise ValueError(f"{len(moved)} outputs of {moved.size(1)} tokens have no shape called {expect!r}: {known}")
    return min(((int((moved & ~s).sum()), int((s & ~moved).sum())) for s in allowed), key=sum, default=(0, 0))


def faults(ways: list[Way], expect: str | None) -> list[str]:
    """Say what is wrong with a model: -> a line for each kind of fault, the worst first."""
    found: dict[str, list[Way]] = {}
    for way in ways:
        n_open, n_closed = wrong_cells(way, expect)
        for fault in ["OPEN"] * (n_open > 0) + ["CLOSED"] * (n_closed > 0) + ["NOT MEASURED"] * bool(way.problem):
            found.setdefault(fault, []).append(way)
    lines = [f"{fault} in {len(those)} of {len(ways)} ways. The worst: {those[0]}" for fault, those in found.items()]
    counts = Counter(way.shape for way in ways if not way.problem)
    several = ", ".join(f"{shape} in {n}" for shape, n in counts.items())
    return lines + [f"NOT THE SAME in all ways: {several}"] * (len(counts) > 1)


def parts(model, expect: str | None) -> Iterator[tuple[nn.Module, str | None]]:
    """Give a model with the shape that is expected of it; an encoder-decoder is two."""
    yield model, expect or declared(model)
    if "decoder_input_ids" in inspect.signature(model.forward).parameters:
        yield model.get_encoder(), "square"


def print_reports(models: Iterable[nn.Module], expect: str | None = None, **named) -> int:
    """Audit models, and print what is found: -> 1 where something is wrong, else 0."""
    failed = False
    for part, shape in (pair for model in models for pair in parts(model, expect)):
        ways = audit(part, shape, **named)
        failed |= bool(faults(ways, shape))
        print(report(part, ways, shape), end="\n\n")
    return int(failed)


def report(model, ways: list[Way], expect: str | None) -> str:
    """Write the verdict, the shape in each way, and the worst table."""
    lines = [f"{type(model).__name__}, expected: {expect or 'the same shape in all ways'}"]
    lines += faults(ways, expect) or [f"In each of {len(ways)} ways: {ways[0].shape}"]
    lines += ["", *map(str, sorted(ways, key=lambda way: way.setting))]
    lines += ["", f"Which token (column) moves which output (row) in {', '.join(filter(None, ways[0].setting))}:"]
    lines += [" ".join(".#"[moves] for moves in row) for row in (ways[0].change > ways[0].tolerance).tolist()]
    return "\n".join(lines)


def assert_reads(model, expect: str | None = None, **named) -> None:
    """Assert that a model reads as expected, in every way to run it; takes what `audit` takes."""
    ways, expect = audit(model, expect, **named), expect or declared(model)
    assert not faults(ways, expect), report(model, ways, expect)


SIZES = dict(vocab_size=100, hidden_size=64, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2)
SIZES |= dict(encoder_layers=2, decoder_layers=2, num_decoder_layers=2, rotary_dim=16, pad_token_id=0)
SIZES |= dict(encoder_attention_heads=4, decoder_attention_heads=4, d_head=16, num_experts=4, num_experts_per_tok=2)
SIZES |= dict(linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=16, linear_value_head_dim=16)


def tiny_config(make, **changes):
    """Make a type's own configuration with tiny sizes, and as many layers as it takes to have one of every kind."""
    default = make()
    kinds = getattr(default, "layer_types", None) or getattr(default, "layers_block_type", None) or []
    n_layers = next(n for n in range(len(kinds) + 1) if {*kinds[:n]} == {*kinds})
    sizes = SIZES | changes | {"num_hidden_layers": max(2, n_layers)}
    computed = {name for name in sizes if isinstance(getattr(make, name, None), property)}
    sizes = {name: size for name, size in sizes.items() if hasattr(default, name) and name not in computed}
    inner = {name: getattr(default, name, None) for name in getattr(make, "sub_configs", ())}
    return make(**sizes, **{name: tiny_config(type(part)) for name, part in inner.items() if part is not None})


def tiny_models(kind: str) -> Iterator[nn.Module]:
    """Make tiny random models of a type of transformers: a masked and a causal language model, an encoder-decoder."""
    import transformers
    from transformers.models.auto import modeling_auto as auto

    transformers.logging.set_verbosity_error()
    causal = auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    tables = auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES, causal, auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES
    names = dict.fromkeys(table[kind] for table in tables if kind in table)
    if not names:
        raise ValueError(f"transformers {transformers.__version__} has no language model of the type {kind!r}")
    for name in names:
        try:
            config = tiny_config(transformers.CONFIG_MAPPING[kind], is_decoder=name == causal.get(kind))
            torch.manual_seed(0)
            model = getattr(transformers, name)(config).eval()
        except Exception as error:  # each type checks its sizes in its own way
            raise ValueError(f"no tiny {kind} can be made, give a config.json: {error}") from error
        yield model


def models_of(source: str) -> Iterator[nn.Module]:
    """Make tiny models of a type, make one from a config.json, or load one from a folder or the hub."""
    if source.startswith(TYPE):
        yield from tiny_models(source.removeprefix(TYPE))
        return
    if not os.path.exists(source) and (source.endswith(".json") or source.startswith((".", "/", "~"))):
        raise ValueError(f"{source} does not exist")
    if not os.path.exists(source) and "HF_HUB_OFFLINE" not in os.environ:
        try:
            urllib.request.urlopen(os.environ.get("HF_ENDPOINT", "https://huggingface.co"), timeout=5).close()
        except urllib.error.HTTPError:
            pass  # an answer
        except OSError:
            os.environ["HF_HUB_OFFLINE"] = "1"  # or the hub's library would try again for half a minute
    import transformers

    config = transformers.AutoConfig.from_pretrained(source)
    kind = getattr(transformers, (config.architectures or ["AutoModel"])[0])
    yield kind(config) if source.endswith(".json") else kind.from_pretrained(source, use_safetensors=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--expect", help="square, triangle, prefix, band, ...; default: what the model declares")
    parser.add_argument(
        "--skip", nargs="*", default=[], choices=WAYS, help="ways to leave out, such as left, cache or sdpa"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Find which tokens move which outputs of a model.")
    parser.add_argument("model", help=f"{TYPE}TYPE, a config.json, a folder, or a name on the hub")
    add_arguments(parser)
    args = parser.parse_args()
    try:
        return print_reports(models_of(args.model), args.expect, skip=args.skip)
    except (ImportError, OSError, ValueError) as error:
        said = " ".join(str(error).split())
        print("leak_meter:", said if args.model in said else f"{args.model}: {said}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
