"""The outputs in git are those that the chapters gave when this book was built."""

from pathlib import Path

import nbformat
import pytest
import refresh
from jupyter_cache import get_cache
from mask_book import cache_folder

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))


def outputs(notebook) -> list[tuple[str, list]]:
    """Return what each code cell printed, and what else it showed as text; nothing of those that cannot repeat."""
    assert refresh.strip(notebook) == []
    return [("".join(output.get("text", "") for output in cell.outputs),
             [output.data for output in cell.outputs if "data" in output])
            for cell in notebook.cells
            if cell.cell_type == "code" and refresh.IGNORED not in cell.metadata.get("tags", [])]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapters_outputs_are_those_of_the_books_own_run(path, book):
    stored, cache = nbformat.read(path, as_version=4), get_cache(cache_folder(ROOT, book.parent))
    try:
        key = cache.match_cache_notebook(stored).pk
    except KeyError:
        pytest.fail("the book was built before this chapter or the package was changed: run `make book`")
    assert outputs(stored) == outputs(cache.get_cache_bundle(key).nb)
