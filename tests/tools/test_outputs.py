"""What a cell returns, as the book shows it."""

from pathlib import Path

import nbformat
import yaml
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

ROOT = Path(__file__).parents[2]
TABLE = "| nats | at `[MASK]` |\n|---|---|\n| BERT, step 50 | 3.05 |"


def test_a_markdown_table_that_a_cell_returns_is_a_table(tmp_path):
    book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    settings = {name: value for name, value in book.items() if name.startswith("nb_")}
    returned = nbformat.v4.new_output("execute_result", {"text/markdown": TABLE}, execution_count=1)
    cell = nbformat.v4.new_code_cell("table", outputs=[returned], execution_count=1)
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A page"), cell]), tmp_path / "index.ipynb"
    )
    settings |= {"extensions": ["myst_nb"], "nb_execution_mode": "off"}
    with docutils_namespace():
        Sphinx(tmp_path, None, tmp_path / "html", tmp_path / "trees", "html", settings, status=None).build()
    assert "<td><p>BERT, step 50</p></td>" in (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
