"""Persons and places in Austen's novels: labels that a list gives, and labels of a language model.

Training sentences come from four novels and are labelled from a distance, by looking up a list of names; those of a
fifth novel are for validation. The test sentences are from *Persuasion*, whose names no list here holds, labelled one
by one by a language model that worked on this course. The guideline of all labels, and who made them:
assets/labelled/PROVENANCE.md.

A span is (start, end, label): characters start to end of a text, without white space around them.
"""

import random
import re
from functools import cache
from typing import NamedTuple

from ..assets import read_asset
from ..text.corpora import TUNED_SPLITS, check_split, novels, sentences
from ..text.tokenizer import word_spans

LABELS = ("PERSON", "PLACE")
TAGS = ("O", "B-PERSON", "I-PERSON", "B-PLACE", "I-PLACE")
VALIDATION = "Northanger Abbey"

# As they stand before a name in the five novels that are not tested on.
TITLE = (r"(?:Mr|Mrs|Miss|Misses|Messrs|Master|Madame|Dr|Doctor|Sir|Lady|Lord|Captain|Colonel|General|Admiral|Lieut|"
         r"Lieutenant|Honourable|Hon|Rev|Count|Baron|Queen|King|Farmer|Aunt|Uncle)\b\.?\s+")
# What tells one sort of place from another, and is no more a name than a title is.
SORT = {"Abbey", "Buildings", "Castle", "Common", "Court", "Grove", "Hall", "Hill", "House", "Lane", "Lodge", "Park",
        "Parsonage", "Place", "Road", "Square", "Street", "Wood", "of"}


class Sentence(NamedTuple):
    """A text and the names in it, as spans (start, end, label) from left to right."""

    text: str
    spans: tuple


def tags_of(sentence: Sentence) -> list[str]:
    """Write spans as one tag a word: B- where a name begins, I- where it goes on, O elsewhere.

    Tjong Kim Sang and De Meulder 2003, section 2.1, with a B- on every first word.
    """
    tags = []
    for start, end in word_spans(sentence.text):
        names = [(label, a == start) for a, b, label in sentence.spans if a <= start and end <= b]
        tags.append(f"{'B' if names[0][1] else 'I'}-{names[0][0]}" if names else "O")
    return tags


def spans_of(text: str, tags: list[str]) -> tuple:
    """Read spans off the tags of a text's words; an I- that continues nothing begins a name."""
    spans = []
    open_label = None
    for (start, end), tag in zip(word_spans(text), tags, strict=True):
        kind, _, label = tag.partition("-")
        if kind == "I" and label == open_label:
            spans[-1] = (spans[-1][0], end, label)
        elif label:
            spans.append((start, end, label))
        open_label = label
    return tuple(spans)


def read_brackets(line: str) -> Sentence:
    """Read a sentence whose names stand in brackets after their label.

    >>> read_brackets("[PERSON Anne] left [PLACE Bath].")
    Sentence(text='Anne left Bath.', spans=((0, 4, 'PERSON'), (10, 14, 'PLACE')))
    """
    text, spans = "", []
    for before, label, name in re.findall(r"([^\[]*)(?:\[(PERSON|PLACE) ([^\]]+)\])?", line):
        text += before
        if label:
            spans.append((len(text), len(text) + len(name), label))
        text += name
    return Sentence(text, tuple(spans))


def show_brackets(sentence: Sentence) -> str:
    """Write a sentence the way `read_brackets` reads it."""
    text = sentence.text
    for start, end, label in reversed(sentence.spans):
        text = f"{text[:start]}[{label} {text[start:end]}]{text[end:]}"
    return text


@cache
def gazetteer() -> dict[str, frozenset]:
    """Give the names of the five novels that are not tested on: "PERSON", "TITLED" and "PLACE" -> names.

    TITLED are surnames that are common words, too ("Long", "Hill"): names after a title or another name only.
    """
    names: dict[str, set[str]] = {"PERSON": set(), "TITLED": set(), "PLACE": set()}
    for line in read_asset("labelled/gazetteer.txt").splitlines():
        kind, _, listed = line.partition(": ")
        if kind in names:
            names[kind] |= set(listed.split(", "))
    return {kind: frozenset(found) for kind, found in names.items()}


@cache
def patterns() -> dict[str, re.Pattern]:
    """Build what finds the listed names in a text: titles and neighbouring names of a person join them."""
    def any_of(names):
        return rf"(?:{'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})(?!\w|-\w)"

    listed = gazetteer()
    bare, either, place = map(any_of, (listed["PERSON"], listed["PERSON"] | listed["TITLED"], listed["PLACE"]))
    person = rf"(?:(?:{TITLE})+(?:{either}|[A-HJ-Z]\b)|{bare})(?:\s+{either})*"
    return {label: re.compile(rf"(?<![\w-]){found}") for label, found in (("PERSON", person), ("PLACE", place))}


def find_names(text: str) -> tuple:
    """Label by looking up: the longest listed name wins wherever two overlap. -> spans

    >>> find_names("Mr. John Knightley of Donwell Abbey met Anne Elliot.")
    ((0, 18, 'PERSON'), (22, 35, 'PLACE'), (40, 44, 'PERSON'))
    """
    return longest((*match.span(), label) for label, pattern in patterns().items() for match in pattern.finditer(text))


def longest(found) -> tuple:
    """Of spans that overlap, keep the one that begins first, or the longest of those that begin together."""
    spans, reached = [], 0
    for start, end, label in sorted(found, key=lambda span: (span[0], -span[1])):
        if start >= reached:
            spans.append((start, end, label))
            reached = end
    return tuple(spans)


def chosen(texts: dict[str, str]) -> list[str]:
    """Cut novels into sentences and keep those of 8 to 45 words, with Mr, Mrs and Dr as *Persuasion* prints them."""
    pieces = (piece.strip() for text in texts.values() for piece in sentences(text))
    return [re.sub(r"\b(Mr|Mrs|Dr|Messrs)\.", r"\1", piece) for piece in pieces if 8 <= len(piece.split()) <= 45]


@cache
def one_by_one() -> tuple[Sentence, ...]:
    """Read every sixth of *Persuasion*'s sentences of 8 to 45 words, labelled one by one by a language model."""
    return tuple(map(read_brackets, read_asset("labelled/persuasion_names.txt").splitlines()))


@cache
def named_entities(split: str) -> tuple[Sentence, ...]:
    """Give the sentences of a split with their names.

    split: "train" (four novels) and "validation" (Northanger Abbey) are labelled by `find_names`, "test"
    (Persuasion) one by one; a sentence that stands in another split is left out of "train" and "validation"
    """
    check_split(split, TUNED_SPLITS)
    if split == "test":
        return one_by_one()
    texts = novels("train")
    later = {sentence.text for sentence in one_by_one()}
    pieces = chosen({VALIDATION: texts[VALIDATION]})
    if split == "train":
        later |= set(pieces)
        pieces = chosen({title: text for title, text in texts.items() if title != VALIDATION})
    return tuple(Sentence(text, find_names(text)) for text in dict.fromkeys(pieces) if text not in later)


def without_title(name: str) -> str:
    """Take the titles off a name: "Mrs. John Dashwood" -> "John Dashwood"."""
    return re.sub(rf"^(?:{TITLE})+", "", name)


@cache
def halves() -> dict[str, tuple[list[str], list[str]]]:
    """Cut the listed names of one word in two: label -> their beginnings, their endings."""
    single = {label: sorted(name for name in gazetteer()[label] if name.isalpha() and not name.endswith("s"))
              for label in LABELS}
    return {label: ([name[:(len(name) + 1) // 2] for name in names], [name[(len(name) + 1) // 2:] for name in names])
            for label, names in single.items()}


def disguise(sentence: Sentence, dice: random.Random) -> Sentence:
    """Put invented names in the place of the names, so that only titles and neighbours tell what they are.

    The beginning of one listed name and the ending of another make one that is nowhere: "Weston" and "Bingley" give
    "Wesley". Titles and words such as "Street" stay; a word that comes twice gets the same disguise.
    A model that learns from a few hundred names learns them by heart; from names that never come twice, it cannot.

    >>> disguise(read_brackets("[PERSON Mrs. Elton] went to [PLACE Milsom Street]."), random.Random(1)).text
    'Mrs. Carlda went to Brisdshire Street.'
    """
    new, text, spans, done = {}, "", [], 0
    for start, end, label in sentence.spans:
        name = sentence.text[start:end]
        bare = without_title(name)
        beginnings, endings = halves()[label]
        for word in re.findall(r"\w\w+", bare):
            if word not in SORT and word not in new:
                new[word] = dice.choice(beginnings) + dice.choice(endings) + "s" * word.endswith("s")
        name = name[:len(name) - len(bare)] + re.sub(r"\w\w+", lambda word: new.get(word[0], word[0]), bare)
        text += sentence.text[done:start]
        spans.append((len(text), len(text) + len(name), label))
        text, done = text + name, end
    return Sentence(text + sentence.text[done:], tuple(spans))
