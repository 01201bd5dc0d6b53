"""The landing page: it opens with the pair, leads to the mask and to every chapter, and says which are to come."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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


def test_the_pair_comes_first_and_one_click_leads_to_the_mask():
    title, sentence, pair = PAGE.split("\n\n")[:3]
    assert title.startswith("# ") and len(sentence) < 120 and pair == "```{live-pair}\n```"
    assert re.search(r"^```\{button-ref\} flip-the-mask\n(?::.*\n)*Paint your own mask\n```$", PAGE, re.MULTILINE)


def test_the_commands_are_those_of_the_makefile():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make (\w+)", PAGE, re.MULTILINE)) == {"book", "test"} <= set(targets)
