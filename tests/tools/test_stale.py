"""What the book is made from: a change of any of it makes the book stale, and asking changes nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import execute
import nbformat
import pytest
import stale

ROOT = Path(__file__).resolve().parents[2]
FILES = dict.fromkeys(("src/bertgpt/masks.py", "src/bertgpt/block.py", "chapters/index.md", "_config.yml"), "a: 1\n")
FILES |= dict.fromkeys(("src/bertgpt_book/results/cards.json", "chapters/03_masks.ipynb"), "{}\n")
FILES |= {"tools/set_address.py": "PLACEHOLDER = 1\n"}
FILES |= {"requirements.txt": "# pinned\nsphinx==7.4.7\n"}
FILES |= {"pyproject.toml": '[project]\ndependencies = ["torch>=2.5.0"]\n'}


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A small book in a folder."""
    monkeypatch.setattr(stale, "find_model", lambda: None)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


CHANGES = """change src/bertgpt/masks.py, delete src/bertgpt/block.py, rename src/bertgpt_book/results/cards.json,
    add src/bertgpt/new.py, change chapters/03_masks.ipynb, delete chapters/index.md, change _config.yml,
    change tools/set_address.py""".split(",")


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_the_book_stale_and_one_of_code_the_notebooks(book, change):
    what, name = change.split()
    is_code = name.startswith("src")
    notebooks, pages = stale.digest(book), stale.digest(book, stale.BOOK)
    if what == "delete":
        (book / name).unlink()
    elif what == "rename":
        (book / name).rename((book / name).with_stem("another"))
    else:
        (book / name).write_text("changed\n")
    assert stale.digest(book, stale.BOOK) != pages and (stale.digest(book) != notebooks) is is_code


@pytest.mark.parametrize("name", ["python", "smollm2", "torch", "sphinx"])
def test_another_version_and_a_model_that_is_there_now_make_all_of_it_stale(book, name, monkeypatch):
    before = stale.digest(book), stale.digest(book, stale.BOOK)
    if name == "python":
        monkeypatch.setattr(stale.platform, "python_version", lambda: "3.99.0")
    elif name == "smollm2":
        monkeypatch.setattr(stale, "find_model", lambda: Path("a path"))
    else:
        real = stale.version
        monkeypatch.setattr(stale, "version", lambda asked: "99.0" if asked == name else real(asked))
    assert stale.digest(book) != before[0] and stale.digest(book, stale.BOOK) != before[1]


def test_what_python_leaves_behind_does_not_count_and_asking_deletes_nothing(book):
    old = book / "_build" / ".jupyter_cache-0"
    old.mkdir(parents=True)
    cache = stale.notebook_cache(book, book / "_build")
    (book / "src/bertgpt/__pycache__").mkdir()
    (book / "src/bertgpt/__pycache__/masks.pyc").write_text("")
    assert stale.notebook_cache(book, book / "_build") == cache and cache.parent == book / "_build"
    assert old.exists() and not cache.exists()


@pytest.mark.parametrize("traceback", [None, "ZeroDivisionError"])
def test_the_old_cache_goes_when_every_chapter_is_in_the_new_one(tmp_path, monkeypatch, traceback):
    caches = [tmp_path / "_build" / f".jupyter_cache-{n}" for n in range(2)]
    caches[0].mkdir(parents=True)
    (tmp_path / "chapters").mkdir()
    notebook = nbformat.v4.new_notebook()
    nbformat.write(notebook, tmp_path / "chapters" / "00_small.ipynb")
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    monkeypatch.setattr(execute, "notebook_cache", lambda root, build: caches[1])
    monkeypatch.setattr(execute, "execute", lambda path: (path, notebook, 0.1, traceback))
    monkeypatch.setattr("sys.argv", ["execute"])
    assert execute.main() == bool(traceback)
    assert caches[0].exists() is bool(traceback) and caches[1].exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("make"), reason="there is no make")
def test_make_builds_the_book_anew_before_it_tests_it(book):
    """With stand-ins for the tools: each writes its name into a log, and the digest is the real one."""
    for name in ("Makefile", "tools/stale.py"):
        (book / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, book / name)
    python = f'case "$1" in tools/stale.py) exec {sys.executable} "$@";; esac\necho $1 >> log\n'
    for name, script in {"python": python, "jupyter-book": "mkdir -p _build/html\necho $1 >> log\n"}.items():
        path = book / ".venv" / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/bash\n{script}")
        path.chmod(0o755)
    (book / ".venv" / ".installed").touch()

    def make(target: str) -> list[str]:
        (book / "log").write_text("")
        subprocess.run(["make", "-s", target], cwd=book, check=True, capture_output=True)
        return (book / "log").read_text().split()

    built = ["tools/execute.py", "build"]
    assert make("book") == built and make("book") == []
    (book / "src/bertgpt/block.py").unlink()
    assert make("pdf") == [*built, "tools/pdf.py"]
    (book / ".venv/bin/jupyter-book").write_text("#!/bin/bash\nexit 1\n")
    (book / "_config.yml").write_text("title: v\n")
    with pytest.raises(subprocess.CalledProcessError):
        make("book")
    with pytest.raises(subprocess.CalledProcessError):  # what has failed is not taken for built
        make("book")
