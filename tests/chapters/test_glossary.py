"""The glossary's entries are in alphabetical order. (Sphinx itself warns of a term that is not among them.)"""

import re
from pathlib import Path

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def test_entries_are_sorted_by_the_letters_of_their_first_term():
    text = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
    body = re.search(r"^```\{glossary\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]
    firsts = [entry.splitlines()[0] for entry in body.strip("\n").split("\n\n")]
    assert firsts == sorted(firsts, key=lambda term: re.sub(r"[^\w/ ]", "", term.replace("-", " ")).casefold())
