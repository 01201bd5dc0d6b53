"""The house: what a room may import, one line a room, and no circle."""

import ast
import graphlib
from importlib.util import resolve_name
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "src"
FILES = {".".join(path.relative_to(SOURCES).with_suffix("").parts): path for path in SOURCES.rglob("*.py")}
LEARN = {"model", "text", "training", "device", "assets"}
ROOMS = {"model": {"model"}, "text": {"text", "assets"}, "training": LEARN, "device": set(), "assets": set()}
ROOMS |= {room: LEARN | {room} for room in ("inference", "weights")}
ROOMS |= {room: {*ROOMS, "cli", "names", "__init__"} for room in ("cli", "__main__", "names", "__init__")}
ROOMS["bertgpt_book"] = {*ROOMS, "bertgpt_book"} - {"cli", "__main__"}
ROOMS["leak_meter"] = set()  # it stands alone, and nothing leans on it


def room_of(name: str) -> str:
    """Return the room of a module: of bertgpt its folder or file, else the package or file itself."""
    package, *rooms = name.split(".")
    return rooms[0] if package == "bertgpt" else package


def imports(name: str, source: str) -> set[str]:
    """Return our modules that a source imports, wherever in it."""
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
    assert {room_of(other) for other in GRAPH[name]} <= ROOMS[room_of(name)]


def test_nothing_imports_in_a_circle():
    assert len([*graphlib.TopologicalSorter(GRAPH).static_order()]) == len(FILES)


def test_only_the_models_choose_a_mask():
    choosing = {name for name, others in GRAPH.items() if "bertgpt.model.masks" in others}
    assert {name for name in choosing if name.startswith("bertgpt.")} == {"bertgpt.names"} | {
        f"bertgpt.model.{name}" for name in ("bert", "gpt", "both")
    }
