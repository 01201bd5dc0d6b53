"""Questions with known answers, to rank answers by: docstrings to learn from, this book to be tested on.

Both ship with the package, for the standard library differs from one Python to the next and a book from
one edition to the next. How they were made: tools/docstring_pairs.py, tools/book_passages.py; whence:
assets/labelled/PROVENANCE.md.
"""

import random
import re
from dataclasses import dataclass
from functools import cache

from ..assets import read_asset
from ..text.corpora import TUNED_SPLITS, check_split

KINDS = {"in the reader's own words": "own", "in the words of the field": "field"}


@dataclass(frozen=True)
class RankingTask:
    """Questions that share their candidates.

    right: for each question the indices of the candidates that answer it, one at least
    """

    questions: list[str]
    candidates: list[str]
    right: list[set[int]]


@cache
def table(name: str) -> list[list[str]]:
    """Read a shipped file of tab-separated columns: -> its rows."""
    return [line.split("\t") for line in read_asset(f"labelled/{name}").splitlines()]


def docstring_pairs(split: str) -> list[tuple[str, str]]:
    """Give summaries and descriptions from the docstrings of Python's standard library and of torch.

    split: "train", "validation" or "test"; a module is in one split only -> (first sentence, what follows it)
    """
    check_split(split, TUNED_SPLITS)
    return [(summary, description) for of, _, summary, description in table("docstrings.tsv.xz") if of == split]


def docstring_tasks(split: str = "test", size: int = 100, seed: int = 0) -> list[RankingTask]:
    """Ask for the description that belongs to a summary, among `size` descriptions; what is left over is dropped."""
    pairs = docstring_pairs(split)
    random.Random(seed).shuffle(pairs)
    blocks = [pairs[i:i + size] for i in range(0, len(pairs) - size + 1, size)]
    return [RankingTask([summary for summary, _ in block], [description for _, description in block],
                        [{i} for i in range(size)]) for block in blocks]


def book_passages() -> dict[str, str]:
    """Give the candidates from this book: name of the passage -> text, 23 to 100 words or so."""
    return {name: text for name, _, text in table("book_passages.tsv.xz")}


def book_questions() -> list[tuple[str, str, set[str]]]:
    """Give questions of two kinds: kind, question, names of the passages that answer it.

    "own": as somebody may ask who does not know, or forgot, what the thing is called; "field": with the terms.
    """
    found: list[tuple[str, str, set[str]]] = []
    kind = ""
    for line in read_asset("labelled/book_questions.txt").splitlines():
        if line.startswith("# "):
            kind = KINDS[line[2:]]
        elif line.startswith("  "):
            found[-1][2].update(line.strip().split("; "))
        else:
            found.append((kind, line, set()))
    return found


def book_task(kind: str | None = None) -> RankingTask:
    """Ask the book: every question, or those of one kind, has all passages for candidates."""
    passages = book_passages()
    place = {name: i for i, name in enumerate(passages)}
    asked = [(question, {place[name] for name in names}) for of, question, names in book_questions()
             if kind in (None, of)]
    questions, right = zip(*asked)
    return RankingTask(list(questions), list(passages.values()), list(right))


def words(text: str) -> list[str]:
    """Cut a text into lower-case words: what BM25 and TF-IDF count.

    >>> words("Don't mask GPT-2!")
    ["don't", 'mask', 'gpt', '2']
    """
    return re.findall(r"\w+(?:'\w+)?", text.lower())
