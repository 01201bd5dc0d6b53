"""Two files side by side: no line is lost, and replacements share a row."""

import difflib
from pathlib import Path

from book_diff import rows

MODEL = Path(__file__).resolve().parents[2] / "src" / "bertgpt" / "model"
FILES = [(MODEL / name).read_text(encoding="utf-8").splitlines() for name in ("bert.py", "gpt.py")]


def test_each_column_is_its_file():
    table = rows("\n".join(difflib.ndiff(*FILES)))
    assert [[row[side] for row in table if row[side] is not None] for side in (1, 2)] == FILES


def test_lines_that_replace_each_other_share_a_row():
    expected = [("left", "a", None), ("both", "b", "c"), ("same", "d", "d"), ("right", None, "e"), ("left", "f", None)]
    assert rows("- a\n- b\n+ c\n  d\n+ e\n- f\n? ^") == expected
