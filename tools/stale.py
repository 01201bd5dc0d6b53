"""Tell whether the built book is out of date: one digest says what it is made from.

    digest=$(python tools/stale.py) || { make the book, then: echo $digest > _build/.built-from; }

Prints the digest, and exits with 1 where the book was built from something else. The cache of executed notebooks and
the packed models are named after the same digest, of fewer files. Asking deletes nothing.
"""

import argparse
import hashlib
import platform
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
    """List the files that git tracks or would track; without git, all of them: -> names relative to root, sorted."""
    listing = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *parts]
    try:
        names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        found = [path for part in parts for path in (root / part, *(root / part).rglob("*"))]
        names = [name for path in found if not LEFT_BEHIND.search(name := path.relative_to(root).as_posix())]
    return sorted(name for name in set(names) if (root / name).is_file())


def versions(root: Path) -> list[str]:
    """List the versions of Python and of what the package and the book's tools need, as they are installed."""
    needs = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needs += tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found = [f"python {platform.python_version()}"]
    for name in sorted({need[0] for need in map(re.compile(r"[\w.-]+").match, needs) if need}):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} is missing")
    return found


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
