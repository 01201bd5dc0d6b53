"""A page is called by its name, so that the next page put in between renames nothing."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
HISTORY = {"changelog.md"}  # it tells of editions whose pages had other numbers
FILES = [path for path in [*ROOT.glob("chapters/**/*.md"), *ROOT.glob("chapters/*.ipynb")] if path.name not in HISTORY]
FILES += [ROOT / "README.md", ROOT / "chapters" / "course_test.yml", ROOT / "chapters" / "micro.py"]
FILES += [path for kind in ("py", "js", "md") for path in ROOT.glob(f"src/**/*.{kind}")]
# "chapter 03", "chapters 03 and 05", "page 7", "[03](03_masks.ipynb)", "[chapter 03's explorer](03_masks.ipynb)"
BARE = re.compile(
    r"\b(?:chapters?|pages?)\s+\[?\d\d?\b(?!_)|\[\d\d\]\((?:\w+/)*\d\d_\w+\.|\[[^\]]*\bchapter \d\d", re.I
)


def bare_numbers(text: str) -> list[str]:
    return [found[0] for found in BARE.finditer(text)]


def prose(path: Path) -> str:
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    return "\n".join(cell.source + str(cell.metadata) for cell in nbformat.read(path, as_version=4).cells)


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_is_called_by_a_bare_number(path):
    assert bare_numbers(prose(path)) == []


@pytest.mark.parametrize(
    "text", ["See chapter 03.", "chapters 03\nand 05", "[03](03_masks.ipynb)", "[chapter 03's](a)", "page 7"]
)
def test_a_bare_number_is_found(text):
    assert bare_numbers(text)


@pytest.mark.parametrize(
    "text", ["[The mask](03_masks.ipynb)", "chapters/03_masks.ipynb", "make pdf CHAPTER=03", "[3](#note)"]
)
def test_a_name_and_a_file_are_none(text):
    assert not bare_numbers(text)
