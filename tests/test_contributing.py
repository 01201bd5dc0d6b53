"""The recipes of CONTRIBUTING.md: their files are made in a copy of the tree, and run there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# The first line of a block names its file.
FILES = dict(re.findall(r"^```(?:python|js)\n(?:#|//) (\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def test_each_block_of_code_names_its_file():
    assert len(FILES) == len(re.findall(r"^```\w+$", TEXT, re.MULTILINE)) - TEXT.count("```sh") == 5


@pytest.fixture
def follow(tmp_path):
    """Make the files in a copy of the tree: -> run(what python is given), there."""
    for name in ("src", "tests", "benchmarks", "pyproject.toml"):
        here, there = ROOT / name, tmp_path / name
        if here.is_file():
            shutil.copy(here, there)
        else:
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("assets", "__pycache__", "*.egg-info"))
    (tmp_path / "src/bertgpt/assets").symlink_to(ROOT / "src/bertgpt/assets")
    for name, code in FILES.items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    with (tmp_path / "src/bertgpt_book/widgets/__init__.py").open("a", encoding="utf-8") as names:
        names.write("from .temperature import Temperature\n")

    def run(*command):
        env = os.environ | {"PYTHONPATH": str(tmp_path / "src")}
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.mark.slow
def test_the_widget_is_tested_in_node_and_kept_by_the_rules_of_the_house(follow):
    named = [name for name in FILES if name.endswith(".py")]
    follow("-m", "ruff", "check", *named)
    follow("-m", "ruff", "format", "--check", *named)
    tests = ["tests/book/widgets/test_temperature.py", "tests/book/widgets/test_widgets.py", "tests/test_rooms.py"]
    follow("-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


@pytest.mark.browser
def test_the_widget_is_moved_in_a_browser(follow):
    follow("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/browser/widgets/test_temperature.py")


@pytest.mark.slow
def test_the_benchmark_lists_its_rows_and_records_them(follow):
    assert "seed 4" in follow("benchmarks/coin.py", "--list", "--out", "there")
    follow("benchmarks/coin.py", "--only", "seed 4", "--out", "there")
    assert "seed 4" not in follow("benchmarks/coin.py", "--list", "--out", "there")
