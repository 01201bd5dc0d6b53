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


def costs(env) -> list[tuple[str, str, float | None, int | None]]:
    """Return (page, title, seconds, MB) of each executed chapter, in the order of their names."""
    ran = [(name, NbMetadataCollector.get_exec_data(env, name)) for name in sorted(env.found_docs)]
    return [
        (name, env.titles[name].astext(), data["runtime"], env.metadata[name].get("language_info", {}).get("peak_mb"))
        for name, data in ran
        if data
    ]


def written(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.0f}"


def timed(seconds: float | None, goal: int) -> str:
    """Write the seconds, and that they miss their goal.

    >>> timed(44.6, 45), timed(52.4, 45)
    ('45', '52, missed')
    """
    return written(seconds) + (", missed" if seconds is not None and round(seconds) > goal else "")


def in_short(found: list[tuple[str, str, float | None, int | None]]) -> str:
    """Say in one line what all chapters took, and how many took too long, where all were measured.

    >>> in_short([("a", "Tokens", 31.6, 800), ("b", "The mask", 58.4, 1234)])
    'Here the 2 chapters took 90 seconds in all (aim: 360, reached), 1 of them over 45. None held more than 1,234 MB.'
    """
    seconds, memory = [row[2] for row in found], [row[3] for row in found]
    if not found or None in seconds:
        return ""
    total, late = round(sum(seconds)), sum(round(each) > CHAPTER for each in seconds)
    verdict = "missed" if total > BOOK else "reached"
    said = (
        f"Here the {len(found)} chapters took {total:,} seconds in all (aim: {BOOK}, {verdict}), "
        f"{late or 'none'} of them over {CHAPTER}."
    )
    return said if None in memory else f"{said} None held more than {max(memory):,} MB."


def draw_bars(drawn: nodes.table, values: list[float | None]):
    """Draw a bar under the seconds of each row, the longest as wide as its column."""
    most = max(filter(None, values), default=1)
    for row, value in zip([*drawn.findall(nodes.row)][1:], values):
        row[1] += nodes.raw("", f'<span class="cost" style="--share: {(value or 0) / most:.2f}"></span>', format="html")


def draw_costs(app, doctree, docname):
    """Draw the table, a row per chapter; before it, all of it in one line."""
    for placeholder in [*doctree.findall(chapter_costs)]:
        found = costs(app.env)
        rows = [[title, timed(time, CHAPTER), written(peak)] for _, title, time, peak in found]
        drawn = table(["Chapter", "Seconds", "Peak memory, MB"], rows, "chapter-costs")
        draw_bars(drawn, [time for *_, time, _ in found])
        said = in_short(found)
        placeholder.replace_self([nodes.paragraph(text=said), drawn] if said else drawn)


def lines(patterns: list[str], root: Path = ROOT) -> int:
    """Count the lines of all files that fit."""
    files = {path for pattern in patterns for path in root.glob(pattern)}
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


class Sizes(Directive):
    """Draw the table of lines, and which aims they miss."""

    def run(self):
        counted = {what: (lines(patterns), aim) for what, (patterns, aim) in SIZES.items()}
        rows = [
            [what, f"{count:,}", f"{aim:,}, {'missed' if count > aim else 'reached'}"]
            for what, (count, aim) in counted.items()
        ]
        return [table(["Lines of", "Now", "At most"], rows)]


def setup(app):
    NotebookClient.set_widgets_metadata = measure(NotebookClient.set_widgets_metadata)
    app.add_node(chapter_costs)
    app.add_directive("chapter-costs", Costs)
    app.add_directive("code-sizes", Sizes)
    app.connect("doctree-resolved", draw_costs)
