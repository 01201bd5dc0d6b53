"""Open whichever model a checkpoint holds."""

from pathlib import Path

from ..model.bert import BERT
from ..model.both import Both
from ..model.gpt import GPT
from ..model.modern import Decoder, Encoder, OpenDecoder
from ..model.pretraining import BERTForPreTraining
from ..text.tokenizer import Tokenizer
from ..training.adapters import load_adapter
from .gguf import gguf_file
from .hub import SMOLLM2, find_weights
from .modern import DIALECTS, load_modern, share_weights
from .pretrained import BOTH_ORDERS, OWN, load_bert, load_both, load_gpt, read_settings

FILLERS = {SMOLLM2: "smollm2-square"}  # a decoder -> the shipped adapter with which it fills blanks


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


def open_mask(decoder: Decoder, tokenizer: Tokenizer, adapter: str | Path) -> tuple[OpenDecoder, Tokenizer]:
    """Open a decoder's mask, with an adapter that has learned to fill blanks beside its weights.

    adapter: a file, or the name of a shipped one
    -> the opened model, which shares the decoder's weights; the decoder computes what it did, but is frozen. And the
    vocabulary with a [MASK]: the token that stood for a blank when the adapter learned.
    Raises ValueError, naming the adapter, when it belongs to other weights or has no vector for a blank.
    """
    opened = share_weights(decoder, OpenDecoder)
    token = load_adapter(opened, adapter).token
    if token is None:
        raise ValueError(f"the adapter {adapter} has no vector of its own for a blank: it has not learned to fill one")
    return opened, tokenizer.with_mask(token.token_id)
