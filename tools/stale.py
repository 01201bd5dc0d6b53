"""Tell whether the built book is out of date: one digest says what it is made from.

Prints the digest, and exits with 1 where the book was built from something else. The cache of executed notebooks and
the packed models are named after the same digest, of fewer files. Asking deletes nothing, and fetches SmolLM2 once.
"""

import argparse
import hashlib
import platform
import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

from bertgpt_book.widgets.engine.real.files import find_model

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("src",)  # with the cells of a chapter, all that its outputs are made from
BOOK = (
    *PACKAGES,
    "chapters",
    "tools/sphinx_ext",
    "tools/execute.py",
    "tools/set_address.py",
    "tools/stale.py",
    "_config.yml",
    "_toc.yml",
    "Makefile",
    "pyproject.toml",
    "requirements.txt",
)
LEFT_BEHIND = re.compile(r"(?:^|/)(?:\.|__pycache__/|[^/]*\.egg-info/)")  # by Python and by a desktop


def files(root: Path, parts: tuple[str, ...]) -> list[str]:
    """List all files but those that Python and a desktop leave behind: -> names relative to root, sorted."""
    found = (path for part in parts for path in (root / part, *(root / part).rglob("*")) if path.is_file())
    names = (path.relative_to(root).as_posix() for path in found)
    return sorted(name for name in names if not LEFT_BEHIND.search(name))


def versions(root: Path) -> list[str]:
    """List the versions of Python, of what the package and the book's tools need, and whether SmolLM2 is to be had."""
    needs = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needs += tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found = [f"python {platform.python_version()}", f"SmolLM2 {find_model() is not None}"]
    names = {need[0] for need in map(re.compile(r"[\w.-]+").match, needs) if need}
    return [*found, *(f"{name} {version(name)}" for name in sorted(names))]


def digest(root: Path, parts: tuple[str, ...] = PACKAGES) -> str:
    """Hash the names and the contents of files, and the versions of what reads them."""
    found = hashlib.sha256("\n".join(versions(root)).encode())
    for name in files(root, parts):
        content = hashlib.sha256((root / name).read_bytes()).digest()
        found.update(name.encode() + b"\0" + content)
    return found.hexdigest()


def notebook_cache(root: Path, build: Path) -> Path:
    """Name the cache of executed notebooks.

    jupyter-cache finds a notebook by its cells alone: after a change in the package it must look elsewhere.
    """
    return build / f".jupyter_cache-{digest(root)[:16]}"


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    stamp, current = ROOT / "_build" / ".built-from", digest(ROOT, BOOK)
    print(current)
    return int(not stamp.is_file() or stamp.read_text(encoding="utf-8").strip() != current)


if __name__ == "__main__":
    sys.exit(main())
