"""Hygiene of the notebooks in git: executed in order, text outputs only, one setup cell.

What the cells compute is compared elsewhere, by `pytest --nbval`; the last tests here see to it
that this comparison can fail.
"""

import ast
import copy
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from IPython.core.interactiveshell import InteractiveShell
from refresh import FOLDED
from set_address import PLACEHOLDER

import bertgpt
from bertgpt.book.exercises import run

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))
PROSE = sorted((ROOT / "chapters").glob("*.md"))
TEXT = {"text/plain", "text/markdown", "text/latex"}
IGNORED = "nbval-ignore-output"
ADDRESS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]

NOTE = "# The address below is a placeholder: nothing is hosted there yet, and on Colab this cell fails until it is.\n"
SETUP = f"""\
# On Colab this installs the course's package; everywhere it sees that package and chapter are of one release.
{NOTE if ADDRESS.endswith(PLACEHOLDER) else ""}import sys

package = "bertgpt @ git+{ADDRESS}@v{bertgpt.__version__}"
if "google.colab" in sys.modules:
    %pip install -q --no-deps "{{package}}"

import bertgpt

if not package.endswith(f"@v{{bertgpt.__version__}}"):
    raise ImportError(f"this chapter is not of bertgpt {{bertgpt.__version__}}, which is here. Install its own "
                      f'with  %pip install --no-deps "{{package}}"  and restart the kernel')"""


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_excused(cell) -> bool:
    """A question computes nothing that could be compared."""
    tags = cell.metadata.get("tags", [])
    return "question" not in tags and IGNORED in tags or "NBVAL_IGNORE_OUTPUT" in cell.source


def import_lines(cell) -> list[str]:
    """Return the lines that a cell's imports take; lines of IPython's own are no Python."""
    lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in cell.source.splitlines()]
    found = [node for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.Import | ast.ImportFrom)]
    return [line for node in found for line in lines[node.lineno - 1:node.end_lineno]]


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
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        if kinds - TEXT:
            found.append(f"cell {number} stores {sorted(kinds - TEXT)}")
        if any(output.output_type == "error" for output in cell.outputs):
            found.append(f"cell {number} stores an error")
        if len(cell.source.splitlines()) > 30:
            found.append(f"cell {number} has more than 30 lines")
        if "NBVAL_SKIP" in cell.source or "nbval-skip" in cell.metadata.get("tags", []):
            found.append(f"cell {number} is skipped by nbval")
        if "check_guess(" in cell.source and "hide-output" not in cell.metadata.get("tags", []):
            found.append(f"cell {number} answers a prediction in sight of the question: tag it hide-output")
        tags = set(cell.metadata.get("tags", []))
        hidden = bool(cell.metadata.get("cellView")), bool(cell.metadata.get("jupyter", {}).get("source_hidden"))
        if set(hidden) != {bool({*FOLDED, "question"} & tags)}:
            found.append(f"cell {number} is not folded alike in the book, Colab and JupyterLab: run `make refresh`")
    imports = [line for cell in cells[1:] if "score_exercises()" not in cell.source for line in import_lines(cell)]
    if len(imports) > 8:
        found.append(f"{len(imports)} lines of imports, more than 8")
    found += [f"an import of {len(line)} characters, more than 110" for line in imports if len(line) > 110]
    if any("noqa" in cell.source for cell in cells):
        found.append("a mark for the linter (noqa): a reader wonders what it means")
    excused = sum(is_excused(cell) for cell in cells)
    if excused > len(cells) / 3:
        found.append(f"{excused} of {len(cells)} cells are excused from comparison")
    return found


def pictures_without_words(text: str) -> list[str]:
    """Return the images of a Markdown text that say nothing to a reader who cannot see them."""
    found = re.findall(r"!\[\s*\]\([^)]*\)", text)
    found += [tag for tag in re.findall(r"<img\b[^>]*>", text) if not re.search(r"\balt=[\"'][^\"']", tag)]
    for fence in re.finditer(r"^(`{3,}|:{3,})\{(?:image|figure)\}.*?^\1\s*$", text, re.MULTILINE | re.DOTALL):
        if not re.search(r"^\s*(?::alt:|alt:)\s*\S", fence.group(), re.MULTILINE):
            found.append(fence.group().splitlines()[0])
    return found


def written(path: Path):
    return nbformat.read(path, as_version=4)


def test_a_chapter_with_another_release_of_the_package_says_in_one_line_what_to_do(monkeypatch):
    run(SETUP, {}, "setup")                      # of one release: nothing is said
    monkeypatch.setattr(bertgpt, "__version__", "0.0.9")
    with pytest.raises(ImportError, match=r'bertgpt 0\.0\.9.*%pip install --no-deps "bertgpt @ git.*@v\d') as said:
        run(SETUP, {}, "setup")
    assert "\n" not in str(said.value)


def test_on_colab_the_setup_cell_asks_pip_for_its_release(monkeypatch):
    shell = InteractiveShell.instance()
    asked = []
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    monkeypatch.setitem(shell.magics_manager.magics["line"], "pip", asked.append)
    assert shell.run_cell(SETUP).success
    assert asked == [f'install -q --no-deps "bertgpt @ git+{ADDRESS}@v{bertgpt.__version__}"']


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_is_fit_for_git(path):
    assert faults(written(path)) == []


@pytest.mark.parametrize("path", [*NOTEBOOKS, *PROSE], ids=lambda path: path.stem)
def test_pictures_have_words(path):
    if path.suffix == ".ipynb":
        texts = [cell.source for cell in written(path).cells if cell.cell_type == "markdown"]
    else:
        texts = [path.read_text(encoding="utf-8")]
    assert [fault for text in texts for fault in pictures_without_words(text)] == []


def test_every_page_is_in_the_table_of_contents():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"chapters/([\w-]+)", toc))
    assert named == {path.stem for path in [*NOTEBOOKS, *PROSE]}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_contents_name_a_chapter_by_its_number_and_title(path):
    heading = written(path).cells[0].source.splitlines()[0].removeprefix("# ")
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    titles = {entry["file"]: entry.get("title") for part in toc["parts"] for entry in part["chapters"]}
    assert titles[f"chapters/{path.stem}"] == f"{path.stem[:2]} {heading}"


def test_few_cells_are_excused_from_comparison():
    cells = [cell for path in NOTEBOOKS for cell in code_cells(written(path))]
    assert sum(map(is_excused, cells)) <= len(cells) / 5


# --- tests of the tests ----------------------------------------------------------------------------


@pytest.fixture
def small():
    """A notebook of three cells, as `make refresh` would leave it."""
    new = nbformat.v4
    notebook = new.new_notebook()
    stream = new.new_output("stream", name="stdout", text="7\n")
    result = new.new_output("execute_result", data={"text/plain": "12"}, execution_count=3)
    notebook.cells = [
        new.new_code_cell(SETUP, execution_count=1),
        new.new_code_cell("print(3 + 4)", execution_count=2, outputs=[stream]),
        new.new_code_cell("3 * 4", execution_count=3, outputs=[result]),
    ]
    return notebook


def nbval(notebook, folder: Path) -> int:
    """Run nbval strictly over a notebook in an empty folder; return pytest's exit status."""
    nbformat.write(notebook, folder / "small.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder),
               "--nbval", "--nbval-current-env", "--nbval-cell-timeout=60", str(folder / "small.ipynb")]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode


@pytest.mark.slow
def test_nbval_sees_a_changed_output(small, tmp_path):
    assert faults(small) == []
    assert nbval(small, tmp_path) == 0
    wrong = copy.deepcopy(small)
    wrong.cells[1].outputs[0].text = "8\n"
    assert nbval(wrong, tmp_path) == 1


@pytest.mark.slow
def test_an_unexecuted_cell_is_refused_here_because_nbval_lets_it_pass(small, tmp_path):
    small.cells[2].update(execution_count=None, outputs=[])
    assert nbval(small, tmp_path) == 0
    assert "executed" in faults(small)[0]


@pytest.mark.parametrize("spoil, complaint", [
    (lambda nb: nb.cells[2].outputs[0].data.update({"image/png": "iVBOR"}), "image/png"),
    (lambda nb: nb.cells[2].outputs[0].data.update({"text/html": "<b>"}), "text/html"),
    (lambda nb: nb.metadata.update(widgets={}), "metadata.widgets"),
    (lambda nb: nb.cells[0].update(source="import sys"), "setup cell"),
    (lambda nb: nb.cells[1].update(source="# NBVAL_SKIP\n1"), "skipped"),
    (lambda nb: nb.cells[1].update(source="1\n" * 31), "30 lines"),
    (lambda nb: nb.cells[1].update(source="import os\n" * 9), "9 lines of imports"),
    (lambda nb: nb.cells[1].update(source="from os import (\n" + "path,\n" * 8 + ")"), "10 lines of imports"),
    (lambda nb: nb.cells[1].update(source=f"import os as {'o' * 100}"), "113 characters"),
    (lambda nb: nb.cells[1].update(source="import os, sys  # noqa"), "noqa"),
    (lambda nb: nb.cells[1].update(source="check_guess(None, 7)"), "hide-output"),
    (lambda nb: nb.cells[1].metadata.update(tags=["check"]), "not folded alike"),
    (lambda nb: nb.cells[1].metadata.update(cellView="form", jupyter={"source_hidden": True}), "not folded alike"),
    (lambda nb: [cell.metadata.update(tags=[IGNORED]) for cell in nb.cells[1:]], "excused"),
])
def test_each_fault_is_seen(small, spoil, complaint):
    spoil(small)
    assert any(complaint in fault for fault in faults(small)), faults(small)


def test_a_picture_without_words_is_seen():
    assert pictures_without_words("![](a.png)") and not pictures_without_words("![a mask](a.png)")
    assert pictures_without_words("<img src='a.png'>") and not pictures_without_words("<img alt='a' src='b'>")
    assert pictures_without_words("```{figure} a.png\n:width: 3\n```")
    assert not pictures_without_words(":::{figure} a.png\n:alt: a mask\n:::")


def test_refresh_keeps_text_only(small):
    from refresh import strip

    small.cells[2].outputs[0].data["image/png"] = "iVBOR"
    small.cells[1].outputs.append(nbformat.v4.new_output("stream", name="stderr", text="50%|"))
    small.metadata["widgets"] = {}
    strip(small)
    assert faults(small) == []
    assert len(small.cells[1].outputs) == 1


def test_refresh_shows_the_source_of_a_cell_that_is_no_longer_folded(small):
    from refresh import hide_sources

    for tags, folded in ((["plumbing"], True), ([], False)):
        small.cells[1].metadata["tags"] = tags
        hide_sources(small)
        assert ("cellView" in small.cells[1].metadata, "jupyter" in small.cells[1].metadata) == (folded, folded)
        assert faults(small) == []


def test_refresh_names_the_chapter_whose_cell_fails(small, tmp_path, monkeypatch, capsys):
    import refresh

    def client(*_, **__):
        return SimpleNamespace(execute=lambda: 1 / 0)

    nbformat.write(small, tmp_path / "small.ipynb")
    monkeypatch.setattr(refresh, "NotebookClient", client)
    with pytest.raises(ZeroDivisionError):
        refresh.refresh(tmp_path / "small.ipynb")
    assert capsys.readouterr().out.endswith("small.ipynb: ")


def test_refresh_without_a_chapter_says_how_it_is_called(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["refresh.py"])
    with pytest.raises(SystemExit, match="usage"):
        runpy.run_path(str(ROOT / "tools" / "refresh.py"), run_name="__main__")
