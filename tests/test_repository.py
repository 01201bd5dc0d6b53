"""The repository as a whole: what the README promises, what the package declares, what a release must agree on."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from glob import glob
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

import bertgpt

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src"
PACKAGES = ("bertgpt", "bertgpt_book")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    """Return the files git knows, those not yet committed too; where there is no git, skip the test."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("no git here")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in found.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_and_make_targets_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    ours = f"{PROJECT['project']['urls']['Repository']}/(?:blob|tree)/main/"
    for target in re.findall(rf"(?:\]\((?!https?:)|^\[[^\]]+\]: (?!https?:)|{ours})([^)#\s]+)", text, re.M):
        assert (ROOT / target).exists(), f"{name} links to {target}"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([\w-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{name} names make {target}"


def test_the_readme_draws_the_rooms_as_they_are():
    """Every module has its place on the map; of the widgets and figures the map shows the folders only."""
    tree = (ROOT / "README.md").read_text(encoding="utf-8").split("src/bertgpt/\n")[1].split("```")[0]
    rooms = {path.stem for path in (SOURCES / "bertgpt").iterdir() if not path.stem.startswith("__")}
    assert {*re.findall(r"^  (\w+)", tree.split("src/bertgpt_book/")[0], re.MULTILINE)} == rooms
    names = {path.stem for path in SOURCES.rglob("*.py") if not {"widgets", "figures"} & set(path.parts)}
    missing = [name for name in names if not name.startswith("__") and not re.search(rf"\b{name}\b", tree)]
    assert missing == []


PYTHONS = [({"python3": 11, "python3.13": 13}, "python3"), ({"python3": 15}, "python3"), ({"python3": 9}, "")]


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize("there, chosen", [*PYTHONS, ({"python3": 14, "python3.12": 12}, "python3.12")])
def test_make_takes_the_first_python_that_the_books_tools_are_tried_with(there, chosen, tmp_path):
    for name, minor in there.items():
        pretend = f"import sys; sys.version_info = (3, {minor})\n$2"
        (tmp_path / name).write_text(f"#!/bin/bash\n'{sys.executable}' -c \"{pretend}\"")
        (tmp_path / name).chmod(0o755)
    command, show = [shutil.which("make"), "-s", "-f", "Makefile", "-f", "-", "show"], "show: ; @echo $(PYTHON)\n"
    path = {"PATH": str(tmp_path)}
    made = subprocess.run(command, cwd=ROOT, text=True, input=show, env=path, capture_output=True)
    assert made.stdout.strip() == chosen


def test_no_absolute_path_of_a_machine():
    paths = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/[\w.-]+")
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.name != Path(__file__).name:
            assert not (hit := paths.search(text)), f"{path.relative_to(ROOT)} holds {hit.group()}"


# ---- the package


def test_what_the_package_imports_is_declared():
    used = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                used.add(node.module.partition(".")[0])
    names = {"sklearn": "scikit-learn"}
    needs = {need.partition(">=")[0] for need in PROJECT["project"]["dependencies"]}
    used = {names.get(name, name) for name in used - sys.stdlib_module_names - {*PACKAGES}}
    optional = {"IPython", "transformers"}  # of notebooks, and of `leak_meter`, which asks for it by name
    assert used - optional | {"ipywidgets"} == needs  # ipywidgets: anywidget's, its floor is Colab's


def test_the_wheel_takes_every_file():
    taken = {path for path in SOURCES.rglob("*.py") if (path.parent / "__init__.py").exists()}
    taken |= {SOURCES / f"{name}.py" for name in PROJECT["tool"]["setuptools"]["py-modules"]}
    for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items():
        folder = SOURCES / package
        taken |= {folder / name for pattern in patterns for name in glob(pattern, root_dir=folder, recursive=True)}
    assert [path for path in tracked() if SOURCES in path.parents and path not in taken] == []


def test_each_licence_of_what_ships_ships_too():
    patterns = PROJECT["project"]["license-files"]
    taken = {name for pattern in patterns for name in glob(pattern, root_dir=ROOT, recursive=True)}
    files = {path.relative_to(ROOT).as_posix() for path in tracked() if path.name.startswith("LICENSE")}
    assert taken == {name for name in files if "/" not in name or name.startswith("src/")}
    expression = PROJECT["project"]["license"]
    assert canonicalize_license_expression(expression) == expression


@pytest.mark.slow
def test_the_package_is_silent_and_imports_nothing_that_few_need_nor_does_opening_a_model():
    few = ["huggingface_hub", "sklearn", "scipy", "matplotlib", "transformers", "pandas", "ipywidgets"]
    compiler = "torch._dynamo"  # it would take seconds
    program = f"import sys, bertgpt; print([name for name in {few} if name in sys.modules])\n"
    program += f"bertgpt.load_model('littlegpt'); print({compiler!r} in sys.modules)"
    command = [sys.executable, "-W", "error::UserWarning", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\nFalse\n", "")


# ---- a release


def test_a_release_is_one_version_everywhere(tmp_path):
    from set_version import set_version, versions

    found = versions(ROOT)
    assert found == dict.fromkeys(found, [bertgpt.__version__])
    assert {name for name in found if name.endswith(".ipynb")} == {
        str(path.relative_to(ROOT)) for path in (ROOT / "chapters").glob("*.ipynb")
    }
    for name in found:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert "_config.yml" in found  # the button "Run in Colab" opens this release
    set_version(tmp_path, "7.8.9")
    assert versions(tmp_path) == dict.fromkeys(found, ["7.8.9"])


def test_set_address_reaches_every_place(tmp_path):
    from set_address import PLACEHOLDER, set_address

    files = ["_config.yml", "README.md", "pyproject.toml", "chapters/index.md", "chapters/how_to_read.md"]
    files += [str(path.relative_to(ROOT)) for path in sorted((ROOT / "chapters").glob("*.ipynb"))]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    changed = set_address(tmp_path, files, "somebody", "their-book")
    assert {"_config.yml", "README.md", "pyproject.toml"} <= set(changed)
    for name in files:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert PLACEHOLDER not in text, name
        assert "placeholder" not in text and "no public address" not in text, name
        assert name[-6:] != ".ipynb" or json.loads(text)["cells"]
    assert "somebody.github.io/their-book/" in (tmp_path / "_config.yml").read_text(encoding="utf-8")
