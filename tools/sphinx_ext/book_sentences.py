"""The sentence to remember of each chapter: the Markdown cell that is tagged `sentence`, one a chapter.

```{sentences}
```

lists them in the order of the contents, each behind a link to its chapter.
"""

from pathlib import Path

import nbformat
import yaml
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
TAG = "sentence"


def sentence_of(notebook) -> str:
    """Return the one sentence of a chapter, in its bold Markdown. Raises ValueError where there is none, or more."""
    found = [cell.source.strip() for cell in notebook.cells if TAG in cell.metadata.get("tags", [])]
    if len(found) != 1 or not (found[0].startswith("**") and found[0].endswith("**") and found[0].count("**") == 2):
        raise ValueError(f"a chapter has one bold sentence, in a Markdown cell tagged `{TAG}`; here is {found}")
    return found[0]


def sentences(root: Path = ROOT) -> list[tuple[str, str, str]]:
    """Collect them in the order of the contents: -> file name, title, sentence."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    found = []
    for page in (page for part in contents["parts"] for page in part["chapters"]):
        path = root / f"{page['file']}.ipynb"
        if path.exists():
            notebook = nbformat.read(path, as_version=4)
            title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
            found.append((path.name, title, sentence_of(notebook)))
    return found


class Sentences(SphinxDirective):
    """List the sentences of all chapters."""

    def run(self):
        for name, *_ in (found := sentences()):
            self.env.note_dependency(str(ROOT / "chapters" / name))
        return self.parse_text_to_nodes(
            "\n".join(f"- [{title}]({name}): {text.strip('*')}" for name, title, text in found)
        )


def setup(app):
    app.add_directive("sentences", Sentences)
