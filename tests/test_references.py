"""Every work that the book cites stands in the bibliography, and its page says how far it was checked."""

import re
from pathlib import Path

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


def test_the_table_of_what_was_checked_names_works_of_the_bibliography_once():
    keys = re.findall(r"^@\w+\{(\w+),", (CHAPTERS / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    rows = CITED.findall((CHAPTERS / "references.md").read_text(encoding="utf-8"))
    assert len(keys) == len(set(keys)) and len(rows) == len(set(rows))
    assert rows and set(rows) <= set(keys)


def test_each_work_that_is_cited_is_in_the_bibliography():
    keys = re.findall(r"^@\w+\{(\w+),", (CHAPTERS / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    pages = [*CHAPTERS.glob("*.ipynb"), *CHAPTERS.glob("*.md")]
    cited = {key.strip() for page in pages for found in CITED.findall(page.read_text(encoding="utf-8"))
             for key in found.split(",")}
    assert cited and cited <= set(keys), cited - set(keys)
