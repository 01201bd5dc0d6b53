"""Open whichever model a checkpoint holds."""

from pathlib import Path
from typing import Any

from ..text.tokenizer import Tokenizer
from .families import families
from .hub import find_weights
from .pretrained import BOTH_ORDERS, OWN, load_bert, load_both, load_gpt, read_settings

LOADERS = {"bert": load_bert, "gpt2": load_gpt, "both": load_both}  # what config.json names -> its loader


def load_model(source: str | Path) -> Any:
    """Read whichever model a checkpoint holds, by the loader for the kind that it names.

    source: "littlebert", "littlegpt", "littleboth", a folder or a name on the hub, or what a `Family` finds and reads
    -> a model in evaluation mode, computing in float32
    Raises ValueError, naming the file, for a kind of model that is not implemented here.
    """
    found = find_weights(source)
    path = found / "config.json"
    settings = read_settings(found) if path.exists() else {}
    kind = "both" if settings.get("orders") == BOTH_ORDERS else str(settings.get("model_type")).removeprefix(OWN)
    if kind in LOADERS:
        return LOADERS[kind](found)
    for family in families():
        if family.reads(found):
            return family.load(found)
    read_settings(found)  # refuses what is no configuration at all
    raise ValueError(f"{path} describes a {kind!r} model, not one of {', '.join(LOADERS)}")


def as_filler(source: str | Path, model: Any, tokenizer: Tokenizer) -> tuple[Any, Tokenizer]:
    """Make a published decoder fill blanks where its family knows how; any other model stays as it is."""
    fillers = {name: make for family in families() for name, make in family.fillers.items()}
    return fillers[str(source)](model, tokenizer) if str(source) in fillers else (model, tokenizer)
