"""Put back what an exercise's cell has overwritten.

An answer that writes into what it was given (`ids[0, -1] = 9`) changes the page's own text, and every answer after
it, the right one too, would be judged on the changed text.
"""

import re
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

FIRST_LINE = re.compile(r"# Exercise (\d+\.\d+)\n")  # of an exercise's code cell
NOT_THE_PAGES = {"In", "Out", "exit", "quit"}  # IPython's own names


def is_same(one: Any, other: Any) -> bool:
    """Compare two tensors or two arrays, in which NaN equals NaN."""
    return bool(((one == other) | ((one != one) & (other != other))).all())


def put_back_tensor(tensor: Tensor, saved: Tensor) -> bool:
    """Write saved numbers into a tensor: -> whether it had others."""
    with torch.inference_mode(), suppress(RuntimeError):
        if not is_same(tensor, saved):
            (tensor if tensor.is_inference() else tensor.data).copy_(saved)  # data: autograd is not told
            return True
    return False


def put_back_array(array: np.ndarray, saved: np.ndarray) -> bool:
    """Write saved values into an array: -> whether it had others."""
    if changed := not is_same(array, saved):
        array[...] = saved
    return changed


def identities(container: list | set | dict) -> list[int]:
    """Say which objects a container holds, in its order; a set has none, and its copy may list them in another."""
    pairs = container.items() if isinstance(container, dict) else ((each,) for each in container)
    found = [id(each) for pair in pairs for each in pair]
    return sorted(found) if isinstance(container, set) else found


def put_back_entries(container: Any, saved: Any) -> bool:
    """Give a list, set or dictionary its entries again: -> whether it had others."""
    if changed := identities(container) != identities(saved):
        container.clear()
        (container.extend if isinstance(container, list) else container.update)(saved)
    return changed


def keep(namespace: MutableMapping[str, Any]) -> Callable[[], list[str]]:
    """Remember the contents of all that a namespace's names lead to: -> a function that puts them back.

    That function returns the names whose contents had changed. Names that were bound anew are left alone.
    """
    kept: list[tuple[str, Callable[[], bool]]] = []
    seen: set[int] = set()

    def walk(value: Any, name: str) -> None:
        if isinstance(value, str | bytes | int | float | None) or id(value) in seen:
            return
        seen.add(id(value))
        if isinstance(value, Tensor):
            stored = not value.is_meta and value.layout == torch.strided
            if stored and value.numel() * value.element_size() <= value.untyped_storage().nbytes():  # no overlaps
                saved = value.detach().clone()
                kept.append((name, lambda: put_back_tensor(value, saved)))
        elif isinstance(value, np.ndarray):
            array = value.copy()
            kept.append((name, lambda: put_back_array(value, array)))
        elif isinstance(value, nn.Module):
            walk(vars(value), name)
        elif isinstance(value, list | set | dict):
            entries = value.copy()
            kept.append((name, lambda: put_back_entries(value, entries)))
            for each in entries.values() if isinstance(entries, dict) else entries:
                walk(each, name)
        elif isinstance(value, tuple):
            for each in value:
                walk(each, name)

    for name, value in namespace.items():
        if not name.startswith("_") and name not in NOT_THE_PAGES:
            walk(value, name)
    return lambda: list(dict.fromkeys(name for name, put_back in kept if put_back()))


def tell(names: list[str]) -> str:
    """Say what was overwritten and put back, for the reader."""
    what = " and ".join(f"`{name}`" for name in names)
    return f"this cell wrote into {what}, which belongs to the page and was put back: work on a copy (clone)"


def keep_in_notebook(shell: Any = None) -> None:
    """From now on, put back what each exercise's cell of this notebook overwrites; elsewhere do nothing."""
    shell = shell or (sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None)
    if shell is None or hasattr(shell, "bertgpt_put_back"):
        return
    shell.bertgpt_put_back = None

    def before(info: Any) -> None:
        if FIRST_LINE.match(info.raw_cell or ""):
            shell.bertgpt_put_back = keep(shell.user_ns)

    def after(result: Any) -> None:
        put_back, shell.bertgpt_put_back = shell.bertgpt_put_back, None
        if put_back and (names := put_back()):
            print(tell(names))

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)
