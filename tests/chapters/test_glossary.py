"""The glossary: every term that a page uses is in it, and its entries are in alphabetical order."""

import json
import re
from pathlib import Path

import pytest

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
PAGES = sorted([*CHAPTERS.glob("*.md"), *CHAPTERS.glob("*.ipynb")])
USED = re.compile(r"\{term\}`(?:[^`<]*<([^`>]+)>|([^`]+))`")      # {term}`token` or {term}`tokens <token>`


def glossary_entries() -> list[list[str]]:
    """Return the terms of each entry."""
    text = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
    body = re.search(r"^```\{glossary\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]
    return [[line for line in entry.splitlines() if not line.startswith(" ")]
            for entry in body.strip("\n").split("\n\n")]


ENTRIES = glossary_entries()
TERMS = {term.casefold() for terms in ENTRIES for term in terms}


def used_terms(text: str) -> set[str]:
    return {(target or plain).strip() for target, plain in USED.findall(text)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_term_in_use_is_defined(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert {term for term in used_terms(text) if term.casefold() not in TERMS} == set()


def test_terms_in_use_are_found_in_both_spellings():
    assert used_terms("a {term}`token`, two {term}`tokens <token>` and {term}`[MASK]`") == {"token", "[MASK]"}


def test_entries_are_sorted_by_the_letters_of_their_first_term():
    firsts = [terms[0] for terms in ENTRIES]
    assert firsts == sorted(firsts, key=lambda term: re.sub(r"[^\w/ ]", "", term.replace("-", " ")).casefold())
