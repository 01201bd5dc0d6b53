"""Text cells read as plain words in a notebook, and become the book's markup before its pages are made."""

import json
import re
from pathlib import Path

import pytest
from book_plain import address, keys, to_markup
from pybtex.database import parse_file

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "chapters").glob("[0-9][0-9]_*.ipynb"))
BERT = "https://aclanthology.org/N19-1423/"

CASES = {
    f"[Devlin et al. (2019)]({BERT}) say": "{cite:t}`devlin2019bert` say",
    f"so ([Devlin et al., 2019]({BERT}))": "so {cite:p}`devlin2019bert`",
    f"([Devlin et al., 2019]({BERT}); [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762))": (
        "{cite:p}`devlin2019bert,vaswani2017attention`"
    ),
    f"([Devlin et al., 2019]({BERT}), section 3)": "({cite:alp}`devlin2019bert`, section 3)",
    f"(*pre-training*, [Devlin et al., 2019]({BERT}))": "(*pre-training*, {cite:alp}`devlin2019bert`)",
    "[a page (2020)](https://example.org/a) and [05](05_two_models.ipynb)": None,
    '[tokens](glossary.md "token"), [nat](glossary.md)': "{term}`tokens <token>`, {term}`nat`",
    "One. <small>Two [3](4.md).</small>": "One. [Two [3](4.md).]{.margin}",
    '<a id="beat-both"></a>\n## See it': "(beat-both)=\n## See it",
    "> It is a *truth*.\n>\n> So.": None,
    "> **A box**\n>\n> One.\n>\n> Two.\n\nText.": ":::{admonition} A box\nOne.\n\nTwo.\n:::\n\nText.",
    "<details>\n<summary>Why <code>3</code>?</summary>\n\nSo.\n\nSo.\n\n</details>": (
        ":::{admonition} Why `3`?\n:class: dropdown\nSo.\n\nSo.\n:::"
    ),
    "### Exercise 3.1: A mask\n\n★★ · about 10 minutes <!-- a-mask -->\n\n*Goal:* one.": (
        ":::{exercise-start} A mask\n:label: a-mask\n:::"
        "\n\n{.exercise-facts}\nDifficulty ★★ · about 10 minutes\n\n*Goal:* one."
    ),
    "**Solution** <!-- a-mask -->": ":::{exercise-end}\n:::\n\n:::{solution-start} a-mask\n:class: dropdown\n:::",
    "<details>\n<summary>About the solution</summary>\n\nIt fits.\n\n</details>\n\n<!-- the solution ends -->": (
        "It fits.\n\n:::{solution-end}\n:::"
    ),
    "<!-- the solution ends -->": ":::{solution-end}\n:::",
}


@pytest.mark.parametrize("plain", CASES)
def test_plain_words_become_the_books_markup(plain):
    assert to_markup(plain) == (CASES[plain] or plain)


def test_each_paper_has_one_address():
    entries = parse_file(str(CHAPTERS[0].parent / "references.bib")).entries
    assert len({address(entry.fields) for entry in entries.values()}) == len(entries) == len(keys())


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem[:2])
def test_a_notebooks_text_is_plain_and_every_paper_it_names_is_in_the_bibliography(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert not re.findall(r"\{(?:cite|term|download)[:\w]*\}`|\]\{\.|^:::.*|^\([\w-]+\)=", text, re.MULTILINE)
    assert not re.findall(r"\[[^\[\]]* \(\d{4}\)\]\(http|\[[^\[\]]*, \d{4}\]\(http", to_markup(text))
    assert to_markup(text).count("{exercise-start}") == to_markup(text).count("{solution-end}")
