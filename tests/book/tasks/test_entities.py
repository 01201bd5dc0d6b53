"""Named entities: how spans, tags and brackets become one another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertgpt_book.tasks import entities
from bertgpt_book.tasks.entities import TAGS, Sentence, read_brackets, spans_of, tags_of


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


def test_span_scores_count_whole_spans_with_their_label():
    true = [{(0, 2, "A"), (5, 7, "B")}, set(), {(1, 2, "A")}]
    predicted = [{(0, 2, "B"), (5, 7, "B"), (8, 9, "A")}, {(3, 4, "A")}, {(1, 2, "A")}]
    scores = entities.span_scores(true, predicted)
    assert scores == {"precision": 2 / 5, "recall": 2 / 3, "f1": pytest.approx(2 / (1 / (2 / 5) + 1 / (2 / 3)))}
    assert entities.span_scores([set()], [set()])["f1"] == 0  # nothing to find, nothing found: no credit, no crash


def test_f1_differences_are_of_the_same_texts():
    ours, rival = [[1, 1, 1], [0, 1, 1]] * 10, [[0, 0, 1], [0, 1, 1]] * 10
    difference, (low, high) = entities.f1_difference(ours, rival)
    assert difference == pytest.approx(0.5) and 0 < low < difference < high  # F1 is 1/2 against 0
    assert entities.f1_difference(ours, ours) == (0.0, (0.0, 0.0))  # paired: no text differs
