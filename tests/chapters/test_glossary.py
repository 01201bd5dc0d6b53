"""The glossary's entries are in alphabetical order. (Sphinx warns of a term that is not among them.)"""

import re
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "chapters" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.search(r"^```\{glossary\}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)[1].strip("\n").split("\n\n")


def test_entries_are_sorted_by_the_letters_of_their_first_term():
    firsts = [entry.splitlines()[0] for entry in ENTRIES]
    assert firsts == sorted(firsts, key=lambda term: re.sub(r"[^\w/ ]", "", term.replace("-", " ")).casefold())
