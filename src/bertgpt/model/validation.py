"""Check the fields of a configuration: each of its type, in its bounds, or refused by name."""

import math
from dataclasses import fields
from numbers import Integral, Real
from typing import Any, cast


def as_kind(name: str, value, kind: type):
    """Return a field's value as a Python int, float, bool, str or tuple: NumPy's numbers become Python's.

    Raises ValueError, naming the field, where it is of another kind. A bool is not taken for a number.
    """
    accepted: dict[type, Any] = {int: Integral, float: Real, tuple: (tuple, list)}
    if not isinstance(value, accepted.get(kind, kind)) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} must be of type {kind.__name__}, not {value!r}")
    return kind(value)


def check_fields(settings, positive: tuple[str, ...], below: dict[str, float], choices: dict) -> None:
    """Check each field of a frozen dataclass, and give it exactly the type that it is declared with.

    Numbers must be finite and at least 0; a tuple is of numbers.
    positive: names of fields that must be above 0; below: field -> what its value must be below;
    choices: field -> the values it may have
    Raises ValueError, naming the field.
    """
    for field in fields(settings):
        name, kind = field.name, cast(type, field.type)
        value = as_kind(name, getattr(settings, name), kind)
        if kind is tuple:
            value = tuple(as_kind(name, each, float) for each in value)
        object.__setattr__(settings, name, value)
        if name in choices and value not in choices[name]:
            raise ValueError(f"{name} must be one of {', '.join(choices[name])}, not {value!r}")
        if kind in (int, float):
            least, limit = "above" if name in positive else "at least", below.get(name, math.inf)
            if not (value > 0 or value == 0 and name not in positive) or not value < limit:    # NaN passes no test
                most = f"below {limit}" if name in below else "finite"
                raise ValueError(f"{name} must be {least} 0 and {most}, not {value}")
