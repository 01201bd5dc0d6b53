"""The numbers that make a transformer: one frozen dataclass for every model.

It holds sizes and switches. What a field means to the mathematics is decided where it is used.
"""

import math
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any, cast

ACTIVATIONS = ("gelu", "gelu_new", "relu")


@dataclass(frozen=True)
class TransformerConfig:
    """Describe one encoder-only or decoder-only transformer.

    Raises ValueError, naming the field, when one has another type or two contradict each other.
    BERT's sizes are in Devlin et al. 2019, section 3; GPT-2's in Radford et al. 2019, table 2.

    >>> TransformerConfig(vocab_size=13, max_len=7, d_model=12, n_layers=2, n_heads=3, d_ff=20).d_head
    4
    """

    vocab_size: int                # V: how many tokens there are
    max_len: int                   # the longest sequence: positions 0 .. max_len - 1 are learned
    d_model: int                   # D: numbers in a hidden state
    n_layers: int                  # L: blocks in the stack
    n_heads: int                   # H: attention heads, each of d_model / n_heads numbers
    d_ff: int                      # F: width of the hidden layer in the feed-forward network
    n_segments: int = 0            # 2 for BERT, which tells two texts apart; 0 for GPT, which does not
    norm_first: bool = False       # False: normalise the residual sum (BERT). True: the input (GPT-2)
    activation: str = "gelu"       # "gelu" is exact (BERT), "gelu_new" its tanh approximation (GPT-2)
    norm_eps: float = 1e-12        # added to the variance in LayerNorm: 1e-12 in BERT, 1e-5 in GPT-2
    dropout: float = 0.1           # chance that a number is zeroed while training
    pad_id: int = 0                # fills up short sequences: read by what makes batches, by no layer
    tie_embeddings: bool = True    # the vocabulary projection is the token embedding, transposed

    def __post_init__(self):
        check_fields(self, positive=("vocab_size", "max_len", "d_model", "n_layers", "n_heads", "d_ff", "norm_eps"),
                     below={"norm_eps": 1, "dropout": 1, "pad_id": self.vocab_size},
                     choices={"activation": ACTIVATIONS})
        if self.d_model % self.n_heads:
            raise ValueError(f"d_model {self.d_model} cannot be split evenly into n_heads {self.n_heads}")

    @property
    def d_head(self) -> int:
        """K: numbers in one head's query, key or value."""
        return self.d_model // self.n_heads

    @classmethod
    def bert(cls, **sizes) -> "TransformerConfig":
        """Choose BERT's switches and, where `sizes` says nothing else, BERT-base's sizes."""
        base: dict = dict(vocab_size=30522, max_len=512, d_model=768, n_layers=12, n_heads=12, d_ff=3072,
                          n_segments=2, norm_first=False, activation="gelu", norm_eps=1e-12)
        return cls(**base | sizes)

    @classmethod
    def gpt(cls, **sizes) -> "TransformerConfig":
        """Choose GPT-2's switches and, where `sizes` says nothing else, GPT-2 small's sizes."""
        small: dict = dict(vocab_size=50257, max_len=1024, d_model=768, n_layers=12, n_heads=12, d_ff=3072,
                           n_segments=0, norm_first=True, activation="gelu_new", norm_eps=1e-5)
        return cls(**small | sizes)


# The sizes of the pair that this course trains, on the shared tokenizer of 8,192 tokens: a laptop is enough.
# Sizes only, for a preset to add the switches: TransformerConfig.bert(**TINY), TransformerConfig.gpt(**TINY).
TINY = dict(vocab_size=8192, max_len=128, d_model=256, n_layers=4, n_heads=4, d_ff=1024)


def as_kind(name: str, value, kind: type):
    """Return a field's value as a Python int, float, bool, str or tuple: NumPy's numbers become Python's.

    Raises ValueError, naming the field, where it is of another kind. True and False are no numbers.
    """
    accepted: dict[type, Any] = {int: Integral, float: Real, tuple: (tuple, list)}
    if not isinstance(value, accepted.get(kind, kind)) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} must be of type {kind.__name__}, not {value!r}")
    return kind(value)


def check_fields(settings, positive: tuple[str, ...], below: dict[str, float], choices: dict) -> None:
    """Check each field of a frozen dataclass, and give it exactly the type that it is declared with.

    Numbers must be finite and at least 0.
    positive: names of fields that must be above 0; below: field -> what its value must be below;
    choices: field -> the values it may have
    Raises ValueError, naming the field.
    """
    for field in fields(settings):
        name, kind = field.name, cast(type, field.type)
        value = as_kind(name, getattr(settings, name), kind)
        object.__setattr__(settings, name, value)
        if name in choices and value not in choices[name]:
            raise ValueError(f"{name} must be one of {', '.join(choices[name])}, not {value!r}")
        if kind in (int, float):
            least, limit = "above" if name in positive else "at least", below.get(name, math.inf)
            if not (value > 0 or value == 0 and name not in positive) or not value < limit:    # NaN passes no test
                most = f"below {limit}" if name in below else "finite"
                raise ValueError(f"{name} must be {least} 0 and {most}, not {value}")
