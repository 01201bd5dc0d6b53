"""Labelled texts: what they are, that the splits are fixed, and that nothing leaks."""

import re

import pytest

from bertgpt.text import corpora
from bertgpt.text.corpora import SPLITS
from bertgpt_book.tasks import labelled


def squeezed(text):
    return "".join(character for character in text.lower() if character.isalnum())


@pytest.mark.slow
def test_no_text_stands_on_both_sides():
    train, held_out = ({squeezed(text) for text in labelled.movie_snippets(split).texts} for split in SPLITS)
    assert train and held_out and not train & held_out


@pytest.mark.slow
def test_no_sentence_for_judging_stands_in_a_text_that_a_model_reads():
    texts = [text for corpus in corpora.CORPORA.values() for split in SPLITS for text in corpus(split).values()]
    read = " ".join(" ".join(texts).split())
    for row in (*labelled.plain_sentences(), *labelled.right_side_sentences()):
        ends = tuple(f" {word}{row.right}" for word in row.fits)
        assert not [at for at in re.finditer(re.escape(row.left), read) if read.startswith(ends, at.end())], row
