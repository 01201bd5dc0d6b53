"""The package's public names, room by room, with signatures and docstrings.

    ```{package-names}
"""

import importlib
import inspect
import pkgutil
import re

from docutils import nodes
from docutils.parsers.rst import Directive

import bertgpt

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
    "": "device and assets",
}


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
    """Write a call's signature, without the modules of its types.

    >>> signature(with_code)
    'with_code(text: str) -> list[Node]'
    """
    try:
        called = str(inspect.signature(value))
    except (TypeError, ValueError):
        called = ""
    called = re.sub(
        r"\w*Path\('[^']*'\)|<factory>|<[^<>]* object at 0x[^<>]*>|<class '([\w.]+)'>", lambda m: m[1] or "...", called)
    return value.__name__ + re.sub(r"\b(?:[A-Za-z_]+\.)+(?=[A-Z])", "", called).replace("'", "")


def docstring(text: str) -> list[nodes.Node]:
    """Convert a docstring: paragraphs, `code`, and examples as they are."""
    blocks = []
    for part in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if part.startswith(">>>"):
            blocks.append(nodes.literal_block(part, part, language="pycon"))
            continue
        # The first paragraph is prose; below it each line stands for itself.
        if blocks:
            lines = (nodes.line("", "", *with_code(line)) for line in part.splitlines())
            blocks.append(nodes.line_block("", *lines))
        else:
            blocks.append(nodes.paragraph("", "", *with_code(" ".join(part.split()))))
    return blocks


def with_code(text: str) -> list[nodes.Node]:
    """Convert what is between backticks to code."""
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
        section += nodes.title("", "", nodes.literal(text=module.__name__))
        section += docstring(module.__doc__ or "")[:1]
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
    app.add_directive("package-names", Names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
