"""Labelled texts: what they are, that the splits are fixed, and that nothing leaks."""

import pytest

from bertgpt import assets
from bertgpt.text import corpora
from bertgpt.text.corpora import SPLITS
from bertgpt_book.tasks import labelled


def squeezed(text):
    return "".join(character for character in text.lower() if character.isalnum())


@pytest.mark.slow
def test_no_text_stands_on_both_sides():
    train, held_out = ({squeezed(text) for text in labelled.movie_snippets(split).texts} for split in SPLITS)
    assert train and held_out and not train & held_out


def test_snippets_are_split_one_in_five_and_rated_clearly():
    train, held_out = (labelled.movie_snippets(split) for split in SPLITS)
    assert (len(train.texts), len(held_out.texts)) == (8024, 2046)
    assert 0.45 < sum(held_out.labels) / len(held_out.labels) < 0.55
    rated = [line.split("\t", 2) for line in assets.read_asset("corpora/movie_snippets.tsv.xz").splitlines()]
    rating = {text: float(mean) for _, mean, text in rated}
    for text, label in zip(held_out.texts, held_out.labels):
        assert rating[text] >= 0.5 if label else rating[text] <= -0.5


@pytest.mark.slow
def test_no_plain_sentence_stands_in_a_text_that_a_model_reads():
    texts = [text for load in corpora.CORPORA.values() for split in SPLITS for text in load(split).values()]
    read = " ".join(" ".join(texts).split())
    begun = [row for row in labelled.plain_sentences() if row.left in read]
    assert not [row for row in begun for word in row.fits if f"{row.left} {word}{row.right}" in read]
