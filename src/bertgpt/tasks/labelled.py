"""Texts with an answer to each: one function a task, the splits fixed and free of leaks.

A text never stands on both sides of a split, and where texts come from works,
whole works are held out. Entities and questions have files of their own.
"""

import hashlib
import random
from dataclasses import dataclass

from ..assets import read_asset
from ..text.corpora import check_split, genres, novels, sentences, speeches

SENTIMENTS = ["negative", "positive"]
GENRES = {"comedies": "comedy", "histories": "history", "tragedies": "tragedy"}       # the others are of two minds
GENRE_NAMES = [*GENRES.values(), "novel"]


@dataclass(frozen=True)
class Labelled:
    """Texts of one split with their labels: `names[labels[i]]` says what `texts[i]` is."""

    texts: list[str]
    labels: list[int]
    names: list[str]


def subset(labelled: Labelled, indices) -> Labelled:
    """Take the texts at some indices, with their labels."""
    return Labelled([labelled.texts[i] for i in indices], [labelled.labels[i] for i in indices], labelled.names)


def movie_snippets(split: str) -> Labelled:
    """Give sentences of film reviews that twenty readers found negative or positive, by half a point or more.

    A fifth, chosen by the hash of the text, is "test", the rest "train".
    Hutto and Gilbert 2014; ratings from -4 to 4, their mean is what was shipped.
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


def genre_passages(split: str, n_words: int = 40) -> Labelled:
    """Give passages of at least n_words words: what is spoken in comedies, histories and tragedies, and novels.

    Whole works are held out: *Twelfth Night*, *Henry V*, *Macbeth*, *Persuasion*. Speakers' names and directions
    are left out, or the label could be read off them; 200 passages of each work, or all it has, drawn once.
    """
    works = {title: [speech for _, speech in spoken] for title, spoken in speeches(split).items()
             if genres()[title] in GENRES}
    kinds = {title: GENRES[genres()[title]] for title in works}
    works |= {title: [" ".join(s.split()) for s in sentences(text)] for title, text in novels(split).items()}
    texts, labels = [], []
    for title, pieces in works.items():
        passages, words = [], []
        for piece in pieces:
            words += piece.split()
            if len(words) >= n_words:
                passages.append(" ".join(words[:2 * n_words]))           # a long speech is cut
                words = []
        chosen = random.Random(title).sample(passages, min(200, len(passages)))
        texts += chosen
        labels += [GENRE_NAMES.index(kinds.get(title, "novel"))] * len(chosen)
    return Labelled(texts, labels, GENRE_NAMES)


TASKS = {"sentiment": movie_snippets, "genre": genre_passages}


@dataclass(frozen=True)
class Reply:
    """Two texts in a row, and ten that might come next: `candidates[right]` is the one that does."""

    work: str
    before: list[str]
    candidates: list[str]
    right: int


def replies(split: str, per_play: int = 120, n_words: tuple[int, int] = (6, 40)) -> list[Reply]:
    """Draw replies from the plays of a split, each among nine others of the same play and about the same length.

    A true reply has between 6 and 40 words.
    """
    return [item for title, spoken in speeches(split).items()
            for item in among_ten(title, [speech for _, speech in spoken], per_play, n_words)]


def next_sentences(n: int = 360, n_words: tuple[int, int] = (6, 40)) -> list[Reply]:
    """Draw sentences of *Persuasion*, each among nine others of the novel and about the same length.

    The two sentences before are given; a true one has between 6 and 40 words.
    """
    texts = [" ".join(sentence.split()) for sentence in sentences(novels("test")["Persuasion"])]
    return among_ten("Persuasion", texts, n, n_words)


def among_ten(title: str, texts: list[str], n: int, n_words: tuple[int, int]) -> list[Reply]:
    """Draw n texts of a work and put each among nine others of the same work.

    texts: in order; the nine are the nearest in length among those that stand further off: none of the twenty before
    and after, and none with the same words
    """
    sizes, items = [len(text.split()) for text in texts], []
    dice = random.Random(title)
    fit = [i for i in range(2, len(texts)) if n_words[0] <= sizes[i] <= n_words[1]]
    for i in sorted(dice.sample(fit, min(n, len(fit)))):
        others = {texts[j]: j for j in range(len(texts)) if abs(j - i) > 20 and texts[j] != texts[i]}
        # Ties in length are broken by chance, not by the place in the work.
        nearest = sorted(others.values(), key=lambda j: (abs(sizes[j] - sizes[i]), dice.random()))[:9]
        candidates = [texts[j] for j in nearest]
        right = dice.randrange(10)
        candidates.insert(right, texts[i])
        items.append(Reply(title, texts[i - 2:i], candidates, right))
    return items
