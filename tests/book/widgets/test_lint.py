"""The linter of the widgets' JavaScript: what it refuses, and what it is installed from."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ESLINT = ROOT / "node_modules" / "eslint" / "bin" / "eslint.js"
BAD = """
export default function render(el, text) {
  const unused = text;
  el.innerHTML = text;
  el.insertAdjacentHTML("beforeend", text);
  document.write(text);
  eval(text);
  fetch(text);
}
"""


def lint(script: str) -> list[tuple[str, int]]:
    """Lint a script as if it were a widget's: -> the rule and the line of each complaint."""
    done = subprocess.run(
        ["node", str(ESLINT), "--stdin", "--stdin-filename", "src/bertgpt/book/widgets/new.js", "--format", "json"],
        cwd=ROOT, input=script, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return [(message["ruleId"], message["line"]) for message in json.loads(done.stdout)[0]["messages"]]


needs_linter = pytest.mark.skipif(not ESLINT.exists(), reason="no linter of JavaScript: make lint-js installs it")


@needs_linter
def test_markup_evaluation_the_network_and_unused_names_are_refused():
    assert lint(BAD) == [("no-unused-vars", 3), *[("no-restricted-properties", line) for line in (4, 5, 6)],
                         ("no-eval", 7), ("no-undef", 8)]


@needs_linter
@pytest.mark.parametrize("length, found", [(60, []), (61, [("max-lines-per-function", 1)])])
def test_a_function_has_sixty_lines_at_most(length, found):
    """Blank lines, comments and the functions inside count, as they do in tests/test_repository.py."""
    inside = ["  // a comment", "", "  const each = () => {", "  };", "  each();"]
    assert lint("\n".join(["export function drawAll() {", *inside, *[""] * (length - 7), "}"])) == found


def test_every_package_of_the_linter_is_pinned_by_its_content_and_none_by_an_address():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["devDependencies"].values())
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert lock.pop("")["devDependencies"] == wanted["devDependencies"]
    assert lock and all(package["integrity"].startswith("sha512-") for package in lock.values())
    assert not any("resolved" in package for package in lock.values())
