"""Open whichever model a checkpoint holds."""

from pathlib import Path

from ..model.bert import BERT
from ..model.both import Both
from ..model.gpt import GPT
from ..model.modern import Decoder, Encoder
from ..model.pretraining import BERTForPreTraining
from .gguf import gguf_file
from .hub import find_weights
from .modern import DIALECTS, load_modern
from .pretrained import BOTH_ORDERS, OWN, load_bert, load_both, load_gpt, read_settings


def load_model(source: str | Path) -> BERTForPreTraining | BERT | GPT | Both | Encoder | Decoder:
    """Read whichever model a checkpoint holds, by the loader for the kind that it names.

    source: "tinybert", "tinygpt", "tinyboth", "smollm2", a folder, a GGUF file or a name on the hub
    -> a model in evaluation mode, computing in float32
    Raises ValueError, naming the file, for a kind of model that is not implemented here.
    """
    found = find_weights(source)
    if gguf_file(found):
        return load_modern(found)
    settings = read_settings(found)
    kind = "both" if settings.get("orders") == BOTH_ORDERS else str(settings.get("model_type")).removeprefix(OWN)
    loaders = {"bert": load_bert, "gpt2": load_gpt, "both": load_both} | dict.fromkeys(DIALECTS, load_modern)
    if kind not in loaders:
        raise ValueError(f"{found / 'config.json'} describes a {kind!r} model, not one of {', '.join(loaders)}")
    return loaders[kind](found)
