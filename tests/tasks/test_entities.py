"""Names in the novels: what the labels are, that a list makes some and a reader the others, and that nothing leaks."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertgpt.tasks.entities import (
    LABELS,
    TAGS,
    Sentence,
    find_names,
    gazetteer,
    named_entities,
    read_brackets,
    show_brackets,
    spans_of,
    tags_of,
)
from bertgpt.text.corpora import TUNED_SPLITS, novels, sentences
from bertgpt.text.tokenizer import word_spans


def running(text):
    """Normalise spaces and the full stops of titles."""
    return re.sub(r"\b(Mr|Mrs|Dr|Messrs)\.", r"\1", " ".join(text.split()))


def test_the_test_sentences_are_every_sixth_of_persuasion():
    whole = [piece.strip() for piece in sentences(novels("test")["Persuasion"])]
    eligible = [piece for piece in whole if 8 <= len(piece.split()) <= 45]
    assert [sentence.text for sentence in named_entities("test")] == eligible[::6]


@pytest.mark.slow
@pytest.mark.parametrize("split, titles", [
    ("train", {"Emma", "Mansfield Park", "Pride and Prejudice", "Sense and Sensibility"}),
    ("validation", {"Northanger Abbey"})])
def test_distant_labels_come_from_training_novels_alone(split, titles):
    book = running(" ".join(text for title, text in novels("train").items() if title in titles))
    assert all(running(sentence.text) in book for sentence in named_entities(split)[::20])
    pieces = {running(piece.strip()) for title in titles for piece in sentences(novels("train")[title])}
    assert {running(sentence.text) for sentence in named_entities(split)} <= pieces


def test_no_sentence_stands_in_two_splits():
    train, validation, test = ({running(sentence.text).lower() for sentence in named_entities(split)}
                                for split in TUNED_SPLITS)
    assert not train & test and not validation & test and not train & validation


@pytest.mark.slow
@pytest.mark.parametrize("split", TUNED_SPLITS)
def test_spans_are_whole_words_from_left_to_right_and_agree_with_their_tags(split):
    for text, spans in named_entities(split):
        borders = word_spans(text)
        reached = 0
        for start, end, label in spans:
            assert reached <= start < end <= len(text) and label in LABELS
            assert start in {a for a, _ in borders} and end in {b for _, b in borders}, text
            assert text[start].isupper() or text[start:end].startswith("de "), text[start:end]
            assert not re.fullmatch(r"(?!St\b).*'s", text[start:end]), text[start:end]
            reached = end
        tags = tags_of(Sentence(text, spans))
        assert set(tags) <= set(TAGS) and spans_of(text, tags) == spans


def test_tags_of_a_worked_example():
    sentence = read_brackets("So [PERSON Mrs. Musgrove] left [PERSON Anne]'s [PLACE Camden Place], alone.")
    assert tags_of(sentence) == ["O", "B-PERSON", "I-PERSON", "I-PERSON", "O", "B-PERSON", "O", "O",
                                 "B-PLACE", "I-PLACE", "O", "O", "O"]


def test_an_inside_tag_that_continues_nothing_begins_a_name():
    assert spans_of("in Bath now", ["O", "I-PLACE", "I-PERSON"]) == ((3, 7, "PLACE"), (8, 11, "PERSON"))


@given(st.lists(st.sampled_from(TAGS), min_size=4, max_size=4))
@settings(deadline=None)
def test_any_tags_give_spans_that_give_them_back(tags):
    text = "one Two, Three"
    spans = spans_of(text, tags)
    assert spans_of(text, tags_of(Sentence(text, spans))) == spans


def test_brackets_are_read_back():
    lines = [show_brackets(sentence) for sentence in named_entities("test")]
    assert [read_brackets(line) for line in lines] == list(named_entities("test"))
    assert not any(re.search(r"[\[\]]", sentence.text) for sentence in named_entities("test"))


@pytest.mark.slow
def test_every_listed_name_stands_in_a_training_novel_and_has_one_label():
    book = "\n".join(novels("train").values())
    listed, in_book = gazetteer(), set(re.findall(r"\w+", book))
    for name in frozenset.union(*listed.values()):
        assert name in book and set(re.findall(r"\w+", name)) <= in_book, name
    assert not listed["PERSON"] & listed["PLACE"] and not listed["PERSON"] & listed["TITLED"]
    assert len(listed["PERSON"]) > 300 and len(listed["PLACE"]) > 200


@pytest.mark.parametrize("line", [
    "[PERSON Lady Catherine de Bourgh] was at [PLACE Rosings].",
    "[PERSON Miss Jane Fairfax] and the [PERSON Eltons] in [PLACE Brunswick Square]",
    "[PERSON Mrs. Long] has been long on the hill of [PERSON Mr. Hill] by [PLACE Box Hill]",
    "at [PLACE Norland Park], [PLACE Norland] and [PLACE Lucas Lodge] with [PERSON Lucas]",
    "[PERSON Frank Churchill]'s father, [PERSON Mr. Weston], in May and on Monday",
    "[PLACE Bath], not Bathing; Emmas; a half-Emma; [PERSON Mr. E]. said so, Sir",
])
def test_names_are_looked_up_by_the_guideline(line):
    sentence = read_brackets(line)
    assert find_names(sentence.text) == sentence.spans
