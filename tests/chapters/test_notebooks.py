"""Hygiene of the notebooks in git: executed in order, text outputs only, one setup cell.

What the cells compute is compared elsewhere, by `pytest --nbval`.
"""

import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
import refresh
import yaml
from IPython.core.interactiveshell import InteractiveShell

import bertgpt
from bertgpt_book.exercises import run

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))
PROSE = sorted((ROOT / "chapters").glob("*.md"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def read(path: Path):
    return nbformat.read(path, as_version=4)


SETUP = code_cells(read(NOTEBOOKS[0]))[0].source  # the same in every chapter


def is_excused(cell) -> bool:
    """A question computes nothing that could be compared."""
    tags = cell.metadata.get("tags", [])
    return "question" not in tags and "nbval-ignore-output" in tags or "NBVAL_IGNORE_OUTPUT" in cell.source


def faults(notebook) -> list[str]:
    """Return everything that keeps a notebook out of git, one line each."""
    found = []
    cells = code_cells(notebook)
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        found.append(f"executed {counts}, not 1..{len(cells)}: run `make refresh`")
    if "widgets" in notebook.metadata:
        found.append("metadata.widgets is stored")
    if not cells or cells[0].source != SETUP:
        found.append("the first code cell is not the setup cell")
    for number, cell in enumerate(cells, start=1):
        tags = set(cell.metadata.get("tags", []))
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        if kinds - refresh.KEPT:
            found.append(f"cell {number} stores {sorted(kinds - refresh.KEPT)}")
        if any(output.output_type == "error" for output in cell.outputs):
            found.append(f"cell {number} stores an error")
        if "NBVAL_SKIP" in cell.source or "nbval-skip" in tags:
            found.append(f"cell {number} is skipped by nbval")
    folded = deepcopy(notebook)
    refresh.hide_sources(folded)
    if folded != notebook:
        found.append("what is folded and what is open has changed: run `make refresh`")
    excused = sum(map(is_excused, cells))
    if excused > len(cells) / 3:
        found.append(f"{excused} of {len(cells)} cells are excused from comparison")
    return found


def test_a_chapter_with_another_release_of_the_package_says_in_one_line_what_to_do(monkeypatch):
    run(SETUP, {}, "setup")  # of one release: no error
    monkeypatch.setattr(bertgpt, "__version__", "0.0.9")
    with pytest.raises(ImportError, match=r'bertgpt 0\.0\.9.*%pip install --no-deps "bertgpt @ git.*@v\d') as error:
        run(SETUP, {}, "setup")
    assert "\n" not in str(error.value)


def test_on_colab_the_setup_cell_says_that_nothing_is_hosted_or_installs_its_own_release(monkeypatch, capsys):
    shell = InteractiveShell.instance()
    installed = []
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    monkeypatch.setitem(shell.magics_manager.magics["line"], "pip", installed.append)
    hosted = "".join(line for line in SETUP.splitlines(keepends=True) if not line.endswith("# placeholder\n"))
    if hosted != SETUP:  # tools/set_address.py takes that line out
        said = shell.run_cell(SETUP).error_in_exec
        assert isinstance(said, SystemExit) and re.fullmatch("Nothing is hosted .* on your own machine.*", str(said))
        assert installed == []
    assert shell.run_cell(hosted).success
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    assert installed == [f'install -q --no-deps "bertgpt @ git+{address}@v{bertgpt.__version__}" gguf']


@every_notebook
def test_a_chapter_is_fit_for_git(path):
    assert faults(read(path)) == []


def test_the_contents_have_every_page_and_name_a_chapter_by_number_and_title():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    titles = {entry["file"]: entry.get("title") for part in toc["parts"] for entry in part["chapters"]}
    assert {toc["root"], *titles} == {f"chapters/{path.stem}" for path in [*NOTEBOOKS, *PROSE]}
    for path in NOTEBOOKS:
        heading = read(path).cells[0].source.splitlines()[0].removeprefix("# ")
        assert titles[f"chapters/{path.stem}"] == f"{path.stem[:2]} {heading}"


def test_every_chapter_has_a_link_on_the_landing_page():
    page = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\d\d_\w+)\.ipynb\)", page)) == {path.stem for path in NOTEBOOKS}
