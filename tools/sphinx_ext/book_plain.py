"""Notebooks that read as plain words in Colab and JupyterLab, and as the book's own markup on its pages.

A chapter's text cells hold what any notebook shows; before Sphinx reads them, this turns

- a link to a paper of references.bib whose text ends in its year into a citation;
- a link to glossary.md into a term, `"with its entry"` as the link's title where the word is another;
- `<small>` into a margin note;
- `<details>` into a fold, a quotation with a bold first line into a box;
- `### Exercise 3.1: Its title`, the line of its facts, and `**Solution**` into an exercise's and a solution's box;
- `<a id="name"></a>` into a target.
"""

import json
import re
from functools import cache, partial
from pathlib import Path

from pybtex.database import parse_file

BIBLIOGRAPHY = Path(__file__).resolve().parents[2] / "chapters" / "references.bib"

PAPER = r"\[[^\[\]]*?,? \(?\d{4}\)?\]\(https?://[^\s)]+\)"
PAPERS = rf"{PAPER}(?:; {PAPER})*"
IN_BRACKETS = re.compile(rf"\({PAPERS}\)")
AMONG_WORDS = re.compile(PAPERS)  # in brackets, as in "(Devlin et al., 2019, section 3)"
IN_TEXT = re.compile(r"\[[^\[\]]*? \(\d{4}\)\]\(https?://[^\s)]+\)")
ADDRESS = re.compile(r"\]\((https?://[^\s)]+)\)")
TERM = re.compile(r'\[([^\[\]]+)\]\(glossary\.md(?: "([^"]+)")?\)')
SMALL = re.compile(r"<small>(.*?)</small>", re.DOTALL)
TARGET = re.compile(r'^<a id="([\w-]+)"></a>$', re.MULTILINE)
BOX = re.compile(r"^> \*\*(.+?)\*\*\n>((?:\n>.*)+)", re.MULTILINE)
ABOUT = "About the solution"
EXERCISE = re.compile(r"^### Exercise \d+\.\d+: (.+)\n\n(★+) · (about \d+ minutes) <!-- ([\w-]+) -->$", re.MULTILINE)
SOLUTION = re.compile(r"^\*\*Solution\*\* <!-- ([\w-]+) -->$", re.MULTILINE)
END = re.compile(
    rf"^(?:<details>\n<summary>{ABOUT}</summary>\n\n(.*?)\n\n</details>\n\n)?<!-- the solution ends -->$",
    re.MULTILINE | re.DOTALL,
)
DETAILS = re.compile(r"^<details>\n<summary>(.*?)</summary>\n\n(.*?)\n\n</details>$", re.MULTILINE | re.DOTALL)


def address(fields) -> str:
    """Return where an entry of the bibliography is found: its own address, its DOI's, or arXiv's."""
    if "url" in fields:
        return fields["url"]
    return f"https://doi.org/{fields['doi']}" if "doi" in fields else f"https://arxiv.org/abs/{fields['eprint']}"


@cache
def keys() -> dict[str, str]:
    """Return the key of each paper of the bibliography by its address."""
    return {address(entry.fields): key for key, entry in parse_file(str(BIBLIOGRAPHY)).entries.items()}


def cite(role: str, found: re.Match) -> str:
    cited = [keys().get(address) for address in ADDRESS.findall(found[0])]
    return f"{{cite:{role}}}`{','.join(cited)}`" if all(cited) else found[0]


def name_term(found: re.Match) -> str:
    return f"{{term}}`{found[1]} <{found[2]}>`" if found[2] else f"{{term}}`{found[1]}`"


def fold(found: re.Match) -> str:
    title = re.sub(r"</?code>", "`", found[1])
    return f":::{{admonition}} {title}\n:class: dropdown\n{found[2]}\n:::"


def box(found: re.Match) -> str:
    body = re.sub(r"^> ?", "", found[2], flags=re.MULTILINE)
    return f":::{{admonition}} {found[1]}{body}\n:::"


def end_solution(found: re.Match) -> str:
    return f"{found[1]}\n\n:::{{solution-end}}\n:::" if found[1] else ":::{solution-end}\n:::"


def to_markup(text: str) -> str:
    """Turn a text cell into the book's markup."""
    facts = r"{.exercise-facts}\nDifficulty \2 · \3"
    text = EXERCISE.sub(rf":::{{exercise-start}} \1\n:label: \4\n:::\n\n{facts}", text)
    text = SOLUTION.sub(r":::{exercise-end}\n:::\n\n:::{solution-start} \1\n:class: dropdown\n:::", text)
    text = DETAILS.sub(fold, END.sub(end_solution, text))
    text = BOX.sub(box, TARGET.sub(r"(\1)=", text))
    text = IN_TEXT.sub(partial(cite, "t"), IN_BRACKETS.sub(partial(cite, "p"), text))
    text = AMONG_WORDS.sub(partial(cite, "alp"), text)
    return TERM.sub(name_term, SMALL.sub(r"[\1]{.margin}", text))


def read(app, docname: str, source: list[str]):
    """Rewrite a notebook's text cells before Sphinx parses it."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = to_markup("".join(cell["source"]))
    source[0] = json.dumps(notebook)


def setup(app):
    app.connect("source-read", read)
