"""What the linter of the widgets' JavaScript is installed from."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_package_of_the_linter_is_pinned_by_its_content_and_none_by_an_address():
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    del packages[""]
    assert packages and all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())
