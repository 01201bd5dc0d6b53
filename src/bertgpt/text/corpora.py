"""The texts that ship with the package, checked when read and split once and for all.

Held out and never trained on: the novel Persuasion and the plays Henry V,
Macbeth and Twelfth Night. Where the texts come from: assets/corpora/PROVENANCE.md.
"""

import re
from functools import cache

from ..assets import read_asset

NOVELS = {
    "Emma": "austen_emma.txt.xz",
    "Mansfield Park": "austen_mansfieldpark.txt.xz",
    "Northanger Abbey": "austen_northangerabbey.txt.xz",
    "Persuasion": "austen_persuasion.txt.xz",
    "Pride and Prejudice": "austen_prideprejudice.txt.xz",
    "Sense and Sensibility": "austen_sensesensibility.txt.xz",
}
HELD_OUT = {"Persuasion", "Henry V", "Macbeth", "Twelfth Night"}
SPLITS = ("train", "held_out")


SENTENCE_END = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"')]))"                          # after a full stop, or the quote that closes on it,
    r"(?<!\bMr\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bEsq\.)"  # unless it only shortens a title
    r"(?=\s+[\"'(]?[A-Z\n])|(?=\n\n)"                           # before a capital; and before every paragraph
)


def sentences(text: str) -> list[str]:
    """Cut a text before the white space that follows each sentence, losing nothing.

    >>> sentences('Mr. Elton smiled. "Well!" said she.')
    ['Mr. Elton smiled.', ' "Well!" said she.']
    """
    return [piece for piece in SENTENCE_END.split(text) if piece]


def novel_chapters(text: str) -> list[str]:
    """Cut a novel into chapters: paragraphs on one line each, a blank line between; no headings, no underscores."""
    heading = re.compile(r"(volume|chapter) [ivxlc\d]+\.?$|(the )?end$|finis\.?$", re.I)
    text = text.split("\nA NOTE ON THE TEXT")[0]     # a modern editor's, after Northanger Abbey
    chapters = [[]]
    for block in re.split(r"\n\s*\n", text.replace("_", "")):
        paragraph = " ".join(block.split())
        if heading.match(paragraph):
            chapters.append([])
        elif paragraph:
            chapters[-1].append(paragraph)
    return ["\n\n".join(chapter) for chapter in chapters[1:] if chapter]      # before the first: the title page


def clean_play(text: str) -> str:
    """Turn a play's Markdown into plain text: the speaker's name on a line, then the speech as printed."""
    lines = (line.strip().lstrip("#").strip() for line in text.replace("\\", "").splitlines())
    plain = "\n".join(line.replace("**", "").replace("_", "") for line in lines)
    return re.sub(r"\n{3,}", "\n\n", plain).strip()


def novels(split: str) -> dict[str, str]:
    """Give Austen's novels of one split: title -> text, paragraphs separated by a blank line."""
    texts = {title: "\n\n".join(novel_chapters(read_asset(file))) for title, file in NOVELS.items()}
    return of_split(texts, split)


def chapters(split: str) -> dict[str, dict[str, str]]:
    """Give the same novels cut at their chapters: title -> number of the chapter -> text."""
    texts = {title: dict(enumerate(novel_chapters(read_asset(file)), start=1)) for title, file in NOVELS.items()}
    return of_split(texts, split)


def plays(split: str) -> dict[str, str]:
    """Give Shakespeare's plays of one split: title -> text, speeches separated by a blank line."""
    return of_split({title: clean_play(markdown) for title, (_, markdown) in shakespeare().items()}, split)


def genres() -> dict[str, str]:
    """Give each play's shelf, as the edition has it: title -> "comedies", "histories", "tragedies" and so on."""
    return {title: genre for title, (genre, _) in shakespeare().items()}


def speeches(split: str) -> dict[str, list[tuple[str, str]]]:
    """Give the plays as dialogue: title -> (speaker, speech on one line) in order, without stage directions."""
    found = {}
    for title, (_, markdown) in shakespeare().items():
        spoken = re.findall(r"^\*\*(.+?)\*\*\s*\n((?:.+\n?)+)", markdown, re.M)      # up to the next empty line
        spoken = [(speaker, " ".join(re.sub(r"_[^_]*_|[*\\]", " ", speech).split())) for speaker, speech in spoken]
        found[title] = [(speaker, speech) for speaker, speech in spoken if speech]
    return of_split(found, split)


@cache
def shakespeare() -> dict[str, tuple[str, str]]:
    """Cut the file into plays: title -> (genre, Markdown)."""
    parts = re.split(r"<!-- genre: (\w+) -->\n", read_asset("shakespeare.md.xz"))[1:]
    titled = {}
    for genre, markdown in zip(parts[::2], parts[1::2]):
        title = re.match(r"# (.+)\n", markdown)
        titled[title[1] if title else "Measure for Measure"] = (genre, markdown)   # the one without a title line
    return titled


def check_split(split: str) -> None:
    """Raise ValueError for a split that does not exist."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}")


def of_split(texts: dict, split: str) -> dict:
    """Keep the texts that belong to a split."""
    check_split(split)
    return {title: text for title, text in texts.items() if (title in HELD_OUT) == (split == "held_out")}


CORPORA = {"austen": novels, "shakespeare": plays}
