"""Two models compared on a page: the lines of code in which they differ, and how often each runs."""

import inspect
import re
from contextlib import contextmanager
from difflib import ndiff
from types import ModuleType


@contextmanager
def count_runs(model):
    """Count how often a model runs inside a `with` block: the list it yields grows by one entry per run."""
    runs: list[None] = []
    hook = model.blocks[0].register_forward_hook(lambda *_: runs.append(None))
    try:
        yield runs
    finally:
        hook.remove()


def compare_sources(one: ModuleType, other: ModuleType) -> list[str]:
    """Compare the code of two modules line by line, without docstrings, comments and blank lines.

    -> lines that begin with "- " where only `one` has them, with "+ " where only `other` has, else with "  "
    """

    def code(module: ModuleType) -> list[str]:
        text = re.sub(r'(?s)""".*?"""', "", inspect.getsource(module))
        return [line for line in re.sub(r" +# .*", "", text).splitlines() if line.strip()]

    return [line for line in ndiff(code(one), code(other)) if not line.startswith("? ")]
