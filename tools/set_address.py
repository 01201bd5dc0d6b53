"""Set the public address of the repository everywhere it is written, in one go.

    python tools/set_address.py OWNER/NAME

The old address is read from _config.yml. The setup cell of each chapter, the README, the packaging and
the book's own address (GitHub Pages) all follow. Notes that the address is a placeholder are removed:
passages between <!-- placeholder --> and <!-- /placeholder -->, and a line of the setup cells.
"""

import argparse
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = "mask-is-the-model/mask-is-the-model"
NOTES = (r"\s?<!-- placeholder -->.*?<!-- /placeholder -->", r'[^\n]*# placeholder\\n",\n')


def addresses(owner: str, name: str) -> list[str]:
    """Return the strings in which an address appears, in a fixed order."""
    return [f"github.com/{owner}/{name}", f"{owner}.github.io/{name}", f"github/{owner}/{name}"]


def set_address(root: Path, files: list[str], owner: str, name: str) -> list[str]:
    """Rewrite the address in `files`, given relative to `root`; return those that changed."""
    config = (root / "_config.yml").read_text(encoding="utf-8")
    old_owner, old_name = re.search(r"url: https://github\.com/([^/\s]+)/([^/\s]+)", config).groups()
    changed = []
    for file in files:
        path = root / file
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        new = text
        for old, fresh in zip(addresses(old_owner, old_name), addresses(owner, name), strict=True):
            new = new.replace(old, fresh)
        if path.suffix in (".md", ".ipynb"):
            new = re.sub("|".join(NOTES), "", new, flags=re.DOTALL)
        if new != text:
            path.write_text(new, encoding="utf-8")
            changed.append(file)
    return changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", metavar="OWNER/NAME")
    match = re.fullmatch(r"([\w.-]+)/([\w.-]+)", parser.parse_args().address)
    if not match:
        parser.error("the address is OWNER/NAME on GitHub")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for file in set_address(ROOT, tracked.stdout.splitlines(), *match.groups()):
        print(file)


if __name__ == "__main__":
    main()
