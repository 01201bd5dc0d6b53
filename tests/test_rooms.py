"""The package's rooms: one sentence each says what a room may import, and nothing imports in a circle."""

import ast
import graphlib
from collections import defaultdict
from importlib.util import resolve_name
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "bertgpt"
FILES = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
         for path in sorted(PACKAGE.rglob("*.py"))}
FACES = {name.removesuffix(".__init__"): name for name in FILES if name.endswith(".__init__")}
ROOMS = ("model", "text", "training", "tasks", "widgets")
COMMAND_LINE = ("bertgpt.__main__", "bertgpt.train_command")


def imports(name: str, source: str) -> set[str]:
    """Return the package's files that a file imports, wherever in it; a folder that is imported is its __init__."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), name.rpartition(".")[0])
            found |= {f"{origin}.{alias.name}" if f"{origin}.{alias.name}" in FILES else origin for alias in node.names}
    return {FACES.get(other, other) for other in found} & FILES.keys()


def room(name: str) -> str:
    """Return a file's room: one of the five, or the file's own name where it lies flat."""
    return name.split(".")[1]


def allowed(importer: str, imported: str) -> bool:
    """Say whether a file may import another: a line a room."""
    here, there = room(importer), room(imported)
    if here in ("model", "text", "training"):
        return there in {"model": ["model"], "text": ["text", "assets"],
                         "training": ["training", "model", "text", "device"]}[here]
    if here == "tasks":
        return there not in ("widgets", "plots")
    return there != "tasks" if here in ("widgets", "__init__") else there not in ("tasks", "widgets")


GRAPH = {name: imports(name, path.read_text(encoding="utf-8")) for name, path in FILES.items()}


@pytest.mark.parametrize("name", GRAPH)
def test_a_room_imports_what_its_sentence_says(name):
    assert {room(name) for name in GRAPH} > set(ROOMS)
    assert not [other for other in GRAPH[name] if not allowed(name, other)]


def test_nothing_imports_in_a_circle():
    assert len([*graphlib.TopologicalSorter(GRAPH).static_order()]) == len(FILES)


def test_no_name_means_two_things():
    homes = defaultdict(list)
    for name, path in FILES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else [node]
            for defined in {getattr(target, "name", getattr(target, "id", "__")) for target in targets}:
                homes[defined].append(name)
    assert {name: found for name, found in homes.items() if len(found) > 1 and not name.startswith("__")} == {}
    assert len(homes) > 400


@pytest.mark.parametrize("name", ["attention", "block"])
def test_attention_and_block_know_no_mask(name):
    assert "bertgpt.model.masks" not in GRAPH[f"bertgpt.model.{name}"]


def test_only_the_models_choose_a_mask():
    choosing = {name for name, others in GRAPH.items() if "bertgpt.model.masks" in others}
    models = {f"bertgpt.model.{name}" for name in ("bert", "gpt", "both")}
    drawn = {"bertgpt.widgets.mask_explorer", "bertgpt.widgets.pair"}
    assert choosing - models == {"bertgpt.__init__"} | drawn                            # its face; what draws them


def prints(source: str) -> list[str]:
    """Return the functions of a source that print; "" stands for the module itself."""
    def walk(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call) and getattr(child.func, "id", "") == "print":
                yield inside
            yield from walk(child, child.name if isinstance(child, ast.FunctionDef) else inside)

    return list(walk(ast.parse(source), ""))


@pytest.mark.parametrize("name", [name for name in FILES if name not in COMMAND_LINE])
def test_nothing_but_the_command_line_prints(name):
    # check_guess alone answers the reader: that is what it is for.
    assert set(prints(FILES[name].read_text(encoding="utf-8"))) <= {"check_guess"}


def test_the_checks_above_can_fail():
    assert imports("bertgpt.model.block", "from .masks import causal_mask") == {"bertgpt.model.masks"}
    assert imports("bertgpt.model.block", "def f():\n    import bertgpt.plots") == {"bertgpt.plots"}
    assert imports("bertgpt.model.block", "from ..text import data") == {"bertgpt.text.data"}
    assert imports("bertgpt.widgets.base", "from bertgpt import GPT") == {"bertgpt.__init__"}
    for pair in ("model.bert text.data", "scoring tasks.ranking", "widgets.quiz tasks.ranking", "text.data hub"):
        assert not allowed(*(f"bertgpt.{name}" for name in pair.split()))
    assert prints("print(1)\ndef f():\n    if x: print(2)") == ["", "f"]
    with pytest.raises(graphlib.CycleError):
        [*graphlib.TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order()]
