"""The texts that ship with the package, checked when read and split once and for all.

Held out and never trained on: the novel Persuasion, the tale A Christmas Carol, the plays Henry V,
Macbeth and Twelfth Night, and 899 of the stories. Sources: assets/corpora/PROVENANCE.md.
"""

import hashlib
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
TALES = {
    "A Christmas Carol": "dickens_a_christmas_carol.txt.xz",
    "Alice's Adventures in Wonderland": "carroll_alices_adventures_in_wonderland.txt.xz",
    "Andersen's Fairy Tales": "andersen_fairy_tales.txt.xz",
    "Brother Jacob": "eliot_brother_jacob.txt.xz",
    "Dubliners": "joyce_dubliners.txt.xz",
    "Grimm's Fairy Tales": "grimm_fairy_tales_47_tales.txt.xz",
    "Heart of Darkness": "conrad_heart_of_darkness.txt.xz",
    "Moby Dick": "melville_moby_dick.txt.xz",
    "Narrative of the Life of Frederick Douglass": "douglass_narrative_of_the_life_of_frederick_douglass.txt.xz",
    "The Adventures of Sherlock Holmes": "doyle_the_adventures_of_sherlock_holmes.txt.xz",
    "The Adventures of Tom Sawyer": "twain_the_adventures_of_tom_sawyer.txt.xz",
    "The Ball and the Cross": "chesterton_the_ball_and_the_cross.txt.xz",
    "The Island of Doctor Moreau": "wells_the_island_of_doctor_moreau.txt.xz",
    "The Man Who Was Thursday": "chesterton_the_man_who_was_thursday.txt.xz",
    "The Parent's Assistant": "edgeworth_the_parents_assistant.txt.xz",
    "The Voyage Out": "woolf_the_voyage_out.txt.xz",
    "The Wisdom of Father Brown": "chesterton_the_wisdom_of_father_brown.txt.xz",
    "The Yellow Wallpaper": "gilman_the_yellow_wallpaper.txt.xz",
}
STORIES = {"TinyStories": "stories/tinystories.txt.xz", "Picture books": "stories/picture_books.txt.xz"}
STORY_END = "<|endoftext|>"
HELD_OUT = {"Persuasion", "A Christmas Carol", "Henry V", "Macbeth", "Twelfth Night"}
SPLITS = ("train", "test")
TUNED_SPLITS = ("train", "validation", "test")  # of data by which something is chosen, too


SENTENCE_END = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"')]))"  # after a full stop, or the quote that closes on it,
    r"(?<!\bMr\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bEsq\.)"  # unless it only shortens a title
    r"(?=\s+[\"'(]?[A-Z\n])|(?=\n\n)"  # before a capital; and before every paragraph
)


def sentences(text: str) -> list[str]:
    """Cut a text before the white space that follows each sentence, losing nothing.

    >>> sentences('Mr. Elton smiled. "Well!" said she.')
    ['Mr. Elton smiled.', ' "Well!" said she.']
    """
    return [piece for piece in SENTENCE_END.split(text) if piece]


NOVEL_HEADING = re.compile(r"(volume|chapter) [ivxlc\d]+\.?$|(the )?end$|finis\.?$", re.I)
# A numbered heading ("CHAPTER I. Down the Rabbit-Hole", "STAVE II:", "IV. The Man in the Passage"), a title or
# a signature in capitals, a row of asterisks. What begins with a quote or ends in a shout is speech.
TALE_HEADING = re.compile(
    r"(?i:(?:chapter|stave|adventure) [ivxlc\d]+\b).{0,80}$|[IVXLC]+\.?$|[IVXLC]+\. .{0,80}$|(?i:the end)\.?$"
    r"|(?=.*[A-Z]{2})[^a-z\"'][^a-z]{0,90}(?<![!?])$|[*\s]+$"
)


def sections(text: str, heading: re.Pattern) -> list[str]:
    """Cut a text at its headings into paragraphs of one line each, without headings and underscores.

    -> the text before the first heading, then one text for each heading; empty where two headings meet
    """
    parts: list[list[str]] = [[]]
    for block in re.split(r"\n\s*\n", text.replace("_", "")):
        paragraph = " ".join(block.split())
        if heading.match(paragraph):
            parts.append([])
        elif paragraph:
            parts[-1].append(paragraph)
    return ["\n\n".join(part) for part in parts]


def novel_chapters(text: str) -> list[str]:
    """Cut a novel of Austen's into its chapters, without title page and a modern editor's note."""
    book = text.split("\nA NOTE ON THE TEXT")[0]
    return [chapter for chapter in sections(book, NOVEL_HEADING)[1:] if chapter]


def tale_chapters(text: str) -> list[str]:
    """Cut one of the tales, or a collection of them, into its chapters or single tales.

    A character in *The Voyage Out* reads the opening of *Persuasion* aloud: that paragraph is left out.
    """
    spoiler = "of Kellynch Hall, in Somersetshire"
    kept = ([p for p in chapter.split("\n\n") if spoiler not in p] for chapter in sections(text, TALE_HEADING))
    return [chapter for paragraphs in kept if (chapter := "\n\n".join(paragraphs))]


def clean_play(text: str) -> str:
    """Turn a play's Markdown into plain text: the speaker's name on a line, then the speech as printed."""
    lines = (line.strip().lstrip("#").strip() for line in text.replace("\\", "").splitlines())
    plain = "\n".join(line.replace("**", "").replace("_", "") for line in lines)
    return re.sub(r"\n{3,}", "\n\n", plain).strip()


def novels(split: str) -> dict[str, str]:
    """Return Austen's novels of one split: title -> text, paragraphs separated by a blank line."""
    return {title: "\n\n".join(book.values()) for title, book in chapters(split).items()}


def chapters(split: str, corpus: str = "austen") -> dict[str, dict[int, str]]:
    """Return the novels, or the "tales", by chapter: title -> number of the chapter -> text."""
    files, cut = {"austen": (NOVELS, novel_chapters), "tales": (TALES, tale_chapters)}[corpus]
    texts = {title: cut(read_asset(f"corpora/{file}")) for title, file in files.items()}
    return of_split({title: dict(enumerate(found, start=1)) for title, found in texts.items()}, split)


def tales(split: str) -> dict[str, str]:
    """Return the tales of one split, by sixteen other authors in all: title -> text, as `novels` does."""
    return {title: "\n\n".join(book.values()) for title, book in chapters(split, "tales").items()}


def plays(split: str) -> dict[str, str]:
    """Return Shakespeare's plays of one split: title -> text, speeches separated by a blank line."""
    return of_split({title: clean_play(markdown) for title, markdown in shakespeare().items()}, split)


def stories(split: str) -> dict[str, str]:
    """Return the short stories in today's English of one split: "TinyStories 1" -> text, as `novels` does."""
    check_split(split)
    found = {}
    for source, file in STORIES.items():
        for n, story in enumerate(read_asset(f"corpora/{file}").split(f"\n{STORY_END}\n"), start=1):
            number = int(hashlib.sha256(story.encode("utf-8")).hexdigest(), 16)
            if (number % 10 == 0) == (split == "test"):  # a tenth is held out
                found[f"{source} {n}"] = story.replace("\n", "\n\n")
    return found


@cache
def shakespeare() -> dict[str, str]:
    """Cut the file into plays: title -> Markdown."""
    found = {}
    for markdown in re.split(r"<!-- genre: \w+ -->\n", read_asset("corpora/shakespeare.md.xz"))[1:]:
        title = re.match(r"# (.+)\n", markdown)
        found[title[1] if title else "Measure for Measure"] = markdown  # the one without a title line
    return found


def check_split(split: str, splits: tuple[str, ...] = SPLITS) -> None:
    if split not in splits:
        raise ValueError(f"split must be one of {', '.join(splits)}, not {split!r}")


def of_split(texts: dict, split: str) -> dict:
    check_split(split)
    return {title: text for title, text in texts.items() if (title in HELD_OUT) == (split == "test")}


CORPORA = {"austen": novels, "shakespeare": plays, "tales": tales, "stories": stories}
