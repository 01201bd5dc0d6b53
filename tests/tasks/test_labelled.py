"""Labelled texts: what they are, that the splits are fixed, and that nothing leaks."""

import re

import pytest

from bertgpt import assets
from bertgpt.tasks import labelled
from bertgpt.text import corpora
from bertgpt.text.corpora import SPLITS


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


def test_plain_sentences_have_words_for_both_sides_for_the_left_one_and_for_neither():
    rows = labelled.plain_sentences()
    assert len({(row.left, row.right) for row in rows}) == len(rows) == 140
    for row in rows:
        assert len(row.left.split()) >= 4 and row.left == row.left.strip()
        assert re.fullmatch(r"( \w|[,.;?!]).*[.?!]|[.?!]", row.right)
        assert 5 <= len(row.fits) <= 40 and 15 <= len(row.fits_left) <= 60
        words = [*row.fits, *row.fits_left, row.nonsense]
        assert all(re.fullmatch("[A-Za-z]+(n't)?", word) for word in words)
        assert len({word.lower() for word in words}) == len(words)       # none twice: fits, fits_left, nonsense


@pytest.mark.slow
def test_no_plain_sentence_stands_in_a_text_that_a_model_reads():
    read = " ".join(" ".join(text.split()) for load in corpora.CORPORA.values() for split in SPLITS
                    for text in load(split).values())
    begun = [row for row in labelled.plain_sentences() if row.left in read]
    assert not [row for row in begun for word in row.fits if f"{row.left} {word}{row.right}" in read]
