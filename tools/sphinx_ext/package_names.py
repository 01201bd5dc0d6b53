"""The package's public names: a list of its face, and a page a room with signatures, docstrings and methods.

```{package-face}
```{package-names} model
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import sphinx.util.inspect
from docutils import nodes
from docutils.parsers.rst import Directive

import bertgpt
import bertgpt_book

ROOMS = {
    "model": "model: what the models are",
    "text": "text: from text to ids to batches",
    "training": "training: how they learn",
    "inference": "inference: text, blanks, scores and probes",
    "weights": "weights: in and out, ours beside theirs",
    "beside": "Beside the rooms: device, assets",
    "modern": "bertgpt_book, modern: encoders and decoders since 2019",
    "exams": "bertgpt_book, exams: somebody else's tests",
    "statistics": "bertgpt_book, statistics: how results are counted, and what a model has to beat",
    "tasks": "bertgpt_book, tasks: what single chapters use the models for",
    "book": "bertgpt_book: figures, widgets and exercises",
}


def modules() -> dict[str, list]:
    """Return the modules of both packages by room, but those of the command line."""
    found = {room: [] for room in ROOMS}
    for package, beside in ((bertgpt, "beside"), (bertgpt_book, "book")):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # The command line has a page of its own: your_own_text.md.
            if not each.ispkg and not each.name.endswith("__main__") and ".cli." not in each.name:
                room = each.name.split(".")[1]
                found[room if room in ROOMS else beside].append(importlib.import_module(each.name))
    return found


def public(module) -> list[tuple[str, object]]:
    """Return the functions and classes that a module defines and documents, as they stand in it."""
    return [
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
        and value.__doc__
    ]


def signature(value) -> str:
    """Write a call's signature, without the modules of its types; a name alone where Python's own class is called.

    >>> signature(with_code)
    'with_code(text: str) -> list[Node]'
    """
    made_by = getattr(value.__init__, "__module__", None) if inspect.isclass(value) else value.__module__
    if inspect.isclass(value) and made_by and not made_by.startswith("bertgpt"):
        return value.__name__
    try:
        called = sphinx.util.inspect.signature(value)
    except (TypeError, ValueError):
        return value.__name__
    kept = [
        # what the folder of this machine is called says nothing
        each.replace(default=...) if isinstance(each.default, Path) else each
        for name, each in called.parameters.items()
        if name != "self"
    ]
    text = sphinx.util.inspect.stringify_signature(
        called.replace(parameters=kept), show_return_annotation=not inspect.isclass(value), unqualified_typehints=True
    )
    return value.__name__ + re.sub(r"~(?:\w+\.)+", "", text).replace("Ellipsis", "...")


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
    """Convert what is between backticks to code, and what is between asterisks to emphasis."""
    found = re.split(r"`([^`]+)`|(?<![\w*])\*(\w[^*`]*)\*(?!\w)", text)
    kinds = (nodes.Text, lambda bit: nodes.literal(text=bit), lambda bit: nodes.emphasis(text=bit))
    return [kinds[i % 3](bit) for i, bit in enumerate(found) if bit]


def methods(value) -> list[tuple[str, object]]:
    """Return a class's own public methods that have a docstring, as they stand in it."""
    own = [(name, getattr(value, name)) for name in vars(value) if not name.startswith("_")]
    return [(name, each) for name, each in own if (inspect.isfunction(each) or inspect.ismethod(each)) and each.__doc__]


def described(value) -> nodes.definition_list_item:
    term = nodes.term("", "", nodes.literal(text=signature(value)))
    return nodes.definition_list_item("", term, nodes.definition("", *docstring(value.__doc__)))


def anchor(name: str) -> str:
    return name.replace(".", "-").replace("_", "-")


class Names(Directive):
    """List the public names of a room of the package, module by module."""

    required_arguments = 1

    def run(self):
        found = ((module, public(module)) for module in modules()[self.arguments[0]])
        return [self.module(module, names) for module, names in found if names]

    def module(self, module, names) -> nodes.section:
        section = nodes.section(ids=[anchor(module.__name__)], names=[])
        section += nodes.title("", "", nodes.literal(text=module.__name__))
        section += docstring(module.__doc__ or "")[:1]
        entries = nodes.definition_list(classes=["package-names"])
        for name, value in names:
            item = described(value)
            if inspect.isclass(value) and (found := methods(value)):
                item[1] += nodes.definition_list("", *(described(each) for _, each in found))
            term = item[0]
            term["ids"] = [anchor(f"{module.__name__}.{name}")]
            if name in vars(bertgpt.names):
                term += [nodes.Text(" "), nodes.emphasis(text="from bertgpt")]
            entries += item
        section += entries
        return section


class Face(Directive):
    """List what `from bertgpt import ...` gives, by room: each name with its first sentence, and a link to the rest."""

    def run(self):
        shown = []
        for room, found in modules().items():
            names = [(name, value) for module in found for name, value in public(module) if name in vars(bertgpt.names)]
            if names:
                shown.append(nodes.paragraph("", "", nodes.strong(text=ROOMS[room])))
                shown.append(nodes.bullet_list("", *(self.item(room, name, value) for name, value in names)))
        return shown

    def item(self, room, name, value) -> nodes.list_item:
        target = f"api/{room}.html#{anchor(f'{value.__module__}.{name}')}"
        link = nodes.reference("", name, internal=True, refuri=target)
        sentence = docstring(value.__doc__)[0]
        return nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(": "), *sentence.children))


def setup(app):
    app.add_directive("package-face", Face)
    app.add_directive("package-names", Names)
