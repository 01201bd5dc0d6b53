"""Seconds and peak memory of each chapter, measured as it was executed, and the lines of the repository.

```{chapter-costs}
```
```{code-sizes}
```
"""

import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from drawing import table
from myst_nb.sphinx_ import NbMetadataCollector
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
CHAPTER, BOOK = 45, 360  # seconds on two cores that a chapter, and all of them, may take
# What is counted -> its files, and the lines that it was to have at most.
SIZES = {
    "the package, bertgpt": (["src/bertgpt/**/*.py"], 5200),
    "both packages": (["src/**/*.py"], 9000),
    "tests": (["tests/**/*.py"], 14500),
    "tools and benchmarks": (["tools/**/*.py", "benchmarks/*.py"], 7000),
    "JavaScript": (["src/**/*.js", "tools/**/*.js"], 5400),
}


class chapter_costs(nodes.Element):
    """A placeholder for the table, which is drawn when all chapters are read."""


class Costs(Directive):
    def run(self):
        return [chapter_costs()]


def peak_memory(pid: int) -> int | None:
    """Return the most memory that a process has held, in MB; None where the system does not say."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None
    return found and round(int(found[1]) * 1024 / 1e6)  # its kB are 1024 bytes


def measure(set_widgets_metadata):
    """Store the kernel's peak memory in metadata that the cache restores and does not compare.

    jupyter-cache compares the metadata of cells: with a number there, no chapter would be found in it again.
    """

    def after_the_last_cell(self):
        set_widgets_metadata(self)
        self.nb.metadata["language_info"]["peak_mb"] = peak_memory(self.km.provisioner.process.pid)

    return after_the_last_cell


def costs(env) -> list[tuple[str, float, int | None]]:
    """Return (title, seconds, MB) of each executed chapter, in the order of their names."""
    ran = [(name, NbMetadataCollector.get_exec_data(env, name)) for name in sorted(env.found_docs)]
    return [
        (env.titles[name].astext(), data["runtime"], env.metadata[name].get("language_info", {}).get("peak_mb"))
        for name, data in ran
        if data
    ]


def in_short(found: list[tuple[str, float, int | None]]) -> str:
    """Say in one line what all chapters took, and how many took too long.

    >>> in_short([("Tokens", 31.6, 800), ("The mask", 58.4, 1234)])
    'Here the 2 chapters took 90 seconds in all (aim: 360, reached), 1 of them over 45. None held more than 1,234 MB.'
    """
    _, seconds, memory = zip(*found)
    total, late = round(sum(seconds)), sum(round(each) > CHAPTER for each in seconds)
    verdict = "missed" if total > BOOK else "reached"
    said = (
        f"Here the {len(found)} chapters took {total:,} seconds in all (aim: {BOOK}, {verdict}), "
        f"{late or 'none'} of them over {CHAPTER}."
    )
    return said if None in memory else f"{said} None held more than {max(memory):,} MB."


def draw(found: list[tuple[str, float, int | None]]) -> nodes.table:
    """Draw a row a chapter, and a bar under its seconds, the longest as wide as its column."""
    rows = []
    for title, time, peak in found:
        verdict = ", missed" if round(time) > CHAPTER else ""
        rows.append([title, f"{time:,.0f}{verdict}", f"{peak:,}" if peak else "not measured"])
    drawn, most = table(["Chapter", "Seconds", "Peak memory, MB"], rows, "chapter-costs"), max(row[1] for row in found)
    for row, (_, time, _) in zip([*drawn.findall(nodes.row)][1:], found):
        row[1] += nodes.raw("", f'<span class="cost" style="--share: {time / most:.2f}"></span>', format="html")
    return drawn


def draw_costs(app, doctree, docname):
    """Replace the placeholder by the table, and before it all of it in one line."""
    for placeholder in [*doctree.findall(chapter_costs)]:
        found = costs(app.env)
        placeholder.replace_self([nodes.paragraph(text=in_short(found)), draw(found)])


def lines(patterns: list[str]) -> int:
    """Count the lines of all files that fit."""
    files = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


class Sizes(Directive):
    def run(self):
        rows = []
        for what, (patterns, aim) in SIZES.items():
            count = lines(patterns)
            rows.append([what, f"{count:,}", f"{aim:,}, {'missed' if count > aim else 'reached'}"])
        return [table(["Lines of", "Now", "At most"], rows)]


def setup(app):
    NotebookClient.set_widgets_metadata = measure(NotebookClient.set_widgets_metadata)
    app.add_node(chapter_costs)
    app.add_directive("chapter-costs", Costs)
    app.add_directive("code-sizes", Sizes)
    app.connect("doctree-resolved", draw_costs)
