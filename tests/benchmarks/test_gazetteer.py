"""Names in the novels: nothing leaks from a split to another."""

import re

from gazetteer import named_entities

from bertgpt.text.corpora import TUNED_SPLITS


def running(text):
    """Normalise spaces and the full stops of titles."""
    return re.sub(r"\b(Mr|Mrs|Dr|Messrs)\.", r"\1", " ".join(text.split()))


def test_no_sentence_stands_in_two_splits():
    train, validation, test = (
        {running(sentence.text).lower() for sentence in named_entities(split)} for split in TUNED_SPLITS
    )
    assert not train & test and not validation & test and not train & validation
