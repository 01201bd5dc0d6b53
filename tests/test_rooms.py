"""The house: what a room may import, one line a room, and no circle."""

import ast
import graphlib
from importlib.util import resolve_name
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "bertgpt"
FILES = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
LEARN = {"model", "text", "training", "device", "assets"}
ROOMS = {"model": {"model"}, "modern": {"model"}, "text": {"text", "assets"}, "training": LEARN, "device": set(),
         "assets": set(), "inference": LEARN | {"inference"}, "weights": LEARN | {"weights", "modern"},
         "evaluation": LEARN | {"evaluation"},
         "tasks": LEARN | {"inference", "weights", "evaluation", "tasks"}}
ROOMS |= {room: {*ROOMS, room} for room in ("cli", "book")}
ROOMS |= {"__init__": {*ROOMS}, "__main__": {"cli", "book"}}            # the face, and the door of `python -m bertgpt`


def imports(name: str, source: str) -> set[str]:
    """Return the package's modules that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), name.rpartition(".")[0])
            found |= {f"{origin}.{alias.name}" for alias in node.names} | {origin, f"{origin}.__init__"}
    return found & FILES.keys()


GRAPH = {name: imports(name, path.read_text(encoding="utf-8")) for name, path in FILES.items()}


@pytest.mark.parametrize("name", GRAPH)
def test_a_room_imports_what_its_line_says(name):
    assert {other.split(".")[1] for other in GRAPH[name]} <= ROOMS[name.split(".")[1]]


def test_nothing_imports_in_a_circle():
    assert len([*graphlib.TopologicalSorter(GRAPH).static_order()]) == len(FILES)


def test_only_the_models_choose_a_mask():
    choosing = {name for name, others in GRAPH.items() if "bertgpt.model.masks" in others}
    assert {name for name in choosing if ".book." not in name} == {"bertgpt.__init__", "bertgpt.modern"} | {
        f"bertgpt.model.{name}" for name in ("bert", "gpt", "both")}
