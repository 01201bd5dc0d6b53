"""Questions whose answers are ranked: docstrings to learn from, and questions about this book to test on.

Both ship with the package, because the standard library differs from one Python to the next and the book from one
edition to the next. Sources: assets/labelled/PROVENANCE.md.
"""

import random
import re
from dataclasses import dataclass
from functools import cache

from bertgpt.assets import read_asset
from bertgpt.text.corpora import TUNED_SPLITS, check_split

KINDS = {"in the reader's own words": "own", "in the words of the field": "field"}


@dataclass(frozen=True)
class RankingTask:
    """Questions that share their candidates; right: for each question the indices of those that answer it."""

    questions: list[str]
    candidates: list[str]
    right: list[set[int]]


@cache
def table(name: str) -> list[list[str]]:
    """Read a shipped file of tab-separated columns: -> its rows."""
    return [line.split("\t") for line in read_asset(f"labelled/{name}").splitlines()]


def docstring_pairs(split: str) -> list[tuple[str, str]]:
    """Load summaries and descriptions from docstrings of Python's standard library and of torch.

    split: "train", "validation" or "test", no module in two of them -> (first sentence, the rest)
    """
    check_split(split, TUNED_SPLITS)
    return [(summary, description) for of, _, summary, description in table("docstrings.tsv.xz") if of == split]


def docstring_tasks(split: str) -> list[RankingTask]:
    """Ask for the description that belongs to a summary, among a hundred; what is left over is dropped."""
    pairs = docstring_pairs(split)
    random.Random(0).shuffle(pairs)
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs) - 99, 100)]
    right = [{i} for i in range(100)]
    return [RankingTask([one for one, _ in block], [other for _, other in block], right) for block in blocks]


def book_questions() -> list[tuple[str, str, set[str]]]:
    """Load the questions about this book: kind, question, names of the passages that answer it.

    kind: "own" for the words of somebody who does not know the term, "field" for the field's terms
    """
    questions: list[tuple[str, str, set[str]]] = []
    kind = ""
    for line in read_asset("labelled/book_questions.txt").splitlines():
        if line.startswith("# "):
            kind = KINDS[line[2:]]
        elif line.startswith("  "):
            questions[-1][2].update(line.strip().split("; "))
        else:
            questions.append((kind, line, set()))
    return questions


def book_task() -> RankingTask:
    """Ask all questions about the book, with all its passages as candidates."""
    passages = {name: text for name, _, text in table("book_passages.tsv.xz")}
    index = {name: i for i, name in enumerate(passages)}
    asked = book_questions()
    right = [{index[name] for name in names} for _, _, names in asked]
    return RankingTask([question for _, question, _ in asked], list(passages.values()), right)


def words(text: str) -> list[str]:
    """Split a text into lower-case words, as BM25 and TF-IDF count them.

    >>> words("Don't mask GPT-2!")
    ["don't", 'mask', 'gpt', '2']
    """
    return re.findall(r"\w+(?:'\w+)?", text.lower())
