"""`pytest --nbval` compares what a chapter has stored with what ran for the book.

Where no book is built of the chapter and the package as they are, nbval runs its cells.
"""

from functools import partial
from pathlib import Path

from jupyter_cache import get_cache
from nbval.plugin import coalesce_streams
from stale import notebook_cache

ROOT = Path(__file__).resolve().parents[1]


def outputs_in_the_book(notebook, folder: Path) -> list[list] | None:
    """Return the outputs of each code cell when the book was built, None if it was not."""
    if not folder.exists():
        return None
    try:
        _, ran = get_cache(folder).merge_match_into_notebook(notebook.nb)
    except KeyError:
        return None
    return [cell.outputs for cell in ran.cells if cell.cell_type == "code"]


def compare(item, outputs: list) -> None:
    """Compare outputs with those that a cell has stored, as nbval does after it has run a cell."""
    stored = coalesce_streams(item.cell.outputs)
    if item.options["check"] and not item.compare_outputs(coalesce_streams(outputs), stored):
        item.raise_cell_error("Cell outputs differ", "\n".join(item.comparison_traceback))


def pytest_collection_modifyitems(items):
    cells = [item for item in items if hasattr(item.parent, "skip_compare")]
    folder = notebook_cache(ROOT, ROOT / "_build") if cells else None
    for notebook in {cell.parent for cell in cells}:
        # The stored outputs are text (tools/refresh.py): the pictures are not missed.
        notebook.skip_compare = (*notebook.skip_compare, "image/svg+xml")
        notebook.ran = outputs_in_the_book(notebook, folder)
        if notebook.ran:
            notebook.setup = lambda: None  # no kernel
    for cell in cells:
        if cell.parent.ran:
            cell.runtest = partial(compare, cell, cell.parent.ran[cell.cell_num])
