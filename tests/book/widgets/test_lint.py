"""What the linter of the widgets' JavaScript is installed from."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_package_of_the_linter_is_pinned_by_its_content_and_none_by_an_address():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["devDependencies"].values())
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert lock.pop("")["devDependencies"] == wanted["devDependencies"]
    assert lock and all(package["integrity"].startswith("sha512-") for package in lock.values())
    assert not any("resolved" in package for package in lock.values())
