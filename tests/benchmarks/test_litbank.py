"""Names that people labelled: which mentions are names, how a text is printed, and where two labellings meet."""

import pytest
from litbank import labelled_twice, name_in, print_words, sentence_of

from bertgpt_book.tasks.entities import show_brackets


@pytest.mark.parametrize(
    "mention, name",
    [
        ("poor Mrs. Bennet", "Mrs. Bennet"),
        ("The Isle of Wight", "Isle of Wight"),
        ("the very William Walter Elliot , Esq. , whose rights", "William Walter Elliot"),
        ("the Captain", None),
        ("Mrs. Bennet 's eldest daughter", None),  # the mention is of the daughter
        ("a man who loved Bath", None),
        ("the French ambassador", None),
        ("Elizabeth and Jane", None),  # two names, each of which is a mention of its own
    ],
)
def test_a_mention_is_a_name_where_capitals_name_whom_it_mentions(mention, name):
    words = mention.split()
    span = name_in(words)
    assert (span and " ".join(words[slice(*span)])) == name


def test_a_capital_at_the_beginning_of_a_sentence_is_no_name():
    words, mentions = "Nurses met Emma in Rome .".split(), "0-1-PER 2-3-PER 4-5-GPE"
    assert show_brackets(sentence_of(words, mentions, {"nurses"})) == "Nurses met [PERSON Emma] in [PLACE Rome]."
    assert show_brackets(sentence_of(words, mentions, set())) == "[PERSON Nurses] met [PERSON Emma] in [PLACE Rome]."


def test_words_are_printed_as_in_our_texts():
    words = '“ Do n’t , ” said Mr. Denham ( to Ralph ’s sister ) ; " go " .'.split()
    text, places = print_words(words)
    assert text == '"Don\'t," said Mr Denham (to Ralph\'s sister); "go".'
    assert [text[a:b] for a, b in places][7:9] == ["Denham", "("]


def test_two_labellings_of_persuasion_differ_in_one_word():
    found = labelled_twice()
    words = [word for sentence in found for word in sentence]
    assert len(found) == 6 and len(words) == 139
    assert [word for word in words if word[1] != word[2]] == [("Elliot", "PERSON", "O")]
