"""The landing page leads to every chapter."""

import re
from pathlib import Path

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def test_every_chapter_has_a_link_on_the_landing_page():
    page = (CHAPTERS / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\d\d_\w+)\.ipynb\)", page)) == {path.stem for path in CHAPTERS.glob("*.ipynb")}
