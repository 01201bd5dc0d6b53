"""Two files side by side: no line is lost, and replacements share a row."""

import difflib
from pathlib import Path

from book_diff import rows

MODEL = Path(__file__).resolve().parents[2] / "src" / "bertgpt" / "model"
LISTING = "\n".join(
    difflib.ndiff(
        (MODEL / "bert.py").read_text(encoding="utf-8").splitlines(),
        (MODEL / "gpt.py").read_text(encoding="utf-8").splitlines(),
    )
)


def test_each_column_is_its_file():
    for side, name in ((1, "bert.py"), (2, "gpt.py")):
        column = [row[side] for row in rows(LISTING) if row[side] is not None]
        assert column == (MODEL / name).read_text(encoding="utf-8").splitlines()


def test_lines_that_replace_each_other_share_a_row():
    assert rows("- a\n- b\n+ c\n  d\n+ e\n- f\n? ^") == [
        ("left", "a", None),
        ("both", "b", "c"),
        ("same", "d", "d"),
        ("right", None, "e"),
        ("left", "f", None),
    ]
