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


@pytest.mark.skipif(not ESLINT.exists(), reason="no linter of JavaScript: make lint-js installs it")
def test_markup_evaluation_the_network_and_unused_names_are_refused():
    done = subprocess.run(
        ["node", str(ESLINT), "--stdin", "--stdin-filename", "src/bertgpt/book/widgets/new.js", "--format", "json"],
        cwd=ROOT, input=BAD, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    (script,) = json.loads(done.stdout)
    assert [(message["ruleId"], message["line"]) for message in script["messages"]] == [
        ("no-unused-vars", 3), *[("no-restricted-properties", line) for line in (4, 5, 6)],
        ("no-eval", 7), ("no-undef", 8)]


def test_every_package_of_the_linter_is_pinned_by_its_content_and_none_by_an_address():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["devDependencies"].values())
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert lock.pop("")["devDependencies"] == wanted["devDependencies"]
    assert lock and all(package["integrity"].startswith("sha512-") for package in lock.values())
    assert not any("resolved" in package for package in lock.values())
