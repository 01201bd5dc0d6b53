"""Run a chapter's cells and say which of its exercises are done.

A heading "Exercise 3.1: …" in a text cell begins an exercise. The code cell after it holds the
reader's answer and, below it, a check that prints "not done yet" where the answer is still `...`.
Solutions are not run.
"""

import argparse
import io
import json
import linecache
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

from .keeping import FIRST_LINE, keep, tell

DONE, NOT_YET = "done", "not done yet"

START = re.compile(r"^### Exercise (\d+\.\d+): (.+)\n\n.* <!-- (\S+)", re.MULTILINE)
SOLUTION = re.compile(r"\*\*Solution\*\* <!--|the solution ends")  # it begins, it ends
EXAMPLE = "name a chapter, such as 03_masks.ipynb"


def is_solution_next(text: str, before: bool) -> bool:
    """Say whether the cells after a text cell belong to a solution; before: whether those before it do."""
    marks = SOLUTION.findall(text)
    return "end" not in marks[-1] if marks else before


class Exercise(NamedTuple):
    """An exercise of a notebook: "3.1", its title and label, and its code cell as it stands."""

    number: str
    title: str
    label: str
    source: str


class Score(NamedTuple):
    """The verdict on each exercise: [(number or name, verdict), ...]."""

    verdicts: list[tuple[str, str]]

    def __repr__(self) -> str:
        done = sum(verdict == DONE for _, verdict in self.verdicts)
        lines = [f"{name}: {verdict}" for name, verdict in self.verdicts]
        return "\n".join([*lines, f"{done} of {len(lines)} exercises done."])


def without_magics(source: str) -> str:
    """Replace each magic (%name) and shell command (!name) of a cell by `pass`."""
    # Imported here: only notebooks need it. Their own parser tells `%pip` from a remainder.
    from IPython.core.inputtransformer2 import TransformerManager

    source = re.sub(r"\A%%.*\n", "", source)  # %%time: the cell below it is run
    python = TransformerManager().transform_cell(source)
    return re.sub(r"^( *)get_ipython\(\)\..*$", r"\1pass", python, flags=re.MULTILINE)


def run(source: str, namespace: dict[str, Any], name: str) -> str:
    """Run a cell in a namespace: -> what it printed."""
    file, text = f"<{name}>", without_magics(source)
    lines = text.splitlines(keepends=True)
    linecache.cache[file] = (len(text), None, lines, file)  # for tracebacks and inspect
    with redirect_stdout(io.StringIO()) as output:
        exec(compile(text, file, "exec"), namespace)
    return output.getvalue()


def describe(error: BaseException) -> str:
    """Describe an error in one line; an assert without a message is quoted."""
    frames = traceback.extract_tb(error.__traceback__)
    in_cells = [frame.line or "" for frame in frames if frame.filename.startswith("<")]
    message = " ".join(str(error).split()) or (in_cells[-1] if in_cells else "")
    return message if isinstance(error, AssertionError) else f"{type(error).__name__}: {message}"


def verdict(source: str, namespace: dict[str, Any]) -> str:
    """Run an exercise's cell: -> "done", "not done yet", or "not right: " and the reason.

    What the cell overwrites of the namespace's objects is put back.
    """
    put_back, reason = keep(namespace), ""
    try:
        output = run(source, namespace, "exercise")
    except (Exception, SystemExit) as error:  # a wrong answer may raise anything
        reason = f"not right: {describe(error)}"
    overwritten = put_back()
    if reason:
        return f"{reason} ({tell(overwritten)})" if overwritten else reason
    return NOT_YET if NOT_YET in output else DONE


def read(path: str | Path) -> list[tuple[str, str | Exercise]]:
    """Read a notebook's code cells: -> [("exercise", Exercise), ("solution" or "code", source), ...].

    Raises ValueError if the file is not a notebook or has no exercises.
    """
    try:
        cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
        sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a notebook: {EXAMPLE}") from error
    code_cells: list[tuple[str, str | Exercise]] = []
    start, in_solution = None, False
    for kind, source in sources:
        if kind == "markdown":
            start = START.search(source) or start
            in_solution = is_solution_next(source, in_solution)
        elif kind == "code" and start:
            code_cells.append(("exercise", Exercise(start[1], start[2], start[3], source)))
            start = None
        elif kind == "code":
            code_cells.append(("solution" if in_solution else "code", source))
    if not any(kind == "exercise" for kind, _ in code_cells):
        raise ValueError(f"{path} has no exercises: {EXAMPLE}")
    return code_cells


def run_to_exercises(path: str | Path) -> Iterator[tuple[Exercise, dict[str, Any]]]:
    """Run a notebook's cells without its solutions, and yield each exercise and the namespace for its cell.

    Raises ValueError, naming the cell, if another cell fails.
    """
    cells = read(path)
    last = max(index for index, (kind, _) in enumerate(cells) if kind == "exercise")
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *_, **__: None}
    for count, (kind, cell) in enumerate(cells[: last + 1], start=1):
        if isinstance(cell, Exercise):
            yield cell, namespace
        elif kind == "code":
            try:
                run(cell, namespace, f"cell {count}")
            except (Exception, SystemExit) as error:
                raise ValueError(
                    f"{path}: code cell {count} fails, so the exercises after it cannot be "
                    f"checked ({describe(error)}): run it in the notebook, and mend it"
                ) from error


def score_exercises() -> Score:
    """Check the exercises that were run in this notebook, each as it was run last.

    Raises RuntimeError outside a notebook.
    """
    namespace = vars(sys.modules["__main__"])
    if "In" not in namespace:
        raise RuntimeError(
            "score_exercises() reads what was run in a notebook; "
            "elsewhere use: python -m bertgpt_book.exercises NOTEBOOK"
        )
    cells = list(namespace["In"])
    latest = {first[1]: cell for cell in cells if (first := FIRST_LINE.match(cell))}
    return Score([(number, verdict(cell, namespace)) for number, cell in latest.items()])


def main() -> int:
    """Check notebooks' exercises and print a line for each: -> 0 if all are done, 1 if not, 2 after an error."""
    parser = argparse.ArgumentParser(
        prog="python -m bertgpt_book.exercises", description="Say which exercises of a chapter are done."
    )
    parser.add_argument("notebook", nargs="+", help="a chapter with your answers in it, such as 03_masks.ipynb")
    notebooks, codes = parser.parse_args().notebook, []
    for notebook in notebooks if len(notebooks) > 1 else []:
        print(f"{notebook}:", flush=True)
        # In a process of its own, so that nothing that one does reaches the next.
        codes.append(subprocess.run([sys.executable, "-m", "bertgpt_book.exercises", notebook]).returncode)
    if codes:
        return max(code if code in (0, 1) else 2 for code in codes)
    path, verdicts = Path(notebooks[0]).resolve(), []
    matplotlib.use("agg")  # draw the chapter's figures without showing them
    try:
        with chdir(path.parent if path.is_file() else "."):
            for exercise, namespace in run_to_exercises(path):
                name = f"{exercise.number} {exercise.title}"
                verdicts.append((name, verdict(exercise.source, namespace)))
                print(f"{name}: {verdicts[-1][1]}", flush=True)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(repr(Score(verdicts)).splitlines()[-1])
    return int(any(verdict != DONE for _, verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
