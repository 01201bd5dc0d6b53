"""Names in *Persuasion*: what was labelled, and how spans, tags and brackets become one another."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bertgpt.text.corpora import novels, sentences
from bertgpt_book.tasks.entities import (
    LABELS,
    TAGS,
    Sentence,
    llm_labelled,
    read_brackets,
    show_brackets,
    spans_of,
    tags_of,
    word_spans,
)


def test_the_test_sentences_are_every_sixth_of_persuasion():
    whole = [piece.strip() for piece in sentences(novels("test")["Persuasion"])]
    eligible = [piece for piece in whole if 8 <= len(piece.split()) <= 45]
    assert [sentence.text for sentence in llm_labelled()] == eligible[::6]


def test_spans_are_whole_words_from_left_to_right_and_agree_with_their_tags():
    for text, spans in llm_labelled():
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
    assert " ".join(tags_of(sentence)) == "O B-PERSON I-PERSON I-PERSON O B-PERSON O O B-PLACE I-PLACE O O O"


def test_an_inside_tag_that_continues_nothing_begins_a_name():
    assert spans_of("in Bath now", ["O", "I-PLACE", "I-PERSON"]) == ((3, 7, "PLACE"), (8, 11, "PERSON"))


@given(st.lists(st.sampled_from(TAGS), min_size=4, max_size=4))
@settings(deadline=None)
def test_any_tags_give_spans_that_give_them_back(tags):
    text = "one Two, Three"
    spans = spans_of(text, tags)
    assert spans_of(text, tags_of(Sentence(text, spans))) == spans


def test_brackets_are_read_back():
    lines = [show_brackets(sentence) for sentence in llm_labelled()]
    assert [read_brackets(line) for line in lines] == list(llm_labelled())
    assert not any(re.search(r"[\[\]]", sentence.text) for sentence in llm_labelled())
