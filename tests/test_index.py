"""The landing page: it links to every chapter there is, says which are to come, and leads to the mask."""

import re
from pathlib import Path

from bertgpt import bidirectional_mask, causal_mask

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
CHAPTERS = set(re.findall(r"chapters/(\d\d_\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8")))


def test_every_chapter_there_is_has_a_link():
    """When a chapter joins _toc.yml, its row of the table turns into a link."""
    assert set(re.findall(r"\]\((\d\d_\w+)\.ipynb\)", PAGE)) == CHAPTERS


def test_a_chapter_that_is_not_there_says_so():
    rows = re.findall(r"^\| (\d\d) \| (.+?) \|", PAGE, re.MULTILINE)
    assert rows == sorted(rows)
    for number, name in rows:
        there = any(chapter.startswith(number) for chapter in CHAPTERS)
        assert there != ("being written" in name), name


def test_one_click_leads_to_the_mask():
    assert re.search(r"^```\{button-ref\} 03_masks\n(?::.*\n)*Flip the mask now\n```$", PAGE, re.MULTILINE)


def test_the_picture_shows_the_two_masks():
    """Count the cells that are drawn filled and open against the package's own masks."""
    def cells(kind: str, model: str) -> int:
        panel = PAGE.split(f'<g class="two-masks-{model}">')[1].split("</g>")[0]
        path = re.search(rf'<path class="two-masks-{kind}" d="([^"]*)"', panel)
        return path[1].count("z") if path else 0

    for model, mask in {"bert": bidirectional_mask(4), "gpt": causal_mask(4)}.items():
        assert cells("open", model) == int(mask.sum())
        assert cells("shut", model) == int((~mask).sum())


def test_the_commands_are_those_of_the_makefile():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make (\w+)", PAGE, re.MULTILINE)) == {"book", "test"} <= set(targets)
