"""BERT and GPT from one transformer block: the helper package of The Mask Is the Model."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .names import *  # noqa: F403

__version__ = "0.1.0"


def __getattr__(name: str):
    """Import names.py, and PyTorch with it, when one of its names is first asked for: `--help` needs none."""
    if name.startswith("__"):
        raise AttributeError(name)
    globals().update({n: v for n, v in vars(import_module(".names", __name__)).items() if not n.startswith("_")})
    if name not in globals():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *vars(import_module(".names", __name__))})
