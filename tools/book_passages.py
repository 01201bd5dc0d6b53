"""Extract the passages of page 19's questions from the finished pages of the book.

    python tools/book_passages.py

Chapters 00 to 08, 10 and 12 give the paragraphs of their running text, the glossary its entries. What is
shipped is a snapshot of the first edition: the prose may go on changing, for the questions name its passages.
"""

import argparse
import json
import lzma
import re
from hashlib import sha256
from pathlib import Path

from bertgpt.assets import ASSETS

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
FINISHED = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "10", "12")
WORDS = range(30, 91)
ROLE = re.compile(r"\{(?:term|doc|ref)\}`([^`<]*?)(?:\s*<[^`]*>)?`")
FENCED = re.compile(r"^(:{3,}|`{3,}).*?^\1", re.M | re.S)


def plain(text: str) -> str:
    """Leave the words of a paragraph and drop its markup."""
    text = ROLE.sub(r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)  # links
    return " ".join(re.sub(r"[*`$\\]", "", text).split())


def glossary(page: str) -> dict[str, str]:
    """Give the entries of the glossary: id -> "term: explanation"."""
    body = page.split("```{glossary}\n")[1].split("\n```")[0]
    entries = {}
    for entry in body.split("\n\n"):
        lines = entry.strip("\n").splitlines()
        terms = [line for line in lines if not line.startswith(" ")]
        text = " ".join(line for line in lines if line.startswith(" "))
        entries[f"glossary/{terms[0]}"] = f"{' or '.join(terms)}: {plain(text)}"
    return entries


def paragraphs(notebook: dict) -> list[str]:
    """Return the running text of a chapter up to its exercises, each paragraph behind its headings.

    No tables, boxes, lists, captions or formulas.
    """
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    text = FENCED.sub("", "\n\n".join(cells)).split("\n## Exercises")[0]
    found, title, heading = [], "", ""
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("# "):
            title, heading = plain(block[2:]), ""
        elif block.startswith("#"):
            heading = ", " + re.sub(r"^Step \d of \d: ", "", plain(block.lstrip("# ")))
        elif len(block.split()) in WORDS and "{cite" not in block and "\\" not in block:
            if not re.match(r"[|>\-]|\d\.|\*You need|You will", block):
                found.append(f"{title}{heading}: {plain(block)}")
    return found


def book_passages() -> dict[str, tuple[str, str]]:
    """Read the book: id -> page, text."""
    page = "chapters/glossary.md"
    entries = glossary((CHAPTERS / "glossary.md").read_text("utf-8"))
    found = {name: (page, text) for name, text in entries.items()}
    for path in sorted(CHAPTERS.glob("[0-9]*.ipynb")):
        if path.name[:2] in FINISHED:
            texts = paragraphs(json.loads(path.read_text("utf-8")))
            for i, text in enumerate(texts, start=1):
                found[f"{path.name[:2]}/{i}"] = f"chapters/{path.name}", text
    return found


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    raw = "".join(f"{name}\t{page}\t{text}\n" for name, (page, text) in book_passages().items()).encode()
    path = ASSETS / "labelled" / "book_passages.tsv.xz"
    path.write_bytes(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME))
    print(f"{raw.count(bytes([10]))} passages; for assets/SHA256SUMS:\n{sha256(raw).hexdigest()}  labelled/{path.name}")


if __name__ == "__main__":
    main()
