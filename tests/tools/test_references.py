"""The bibliography: it can be read, and every work that a page cites is in it."""

import re
from pathlib import Path

from pybtex.database import parse_file

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def test_every_work_that_is_cited_can_be_looked_up():
    known = set(parse_file(CHAPTERS / "references.bib").entries)          # a brace that is missing is an error here
    pages = [*CHAPTERS.glob("*.ipynb"), *CHAPTERS.glob("*.md")]
    cited = {key.strip() for path in pages
             for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", path.read_text(encoding="utf-8"))
             for key in keys.split(",")}
    assert len(cited) > 30 and not cited - known
