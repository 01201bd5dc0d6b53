"""Names in the novels: that the list holds what stands in them, labels by the guideline, and nothing leaks."""

import re

import pytest
from gazetteer import find_names, named_entities
from named_entities import find_any

from bertgpt.text.corpora import TUNED_SPLITS
from bertgpt_book.tasks.entities import read_brackets


def running(text):
    """Normalise spaces and the full stops of titles."""
    return re.sub(r"\b(Mr|Mrs|Dr|Messrs)\.", r"\1", " ".join(text.split()))


def test_no_sentence_stands_in_two_splits():
    train, validation, test = (
        {running(sentence.text).lower() for sentence in named_entities(split)} for split in TUNED_SPLITS
    )
    assert not train & test and not validation & test and not train & validation


@pytest.mark.parametrize(
    "line",
    [
        "[PERSON Lady Catherine de Bourgh] was at [PLACE Rosings].",
        "[PERSON Miss Jane Fairfax] and the [PERSON Eltons] in [PLACE Brunswick Square]",
        "[PERSON Mrs. Long] has been long on the hill of [PERSON Mr. Hill] by [PLACE Box Hill]",
        "at [PLACE Norland Park], [PLACE Norland] and [PLACE Lucas Lodge] with [PERSON Lucas]",
        "[PERSON Frank Churchill]'s father, [PERSON Mr. Weston], in May and on Monday",
        "[PLACE Bath], not Bathing; Emmas; a half-Emma; [PERSON Mr. E]. said so, Sir",
    ],
)
def test_names_are_looked_up_by_the_guideline(line):
    sentence = read_brackets(line)
    assert find_names(sentence.text) == sentence.spans


def test_any_other_capital_is_a_name_and_a_place_after_a_word_of_place():
    line = "Then [PERSON Mrs. Long] and [PERSON Wentworth] went to [PLACE Lyme Regis], and I to [PLACE Bath]."
    sentence = read_brackets(line)
    assert find_any(sentence.text) == sentence.spans
