"""The registry of what other packages can open beside our three models.

An entry point of the group "bertgpt.families" names a function without arguments that returns a `Family`;
`bertgpt_book.modern` adds the encoders and decoders since 2019, so that `generate smollm2` works by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ..text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Family:
    """Say how a family of models is found and opened."""

    published: dict[str, Callable[[], Path]]  # name -> find or fetch it: -> its folder, or ValueError
    reads: Callable[[Path], bool]  # whether it opens this folder or file
    load: Callable[[Path], Any]  # -> a model in evaluation mode
    load_tokenizer: Callable[[Path], Tokenizer | None]  # where there is no tokenizer.json
    fillers: dict[str, Callable[[Any, Tokenizer], tuple[Any, Tokenizer]]]  # name -> make a decoder fill blanks


@cache
def families() -> list[Family]:
    """Ask each entry point once; what it imports is imported only when our own loaders know no answer."""
    return [entry.load()() for entry in entry_points(group="bertgpt.families")]


def published() -> dict[str, Callable[[], Path]]:
    return {name: fetch for family in families() for name, fetch in family.published.items()}
