"""The notation page names every setting of ours, and each letter's."""

import re
from pathlib import Path

from bertgpt import TransformerConfig

PAGE = (Path(__file__).resolve().parents[2] / "chapters" / "notation.md").read_text(encoding="utf-8")


def test_every_setting_of_ours_is_on_the_page():
    table = PAGE.split("### Sizes and switches")[1].split("### ")[0]
    named = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert sorted(named) == sorted([*TransformerConfig.__dataclass_fields__, "d_head"])
    letters = re.findall(r"`([^`]+)`", PAGE.split("## Shapes")[0])
    assert {"d_model", "n_heads", "d_head", "d_ff", "vocab_size", "n_layers"} == set(letters)
