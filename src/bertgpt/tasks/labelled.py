"""Labelled texts: one function per task, with fixed splits free of leaks.

No text is on both sides of a split, and where texts come from works, whole works are held out.
"""

import hashlib
import random
from dataclasses import dataclass

from ..assets import read_asset
from ..text.corpora import check_split, genres, novels, sentences, speeches

SENTIMENTS = ["negative", "positive"]
GENRES = {"comedies": "comedy", "histories": "history", "tragedies": "tragedy"}    # other plays fit no one genre
GENRE_NAMES = [*GENRES.values(), "novel"]


@dataclass(frozen=True)
class PlainSentence:
    """A sentence whose word between `left` and `right` is missing, and single words for it.

    fits: those that make sense between the two sides; fits_left: further ones that make sense after
    the left side alone, whatever follows; nonsense: one that makes sense in neither way
    """

    left: str
    right: str
    fits: list[str]
    fits_left: list[str]
    nonsense: str


@dataclass(frozen=True)
class Labelled:
    """Texts of one split with their labels: `names[labels[i]]` is the class of `texts[i]`."""

    texts: list[str]
    labels: list[int]
    names: list[str]


def subset(labelled: Labelled, indices) -> Labelled:
    """Take the texts at some indices, with their labels."""
    return Labelled([labelled.texts[i] for i in indices], [labelled.labels[i] for i in indices],
                    labelled.names)


def movie_snippets(split: str) -> Labelled:
    """Load sentences of film reviews that twenty readers rated negative or positive.

    The mean rating, -4 to 4, is at least half a point from 0. A fifth of the texts, chosen by hash,
    is "test", the rest "train". Hutto and Gilbert 2014.
    """
    check_split(split)
    texts, labels, seen = [], [], set()
    for line in read_asset("corpora/movie_snippets.tsv.xz").splitlines():
        _, rating, text = line.split("\t", 2)
        key = "".join(character for character in text.lower() if character.isalnum())
        held_out = int(hashlib.sha256(key.encode()).hexdigest(), 16) % 5 == 0
        if abs(float(rating)) >= 0.5 and key not in seen and held_out == (split == "test"):
            texts.append(text)
            labels.append(int(float(rating) > 0))
        seen.add(key)
    return Labelled(texts, labels, SENTIMENTS)


def genre_passages(split: str) -> Labelled:
    """Draw passages of 40 to 80 words: speech of comedies, histories and tragedies, and novels.

    Whole works are held out: *Twelfth Night*, *Henry V*, *Macbeth*, *Persuasion*. Names of speakers
    and stage directions are left out, since they would give the label away; at most 200 passages
    per work.
    """
    works = {title: [speech for _, speech in spoken] for title, spoken in speeches(split).items()
             if genres()[title] in GENRES}
    kinds = {title: GENRES[genres()[title]] for title in works}
    works |= {title: [" ".join(s.split()) for s in sentences(text)]
              for title, text in novels(split).items()}
    texts, labels = [], []
    for title, pieces in works.items():
        passages, words = [], []
        for piece in pieces:
            words += piece.split()
            if len(words) >= 40:
                passages.append(" ".join(words[:80]))                    # a long speech is truncated
                words = []
        drawn = random.Random(title).sample(passages, min(200, len(passages)))
        texts += drawn
        labels += [GENRE_NAMES.index(kinds.get(title, "novel"))] * len(drawn)
    return Labelled(texts, labels, GENRE_NAMES)


def plain_sentences() -> list[PlainSentence]:
    """Load 140 plain sentences of everyday life today, for judging: there is no training split."""
    rows = [line.split("\t") for line in read_asset("labelled/plain_sentences.tsv").splitlines()[1:]]
    return [PlainSentence(left, right, fits.split("|"), fits_left.split("|"), nonsense)
            for left, right, fits, fits_left, nonsense in rows]


TASKS = {"sentiment": movie_snippets, "genre": genre_passages}
