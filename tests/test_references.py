"""Every work that the book cites stands in the bibliography, and its page says how far it was checked."""

import re
from pathlib import Path

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


def test_each_work_has_one_row_in_the_table_of_what_was_checked():
    keys = re.findall(r"^@\w+\{(\w+),", (CHAPTERS / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert sorted(CITED.findall((CHAPTERS / "references.md").read_text(encoding="utf-8"))) == sorted(keys)


def test_each_work_that_is_cited_is_in_the_bibliography():
    keys = re.findall(r"^@\w+\{(\w+),", (CHAPTERS / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    pages = [*CHAPTERS.glob("*.ipynb"), *CHAPTERS.glob("*.md")]
    cited = {key.strip() for page in pages for found in CITED.findall(page.read_text(encoding="utf-8"))
             for key in found.split(",")}
    assert cited and cited <= set(keys), cited - set(keys)
