"""Tables of what is refused, several cases a line."""

import math


def cases(table: str) -> list[tuple[dict, str]]:
    """Read "n_heads=5 -> what is said; ...": -> [(the changes as a dict, what is said), ...]."""
    pairs = (case.split(" -> ") for case in " ".join(table.split()).split("; "))
    return [(eval(f"dict({changes})", {"nan": math.nan, "inf": math.inf}), said) for changes, said in pairs]


def values(table: str) -> list[tuple[dict, str]]:
    """Read "n_heads=5 n_heads=0 ...": -> [({"n_heads": 5}, "n_heads"), ...]."""
    return cases("; ".join(f"{each} -> {each.split('=')[0]}" for each in table.split()))
