"""Set the version everywhere it is written, or see that a tag agrees with it.

    python tools/set_version.py 0.2.0
    python tools/set_version.py --check v0.2.0

pyproject.toml, the package, the button "Run in Colab" (_config.yml) and the setup cell of each chapter follow: the
button opens a chapter of the release that the page is of, and the chapter installs the package of that release, the tag
of that name. So set the version, commit, and push the tag: `git tag v0.2.0`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = {
    "pyproject.toml": r'(?m)^(version = ")([^"]+)(")',
    "src/bertgpt/__init__.py": r'(?m)^(__version__ = ")([^"]+)(")',
    "_config.yml": r'(?m)^(  branch: v)(\S+)()$',
    "chapters/*.ipynb": r'(bertgpt @ git\+https://github\.com/[\w./-]+@v)([\w.]+)(\\")',
}


def places(root: Path) -> list[tuple[Path, str]]:
    """Return each file that holds the version, with the pattern that finds it."""
    return [(path, pattern) for name, pattern in WRITTEN.items() for path in sorted(root.glob(name))]


def versions(root: Path) -> dict[str, list[str]]:
    """Return every version that is written, by file."""
    return {str(path.relative_to(root)): [found[1] for found in re.findall(pattern, path.read_text(encoding="utf-8"))]
            for path, pattern in places(root)}


def set_version(root: Path, version: str) -> None:
    """Write one version everywhere."""
    for path, pattern in places(root):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(pattern, rf"\g<1>{version}\g<3>", text), encoding="utf-8")


def main(arguments: list[str]) -> str | None:
    """Do what the command line says: -> None, or what is wrong."""
    match arguments:
        case ["--check", tag]:
            version = tag.removeprefix("v")
            others = [f"{name} says {found}" for name, found in versions(ROOT).items() if found != [version]]
            return f"the tag is {tag}, but {'; '.join(others)}" if others else None
        case [version] if re.fullmatch(r"\d+\.\d+\.\d+", version):
            set_version(ROOT, version)
            return None
    return "usage: python tools/set_version.py VERSION, such as 0.2.0, or --check TAG, such as v0.2.0"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
