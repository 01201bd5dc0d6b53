"""A widget in a page of one's own, as teaching.md puts it there: with no file but the page."""

import re
from pathlib import Path

TEACHING = Path(__file__).resolve().parents[3] / "chapters" / "teaching.md"


def test_the_lines_that_teaching_shows_make_a_page(show):
    lines, made = re.search(r"```python\n(.*?)```", TEACHING.read_text(encoding="utf-8"), re.DOTALL)[1], {}
    exec(lines, made)
    page = show(made["widget"])
    page.get_by_label("because his toy was broken.").check()
    page.get_by_text("sad").first.wait_for()
