"""The package's layers: a file imports only from a strictly smaller layer."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "bertgpt"

LAYERS = {
    0: ["config", "checks", "metrics", "sources"],
    1: ["masks", "embeddings", "attention", "feedforward", "objectives", "tokenizer", "corpora", "results"],
    2: ["block", "heads", "data", "baselines"],
    3: ["bert", "gpt", "labelled", "entities", "questions"],
    4: ["generate", "training", "pretrained", "scoring", "probes", "recipes", "finetuning"],
    5: ["plots", "fairfight", "classification", "tagging", "ranking", "dialogue", "prompting"],
    6: ["widgets"],
    7: ["__main__"],
}
LAYER = {name: layer for layer, names in LAYERS.items() for name in names}


def module_of(path: Path) -> str:
    """Return the package's name for a file: `masks`, `widgets.base`, or "" for its __init__."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def layer_of(module: str) -> float:
    """Return a module's layer. Inside widgets/: the base class, then widgets, then the folder's face."""
    top, _, inner = module.partition(".")
    if top not in LAYER:
        raise KeyError(f"{module or '__init__'} has no layer: give it one in DESIGN section 3 and in LAYERS")
    if top == "widgets":
        return LAYER[top] + (0.2 if not inner else 0.0 if inner == "base" else 0.1)
    return LAYER[top]


def imports(source: str, module: str, is_folder: bool = False) -> set[str]:
    """Return the package's modules that a source imports, wherever in the file it does.

    `from bertgpt import x` and `from . import x` name x; what no module is called is the package's face.
    """
    found = set()
    known = {module_of(path) for path in PACKAGE.rglob("*.py")} | set(LAYER)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name.removeprefix("bertgpt").lstrip(".")
                      for name in node.names if name.name.split(".")[0] == "bertgpt"}
        elif isinstance(node, ast.ImportFrom):
            here = module.split(".") if module else []
            base = here if is_folder else here[:-1]
            if node.level:
                base = base[: len(base) - (node.level - 1)]
            elif (node.module or "").split(".")[0] == "bertgpt":
                base = []
            else:
                continue
            inner = (node.module or "").split(".") if node.level else (node.module or "").split(".")[1:]
            origin = ".".join([*base, *[part for part in inner if part]])
            for name in node.names:
                below = f"{origin}.{name.name}".lstrip(".")
                found.add(below if below in known else origin)
    return found


FILES = sorted(PACKAGE.rglob("*.py"))
INNER = [path for path in FILES if module_of(path)]


@pytest.mark.parametrize("path", INNER, ids=module_of)
def test_a_file_imports_only_from_smaller_layers(path):
    module = module_of(path)
    mine = layer_of(module)
    for other in imports(path.read_text(encoding="utf-8"), module, path.name == "__init__.py"):
        assert other, f"{module} imports the package's face, which imports everything"
        assert layer_of(other) < mine, f"{module} (layer {mine}) imports {other} (layer {layer_of(other)})"


@pytest.mark.parametrize("name", ["attention", "block"])
def test_attention_and_block_know_no_mask(name):
    source = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
    assert "masks" not in imports(source, name)


def test_only_bert_and_gpt_choose_a_mask():
    sources = {module_of(path): path.read_text(encoding="utf-8") for path in INNER}
    low = {module: source for module, source in sources.items() if layer_of(module) <= 4}
    choosing = {module for module, source in low.items() if "masks" in imports(source, module)}
    assert choosing == {"bert", "gpt"}


def prints(source: str) -> list[str]:
    """Return the functions of a source that print; "" stands for the module itself."""
    def walk(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call) and getattr(child.func, "id", "") == "print":
                yield inside
            yield from walk(child, child.name if isinstance(child, ast.FunctionDef) else inside)

    return list(walk(ast.parse(source), ""))


@pytest.mark.parametrize("path", [path for path in INNER if module_of(path) != "__main__"], ids=module_of)
def test_nothing_but_the_command_line_prints(path):
    # check_guess alone answers the reader: that is what it is for.
    assert set(prints(path.read_text(encoding="utf-8"))) <= {"check_guess"}


def test_the_checks_above_can_fail():
    assert imports("from .masks import causal_mask", "block") == {"masks"}
    assert imports("def f():\n    import bertgpt.masks", "block") == {"masks"}
    assert imports("from bertgpt import masks, GPT", "block") == {"masks", ""}
    assert imports("from . import masks", "block") == {"masks"}
    assert imports("from ..plots import draw", "widgets.base") == {"plots"}
    assert imports("from .base import StaticWidget", "widgets", is_folder=True) == {"widgets.base"}
    assert prints("print(1)\ndef f():\n    if x: print(2)") == ["", "f"]
    assert layer_of("bert") > layer_of("block") > layer_of("masks")
    with pytest.raises(KeyError, match="no layer"):
        layer_of("utils")
