"""Sentences of Austen's novels whose persons and places a list of names labels, to train and to choose taggers on.

Four novels are to train on, a fifth to validate. The test sentences are those of tasks/entities.py, from *Persuasion*,
whose names the list does not hold. Guideline and sources of all labels: assets/labelled/PROVENANCE.md.
"""

import re
from functools import cache

from bertgpt.assets import read_asset
from bertgpt.text.corpora import TUNED_SPLITS, check_split, novels, sentences
from bertgpt_book.tasks.entities import Sentence, llm_labelled

VALIDATION = "Northanger Abbey"

# Titles before a name in the five novels of training and validation.
TITLE = (
    r"(?:Mr|Mrs|Miss|Misses|Messrs|Master|Madame|Dr|Doctor|Sir|Lady|Lord|Captain|Colonel|General|Admiral|Lieut|"
    r"Lieutenant|Honourable|Hon|Rev|Count|Baron|Queen|King|Farmer|Aunt|Uncle)\b\.?\s+"
)


@cache
def gazetteer() -> dict[str, frozenset]:
    """Load the listed names: "PERSON", "PLACE" and "TITLED", common words unless after a title or name -> names."""
    names: dict[str, set[str]] = {"PERSON": set(), "TITLED": set(), "PLACE": set()}
    for line in read_asset("labelled/gazetteer.txt").splitlines():
        kind, _, listed = line.partition(": ")
        if kind in names:
            names[kind] |= set(listed.split(", "))
    return {kind: frozenset(listed) for kind, listed in names.items()}


@cache
def patterns() -> dict[str, re.Pattern]:
    """Compile a pattern per label for the listed names, a person's with titles and further names."""

    def any_of(names):
        return rf"(?:{'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})(?!\w|-\w)"

    listed = gazetteer()
    bare, either, place = map(any_of, (listed["PERSON"], listed["PERSON"] | listed["TITLED"], listed["PLACE"]))
    person = rf"(?:(?:{TITLE})+(?:{either}|[A-HJ-Z]\b)|{bare})(?:\s+{either})*"
    return {label: re.compile(rf"(?<![\w-]){pattern}") for label, pattern in (("PERSON", person), ("PLACE", place))}


def find_names(text: str) -> tuple:
    """Label a text by the gazetteer: -> spans; where two overlap, the longest wins."""
    return longest((*match.span(), label) for label, pattern in patterns().items() for match in pattern.finditer(text))


def longest(overlapping) -> tuple:
    """Resolve overlaps: keep the span that begins first, the longest of those that begin together."""
    spans, reached = [], 0
    for start, end, label in sorted(overlapping, key=lambda span: (span[0], -span[1])):
        if start >= reached:
            spans.append((start, end, label))
            reached = end
    return tuple(spans)


def select_sentences(texts: dict[str, str]) -> list[str]:
    """Keep the sentences of 8 to 45 words, with Mr, Mrs and Dr as *Persuasion* prints them."""
    pieces = (piece.strip() for text in texts.values() for piece in sentences(text))
    return [re.sub(r"\b(Mr|Mrs|Dr|Messrs)\.", r"\1", piece) for piece in pieces if 8 <= len(piece.split()) <= 45]


@cache
def named_entities(split: str) -> tuple[Sentence, ...]:
    """Load the sentences of a split with their names.

    split: "train" (four novels) and "validation" (Northanger Abbey) are labelled by `find_names`,
    "test" (Persuasion) by a language model; a sentence of a later split is left out of earlier ones
    """
    check_split(split, TUNED_SPLITS)
    if split == "test":
        return llm_labelled()
    texts = novels("train")
    later = {sentence.text for sentence in llm_labelled()}
    pieces = select_sentences({VALIDATION: texts[VALIDATION]})
    if split == "train":
        later |= set(pieces)
        pieces = select_sentences({title: text for title, text in texts.items() if title != VALIDATION})
    return tuple(Sentence(text, find_names(text)) for text in dict.fromkeys(pieces) if text not in later)
