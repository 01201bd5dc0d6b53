"""The works of references.bib: each is cited where its idea is used, and the page says what of it was compared."""

import json
import re
from pathlib import Path

from book_plain import to_markup

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
KEYS = set(re.findall(r"^@\w+\{(\S+),$", (CHAPTERS / "references.bib").read_text(encoding="utf-8"), re.MULTILINE))
CITED = re.compile(r"\{cite(?::(?:t|p|alp))?\}`([^`]+)`")


def cited(text: str) -> set[str]:
    """Return the works that a text cites."""
    return {key.strip() for keys in CITED.findall(text) for key in keys.split(",")}


def test_every_work_is_cited_on_a_page_and_every_citation_leads_to_a_work():
    found = set()
    for path in CHAPTERS.glob("*.md"):
        found |= cited(path.read_text(encoding="utf-8")) if path.stem != "references" else set()
    for path in CHAPTERS.glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found |= {key for cell in cells for key in cited(to_markup("".join(cell["source"])))}
    assert found == KEYS


def test_every_work_has_a_row_that_says_what_was_compared():
    rows = re.findall(
        r"^\| \{cite:t\}`(\w+)` \|", (CHAPTERS / "references.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == sorted(rows) and set(rows) == KEYS
