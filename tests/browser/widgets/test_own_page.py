"""Widgets in a page of one's own, as teaching.md puts them there: with a style of its own and no file but the page."""

import re
from pathlib import Path

from small_widgets import MAKERS

from bertgpt_book.widgets import Predict

TEACHING = Path(__file__).resolve().parents[3] / "chapters" / "teaching.md"
STYLE = "table { width: 50%; } th, td { border: 1px solid; padding: 1rem; } p, button { font: 2rem serif; }"


def test_every_kind_starts_and_one_is_used(show, small):
    made = [small(name) for name in (*MAKERS, "head switcher")]
    predict = Predict("Which?", ["square", "triangle"], answer="triangle", why="The past alone.")
    page = show(*made, predict, style=STYLE)
    page.locator("figure").nth(len(made)).wait_for()
    explorer = page.locator('[data-bertgpt="LiveMaskExplorer"]')
    explorer.locator("input[name=mask][value=causal]").check()
    assert explorer.locator(".main > .heading").inner_text() == "BERT’s weights, GPT’s mask"
    assert explorer.locator("td.closed").count() == 15  # of six tokens
    page.get_by_role("button", name="triangle").last.click()
    page.get_by_text("The past alone.").first.wait_for()


def test_the_lines_that_teaching_shows_make_a_page(show):
    lines, made = re.search(r"```python\n(.*?)```", TEACHING.read_text(encoding="utf-8"), re.DOTALL)[1], {}
    exec(lines, made)
    page = show(made["widget"], style=STYLE)
    page.get_by_label("because his toy was broken.").check()
    page.get_by_text("sad").first.wait_for()
