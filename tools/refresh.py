"""Execute chapters from a fresh kernel, in order, and store their text outputs.

Images, HTML and widget state are dropped (the book executes the chapters itself and
shows everything), so that a change in git is a change somebody can read.

    python tools/refresh.py chapters/03_masks.ipynb ...
"""

import argparse
import re
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from bertgpt_book.exercises import SOLUTION, is_solution_next

KEPT = {"text/plain", "text/markdown", "text/latex"}
IGNORED = "nbval-ignore-output"

# A question's source holds its answer: out of sight in the book, in JupyterLab and in Colab.
QUESTION = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["question", "remove-input", IGNORED]}

# What the book folds is folded in JupyterLab and in Colab, too.
FOLDED = {"setup", "check", "plumbing"}


def hide_sources(notebook) -> None:
    """Hide the source of each question, a cell that makes a Predict or a Quiz, of each folded cell and each solution.

    What answers a question or solves an exercise keeps its output hidden until it is asked for, and so is the text that
    tells an answer. All other cells show their source and output, also those that have lost their tag.
    """
    in_solution = False
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        for name in ("cellView", "collapsed", "jupyter"):
            cell.metadata.pop(name, None)
        if cell.cell_type != "code":
            if SOLUTION.search(cell.source):
                in_solution = is_solution_next(cell.source, in_solution)
            elif "answer" in tags:
                cell.metadata.jupyter = {"source_hidden": True}
        elif re.match(r"(?:\w+ = )?(?:Predict|Quiz)\(", cell.source):
            cell.metadata.update(QUESTION)
        else:
            hidden = {}
            if in_solution or FOLDED & tags:
                cell.metadata.cellView = "form"
                hidden["source_hidden"] = True
            if in_solution or "answer" in tags:
                cell.metadata.collapsed = hidden["outputs_hidden"] = True
            if hidden:
                cell.metadata.jupyter = hidden


def strip(notebook) -> list[str]:
    """Drop everything but text from a notebook's outputs; return notes for the author."""
    notes = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        excused = IGNORED in cell.metadata.get("tags", [])
        if not excused and any("text/html" in output.get("data", {}) for output in cell.outputs):
            notes.append(f"cell {number} shows HTML, which is not stored: tag it {IGNORED}")
        kept = []
        for output in cell.outputs:
            if "data" in output:
                output.data = {kind: text for kind, text in output.data.items() if kind in KEPT}
                output.metadata = {}
            if output.get("name") != "stderr" and output.get("data", True):
                kept.append(output)
        cell.outputs = kept
        cell.metadata.pop("execution", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notes


def refresh(path: Path) -> None:
    """Execute one notebook in its own folder and write it back, stripped."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    hide_sources(notebook)
    client = NotebookClient(
        notebook,
        coalesce_streams=True,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    print(f"{path}: ", end="", flush=True)  # before a cell can fail, whose error does not name it
    start = time.perf_counter()
    client.execute()
    notes = strip(notebook)
    nbformat.write(notebook, path)
    print(f"{time.perf_counter() - start:.1f} s")
    for note in notes:
        print(f"  {note}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path, help="such as chapters/03_masks.ipynb")
    for path in parser.parse_args().notebooks:
        refresh(path)


if __name__ == "__main__":
    main()
