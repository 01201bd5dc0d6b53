"""Two searches: the count against scikit-learn's, and the recorded answers against those of all questions."""

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from bertgpt_book.records import recorded
from bertgpt_book.tasks.ranking import book_task, words
from bertgpt_book.widgets import TwoSearches, two_searches


def test_the_page_counts_as_scikit_learn_does(in_node):
    task = book_task()
    questions = [*task.questions[::20], "Where's a word that nobody wrote, zyzzyva?", ""]
    script = "const search = page.tfidf(given[0]); return given[1].map((question) => search(question));"
    found = in_node("two_searches.js", script, [task.candidates, questions])
    vectorizer = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    answers = vectorizer.fit_transform(task.candidates)  # (A, words)
    expected = (vectorizer.transform(questions) @ answers.T).toarray()
    for row, due in zip(found, expected, strict=True):
        assert row == pytest.approx(due.tolist(), abs=1e-9)


def test_the_listed_answers_are_those_of_the_record_of_all_questions():
    ranks = recorded("search")["MiniLM, frozen"]["book"]["reciprocal_ranks"][:: two_searches.EVERY]
    listed = TwoSearches().questions
    assert len(listed) == len(ranks) == 16
    for (_, right, first), reciprocal in zip(listed, ranks):
        best = next((i for i, passage in enumerate(first, 1) if passage in right), None)
        assert best == (round(1 / reciprocal) if reciprocal > 0.3 else None)


def test_a_question_of_the_reader_s_own_is_answered_by_the_kernel_or_with_the_reason(monkeypatch):
    widget = TwoSearches()
    monkeypatch.setattr(two_searches, "first_three", lambda questions: [[3, 1, 4] for _ in questions])
    widget.asked = "Why is that?"
    assert widget.found == ["Why is that?", [3, 1, 4]]

    def refuse(questions):
        raise ValueError("no network")

    monkeypatch.setattr(two_searches, "first_three", refuse)
    widget.asked = "And this?"
    assert widget.found == ["And this?", "no network"]
