"""Print the oldest versions that pyproject.toml promises to work with, as constraints for pip.

python tools/floors.py > floors.txt && pip install -c floors.txt -e ".[test]"
"""

import argparse
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def floors() -> list[str]:
    """Return "name==version" for every lower bound of the package and of its tests."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    needs = project["dependencies"] + project["optional-dependencies"]["test"]
    return [need.replace(">=", "==") for need in needs if ">=" in need]


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(*floors(), sep="\n")


if __name__ == "__main__":
    main()
