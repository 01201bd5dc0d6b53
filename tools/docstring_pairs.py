"""Take pairs of a summary and a description from the docstrings of Python's standard library and of torch.

    python tools/docstring_pairs.py

The sources are parsed and never imported. The standard library differs from one version of Python to the
next, so the pairs ship with the package; assets/labelled/PROVENANCE.md says which versions they come from.
"""

import argparse
import ast
import hashlib
import importlib.util
import inspect
import lzma
import re
import sysconfig
from pathlib import Path

from bertgpt.assets import ASSETS

SUMMARY_WORDS = range(4, 31)
REST_WORDS = range(12, 81)
RUN = 10  # no run of so many words in training and outside it
SKIPPED = {
    "test",
    "tests",
    "idle_test",
    "testing",
    "site-packages",
    "lib2to3",
    "turtledemo",
    "_dynamo",
    "_inductor",
    "_vendor",
}
SECTION = re.compile(
    r"(args|arguments|parameters|examples?|returns?|raises|keyword args|keyword arguments|"
    r"usage|shape|inputs?|outputs?|attributes|variables|references|yields|see also)"
    r"\s*:{1,2}.*$",
    re.I,
)
SIGNATURE = re.compile(r"^[\w.\[\]]+\s*\(.*\)\s*(->.*)?$|->|^[A-Z]\.\w+\(")
SENTENCE = re.compile(r"(?<=[a-z\d)'\"`][.!?])\s+(?=[A-Z])")


def plain(text: str) -> str:
    """Drop the markup of reStructuredText and put everything on one line."""
    text = re.sub(r":[\w:]+:`~?(?:[^`<]*\.)?([^`<]+?)(?:\s*<[^`]*>)?[`']", r"\1", text)  # :class:`~torch.Tensor`
    text = re.sub(r"`([^`'\n]*)'", r"'\1'", text)
    text = re.sub(r"`+([^`]*?)\s*(?:<[^`>]*>)?`+_{0,2}", r"\1", text)
    return " ".join(text.replace("*", "").replace("\\", "").split())


def prose(paragraph: str) -> bool:
    """Tell running text from code, tables, lists, directives and doctests."""
    lines = paragraph.splitlines()
    letters = sum(c.isalpha() or c.isspace() for c in paragraph)
    marked = any(re.match(r"\s*(>>>|\.\. |\|)|.*(::$|\$|={3}|-{3})", line) for line in lines)
    listed = lines[0].startswith((" ", ":", "- ", "@")) or SECTION.match(lines[0])
    return not (marked or listed or letters < 0.88 * len(paragraph))


def pair(docstring: str) -> tuple[str, str] | None:
    """Split a docstring into its first sentence and its other prose: -> summary, description, or None."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(docstring))
    while paragraphs and SIGNATURE.search(paragraphs[0].splitlines()[0] if paragraphs[0] else "("):
        paragraphs.pop(0)
    cut = next((i for i, p in enumerate(paragraphs) if p and SECTION.match(p.splitlines()[0])), len(paragraphs))
    sentences = [SENTENCE.split(plain(p)) for p in paragraphs[:cut] if p.strip() and prose(p)]
    if not sentences or not prose(paragraphs[0]) or sentences[0][0].endswith(":"):
        return None
    summary, *described = sum(sentences, [])
    described = [each for each in described if each.endswith((".", "!", "?", ".)", ".'"))]  # whole ones
    rest = ""
    for sentence in described:
        if len(f"{rest} {sentence}".split()) >= REST_WORDS.stop:
            break
        rest = f"{rest} {sentence}".strip()
    fits = len(summary.split()) in SUMMARY_WORDS and len(rest.split()) in REST_WORDS
    whole = f"{summary} {rest}"
    clean = whole[0].isalpha() and whole.isascii() and not re.search(r"https?:|@\w+\.|\.\.\.$", whole)
    return (summary, rest) if fits and clean and key(summary) not in key(rest) else None


def docstrings(source: str):
    """Yield every docstring of a source, and the texts that torch gives to its compiled functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node, clean=False) or ""
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("add_docstr"):
            yield from (
                part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def key(text: str) -> str:
    """Reduce a text to its words, so that two that differ in signs and numbers alone count as one."""
    return " ".join(re.findall(r"[a-z]+", text.lower()))


def runs(pair: tuple[str, str]) -> set[tuple]:
    """Give every run of words of a pair."""
    return {run for text in pair for words in [key(text).split()] for run in zip(*(words[i:] for i in range(RUN)))}


def split_of(module: str) -> str:
    """Put a module into a split by the hash of its name."""
    tenth = int(hashlib.sha256(module.encode()).hexdigest(), 16) % 10
    return {0: "test", 1: "validation"}.get(tenth, "train")


def collect(libraries: dict[str, Path]) -> list[tuple[str, str, str, str]]:
    """Read the libraries: name -> folder becomes rows of split, module, summary, description, sorted."""
    rows, seen = [], set()
    for library, folder in libraries.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            if SKIPPED & set(parts):
                continue
            module = ".".join((library, *parts[:2])) if library else parts[0]
            for text in docstrings(path.read_text(encoding="utf-8", errors="ignore")):
                found = pair(text)
                if found and not {key(t) for t in found} & seen:
                    seen |= {key(t) for t in found}
                    rows.append((split_of(module), module, *found))
    apart = set().union(*(runs(row[2:]) for row in rows if row[0] != "train"))
    test = set().union(*(runs(row[2:]) for row in rows if row[0] == "test"))
    return sorted(
        row
        for row in rows
        if not ((row[0] == "train" and runs(row[2:]) & apart) or (row[0] == "validation" and runs(row[2:]) & test))
    )


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    torch = Path(importlib.util.find_spec("torch").origin).parent
    rows = collect({"": Path(sysconfig.get_paths()["stdlib"]), "torch": torch})
    raw = "".join("\t".join(row) + "\n" for row in rows).encode()
    path = ASSETS / "labelled" / "docstrings.tsv.xz"
    path.write_bytes(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME))
    print(
        f"{len(rows)} pairs, {path.stat().st_size} bytes packed; for assets/SHA256SUMS:\n"
        f"{hashlib.sha256(raw).hexdigest()}  labelled/{path.name}"
    )


if __name__ == "__main__":
    main()
