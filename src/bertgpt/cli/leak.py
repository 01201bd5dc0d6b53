"""The command `leak`: the leak meter on one of our models, or on any of transformers."""

from torch import Tensor

from ..device import get_device
from ..inference import leak_meter
from ..model.attention import KVCache
from ..model.bert import BERT
from ..weights.gguf import gguf_file
from ..weights.hub import find_weights
from ..weights.loading import load_model
from ..weights.pretrained import OWN, read_settings
from .use import MODEL


def add_command(commands) -> None:
    p = commands.add_parser("leak", help="find which tokens move which outputs of a model")
    p.set_defaults(run=run_leak)
    p.add_argument("model", help=f"{MODEL}, a config.json, or {leak_meter.TYPE}TYPE for tiny random models of a type")
    leak_meter.add_arguments(p)


def run_leak(args) -> int:
    """Print what the leak meter finds: -> 1 where a model does not read as expected, or was not measured, else 0."""
    device, named = get_device(args.device), {"expect": args.expect, "skip": args.skip}
    if not is_ours(args.model):
        return leak_meter.print_reports((m.to(device) for m in leak_meter.models_of(args.model)), **named)
    model = load_model(args.model)
    causal = not isinstance(model, BERT)  # a GPT, a Both or a Decoder: what `is_ours` lets through
    named |= {"cached": two_passes} if causal else {}
    named["expect"] = args.expect or ("triangle" if causal else "square")
    named["skip"] += ["left"] if isinstance(model, BERT) else []  # BERT refuses padding on the left
    return leak_meter.print_reports([model.to(device)], **named)


def is_ours(source: str) -> bool:
    """Tell whether `load_model` opens a source; the others are for transformers."""
    if source.startswith(leak_meter.TYPE) or source.endswith(".json"):
        return False
    folder = find_weights(source)
    settings = {} if gguf_file(folder) else read_settings(folder)
    return not settings or str(settings.get("model_type")).removeprefix(OWN) in ("bert", "gpt2")


def two_passes(model, ids: Tensor, mask: Tensor, split: int) -> list[Tensor]:
    """Read the first tokens, then the others beside the cached keys and values of the first: -> (B, T, V) each."""
    cache = [KVCache() for _ in model.blocks]
    first = model(ids[:, :split], attention_mask=mask[:, :split], cache=cache)
    return [first, model(ids[:, split:], attention_mask=mask, cache=cache)]
