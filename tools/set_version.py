"""Set the version everywhere it is written.

    python tools/set_version.py 0.2.0

The button "Run in Colab" opens a chapter of the page's release, which installs the package of that release: so set the
version, commit, and push the tag, v0.2.0.
"""

import argparse
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = {
    "pyproject.toml": r'(?m)^(version = ")([^"]+)(")',
    "src/bertgpt/__init__.py": r'(?m)^(__version__ = ")([^"]+)(")',
    "_config.yml": r"(?m)^(  branch: v)(\S+)()$",
    "CITATION.cff": r"(?m)^(version: )(\S+)()$",
    "chapters/*.ipynb": r'(bertgpt @ git\+https://github\.com/[\w./-]+@v)([\w.]+)(\\")',
}


def version_files(root: Path) -> list[tuple[Path, str]]:
    """Return each file that holds the version, with the pattern that matches it."""
    return [(path, pattern) for name, pattern in WRITTEN.items() for path in sorted(root.glob(name))]


def versions(root: Path) -> dict[str, list[str]]:
    """Return every version that is written, by file."""
    found = {}
    for path, pattern in version_files(root):
        matches = re.findall(pattern, path.read_text(encoding="utf-8"))
        found[str(path.relative_to(root))] = [version for _, version, _ in matches]
    return found


def set_version(root: Path, version: str) -> None:
    """Write one version everywhere."""
    for path, pattern in version_files(root):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(pattern, rf"\g<1>{version}\g<3>", text), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", help="such as 0.2.0")
    version = parser.parse_args().version
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        parser.error("give a version such as 0.2.0")
    set_version(ROOT, version)


if __name__ == "__main__":
    main()
