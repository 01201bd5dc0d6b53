"""Pages that the build makes: the test of the course, the cost of each chapter, the names of the package.

    ```{course-test} course_test.yml      the questions of a file, as a widget
    ```{chapter-costs}                    seconds and peak memory of each chapter, measured as it was executed
    ```{package-names}                    the package's public names, with signatures and docstrings
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from myst_nb.sphinx_ import NbMetadataCollector
from nbclient import NotebookClient

import bertgpt
from bertgpt.book.widgets import CourseTest

ROOMS = {
    "model": "model: what the models are",
    "text": "text: from text to ids to batches",
    "training": "training: how they learn",
    "inference": "inference: text, blanks, scores and probes",
    "weights": "weights: in and out, ours beside theirs",
    "evaluation": "evaluation: metrics and baselines",
    "tasks": "tasks: what they are used for",
    "cli": "cli: the command line",
    "book": "book: figures, widgets and exercises of these pages",
    "": "Beside the rooms",
}


class Questions(Directive):
    """Show the questions of a file as a CourseTest."""

    required_arguments = 1

    def run(self):
        env = self.state.document.settings.env
        path = Path(env.doc2path(env.docname)).parent / self.arguments[0]
        env.note_dependency(str(path))
        questions = yaml.safe_load(path.read_text(encoding="utf-8"))
        widget = nodes.container(classes=["cell_output", "text_html"])
        widget += nodes.raw("", CourseTest(questions).static_html(), format="html")
        return [widget]


# ---- what a chapter costs


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
    return found and round(int(found[1]) * 1024 / 1e6)            # its kB are 1024 bytes


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
    return [(name, env.titles[name].astext(), data["runtime"],
             env.metadata[name].get("language_info", {}).get("peak_mb")) for name, data in ran if data]


def cells(*texts: str) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph(text=text)) for text in texts))


def written(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.0f}"


def draw_costs(app, doctree, docname):
    """Draw the table: a row per chapter, and the sum."""
    for placeholder in [*doctree.findall(chapter_costs)]:
        found = costs(app.env)
        seconds, memory = [row[2] for row in found], [row[3] for row in found]
        rows = [cells(title, written(time), written(peak)) for _, title, time, peak in found]
        if None not in seconds and found:
            most = "" if None in memory else f"{max(memory):,} at most"
            rows.append(cells("all", written(sum(seconds)), most))
        group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (3, 1, 1)), cols=3)
        group += [nodes.thead("", cells("Chapter", "Seconds", "Peak memory, MB")), nodes.tbody("", *rows)]
        placeholder.replace_self(nodes.table("", group, classes=["chapter-costs"]))


# ---- what the package offers


def modules() -> dict[str, list]:
    """Return the package's modules by room; raise KeyError for a room that ROOMS does not name."""
    found = {room: [] for room in ROOMS}
    for each in pkgutil.walk_packages(bertgpt.__path__, "bertgpt."):
        if not each.ispkg and not each.name.endswith("__main__"):
            _, *rooms, _ = each.name.split(".")
            found[rooms[0] if rooms else ""].append(importlib.import_module(each.name))
    return found


def public(module) -> list[tuple[str, object]]:
    """Return the functions and classes that a module defines and documents, as they stand in it."""
    found = [(name, value) for name, value in vars(module).items()
             if not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value))
             and value.__module__ == module.__name__ and value.__doc__]
    return sorted(found, key=lambda pair: inspect.getsourcelines(pair[1])[1])


def signature(value) -> str:
    """Write how a thing is called, without the modules of its types.

    >>> signature(peak_memory)
    'peak_memory(pid: int) -> int | None'
    """
    try:
        called = str(inspect.signature(value))
    except (TypeError, ValueError):
        called = ""
    called = re.sub(
        r"\w*Path\('[^']*'\)|<factory>|<[^<>]* object at 0x[^<>]*>|<class '([\w.]+)'>", lambda m: m[1] or "...", called)
    return value.__name__ + re.sub(r"\b(?:[A-Za-z_]+\.)+(?=[A-Z])", "", called).replace("'", "")


def docstring(text: str) -> list[nodes.Node]:
    """Set a docstring: paragraphs, `code`, and examples as they are."""
    blocks = []
    for part in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if part.startswith(">>>"):
            blocks.append(nodes.literal_block(part, part, language="pycon"))
            continue
        # The first paragraph runs on; below it each line has something of its own to say.
        blocks.append(nodes.line_block("", *(nodes.line("", "", *with_code(line)) for line in part.splitlines()))
                      if blocks else nodes.paragraph("", "", *with_code(" ".join(part.split()))))
    return blocks


def with_code(text: str) -> list[nodes.Node]:
    """Set what stands between backticks as code."""
    return [nodes.literal(text=bit) if i % 2 else nodes.Text(bit) for i, bit in enumerate(text.split("`"))]


class Names(Directive):
    """List the package's public names, room by room."""

    def run(self):
        env, sections = self.state.document.settings.env, []
        for room, found in modules().items():
            section = nodes.section(ids=[f"room-{room or 'beside'}"], names=[])
            section += nodes.title(text=ROOMS[room])
            for module in found:
                env.note_dependency(module.__file__)
                if names := public(module):
                    section += self.module(module, names)
            sections.append(section)
        return sections

    def module(self, module, names) -> nodes.section:
        section = nodes.section(ids=[module.__name__.replace(".", "-").replace("_", "-")], names=[])
        section += [nodes.title("", "", nodes.literal(text=module.__name__)), *docstring(module.__doc__ or "")[:1]]
        entries = nodes.definition_list(classes=["package-names"])
        for name, value in names:
            term = nodes.term("", "", nodes.literal(text=signature(value)),
                              ids=[f"{module.__name__}.{name}".replace(".", "-").replace("_", "-")])
            if name in bertgpt.__all__:
                term += [nodes.Text(" "), nodes.emphasis(text="from bertgpt")]
            entries += nodes.definition_list_item("", term, nodes.definition("", *docstring(value.__doc__)))
        section += entries
        return section


def setup(app):
    NotebookClient.set_widgets_metadata = measure(NotebookClient.set_widgets_metadata)
    app.add_node(chapter_costs)
    for name, directive in {"course-test": Questions, "chapter-costs": Costs, "package-names": Names}.items():
        app.add_directive(name, directive)
    app.add_css_file("study.css", priority=903)
    app.connect("doctree-resolved", draw_costs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
