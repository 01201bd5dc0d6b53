"""The exercises of a chapter: run its cells and say which exercises are done.

A notebook marks an exercise by `exercise-start` in a text cell; the code cell after it holds the reader's
answer and, below it, the check, which prints "not done yet" where the answer is still `...`. Solutions are
passed over.
"""

import io
import json
import linecache
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

DONE, NOT_YET = "done", "not done yet"

HEADING = re.compile(r"^\*Exercise (\d+\.\d+)", re.MULTILINE)
START = re.compile(r"^:::\{exercise-start\} *(.*)\n:label: *(\S+)", re.MULTILINE)
MARK = re.compile(r"# Exercise (\d+\.\d+)\n")                # the first line of an exercise's code cell


class Exercise(NamedTuple):
    """One exercise of a notebook: "3.1", its title, its label, and the source of its cell as the reader left it."""

    number: str
    title: str
    label: str
    source: str


class Standing(NamedTuple):
    """How far a reader has come: [(number or name of the exercise, verdict), ...]."""

    verdicts: list[tuple[str, str]]

    def __repr__(self) -> str:
        done = sum(verdict == DONE for _, verdict in self.verdicts)
        lines = [f"{name}: {verdict}" for name, verdict in self.verdicts]
        return "\n".join([*lines, f"{done} of {len(lines)} exercises done."])


def plain(source: str) -> str:
    """Leave out what only a notebook understands: magics (%name, %%name) and commands (! and what follows).

    >>> plain("if colab:\\n    %pip install x")
    'if colab:\\n    pass'
    """
    return re.sub(r"^(\s*)(?:%%?[A-Za-z]|!(?!=)).*$", r"\1pass", source, flags=re.MULTILINE)


def run(source: str, namespace: dict[str, Any], name: str) -> str:
    """Run a cell in a namespace: -> what it printed."""
    file, text = f"<{name}>", plain(source)
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)      # for tracebacks and inspect
    with redirect_stdout(io.StringIO()) as said:
        exec(compile(text, file, "exec"), namespace)
    return said.getvalue()


def complaint(error: BaseException) -> str:
    """Say in one line what stopped a cell; an assert without words is quoted."""
    quoted = [frame.line or "" for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<")]
    words = " ".join(str(error).split()) or (quoted[-1] if quoted else "")
    return words if isinstance(error, AssertionError) else f"{type(error).__name__}: {words}"


def verdict(source: str, namespace: dict[str, Any]) -> str:
    """Run the cell of an exercise: -> "done", "not done yet", or "not right: " and why."""
    try:
        said = run(source, namespace, "exercise")
    except Exception as error:                   # whatever a wrong answer may do
        return f"not right: {complaint(error)}"
    return NOT_YET if NOT_YET in said else DONE


def read(path: str | Path) -> list[tuple[str, str | Exercise]]:
    """Read a notebook: -> its code cells in order, each ("exercise", an Exercise), ("solution" or "code", source).

    Raises ValueError where the file is no notebook or has no exercise.
    """
    try:
        cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
        sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no notebook: name a chapter, such as 03_masks.ipynb") from error
    found: list[tuple[str, str | Exercise]] = []
    waiting, number, solved = None, "?", False
    for kind, source in sources:
        if kind == "markdown":
            number = heading[1] if (heading := HEADING.search(source)) else number
            waiting = START.search(source) or waiting
            opened, closed = source.rfind("{solution-start}"), source.rfind("{solution-end}")
            solved = opened > closed if opened != closed else solved
        elif kind == "code" and waiting:
            found.append(("exercise", Exercise(number, waiting[1], waiting[2], source)))
            waiting = None
        elif kind == "code":
            found.append(("solution" if solved else "code", source))
    if not any(kind == "exercise" for kind, _ in found):
        raise ValueError(f"{path} has no exercises: name a chapter, such as 03_masks.ipynb")
    return found


def play(path: str | Path) -> Iterator[tuple[Exercise, dict[str, Any]]]:
    """Run a notebook's cells, solutions left out, and stop before each exercise: -> it, and the names it will find.

    Whoever takes them runs the exercise's cell in that namespace. Raises ValueError that names a cell which stops.
    """
    cells = read(path)
    last = max(at for at, (kind, _) in enumerate(cells) if kind == "exercise")
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *_, **__: None}
    for at, (_, cell) in enumerate(cells[:last + 1], start=1):
        if isinstance(cell, Exercise):
            yield cell, namespace
        elif cells[at - 1][0] == "code":
            try:
                run(cell, namespace, f"cell {at}")
            except Exception as error:
                raise ValueError(f"{path}: code cell {at} stops, so the exercises after it cannot be checked "
                                 f"({complaint(error)}): run it in the notebook, and mend it") from error


def score_exercises() -> Standing:
    """Check the exercises whose cells were run in this notebook, each as it was run last.

    Raises RuntimeError outside a notebook.
    """
    namespace = vars(sys.modules["__main__"])
    if "In" not in namespace:
        raise RuntimeError("score_exercises() reads what was run in a notebook; "
                           "elsewhere use: python -m bertgpt check NOTEBOOK")
    latest = {mark[1]: cell for cell in list(namespace["In"]) if (mark := MARK.match(cell))}
    return Standing([(number, verdict(cell, namespace)) for number, cell in latest.items()])
