"""The test of the course in a browser: taken twice, nothing given away, both scores kept for a later visit."""

from small_widgets import QUESTIONS

from bertgpt_book.widgets import CourseTest


def take(page, button, *answers):
    page.get_by_role("button", name=button).click()
    for answer in answers:
        page.locator(f'input[value="{answer}"]').check()
        page.get_by_role("button", name="Next").or_(page.get_by_role("button", name="Finish")).click()


def standings(page):
    return page.locator(".sitting .status").all_inner_texts()


def test_nothing_is_given_away_before_the_end(show):
    page = show(CourseTest(QUESTIONS))
    take(page, "Begin: Before the course", 1)
    assert page.locator("legend").inner_text() == "2 of 2. 2 + 3?"
    assert page.locator(".correct, .incorrect, details").count() == 0
    assert "Row t" not in page.locator("form").inner_text()
    page.get_by_role("button", name="Finish").click()
    assert page.get_by_role("status").inner_text() == "Choose an answer first; “I don't know yet” is one."


def test_the_two_scores_stand_side_by_side_and_are_explained(show):
    page = show(CourseTest(QUESTIONS))
    take(page, "Begin: Before the course", 1, 1)
    assert standings(page) == ["1 of 2 right", "not yet sat"]
    assert page.locator(".result").inner_text() == "Before the course: 1 of 2 right."
    take(page, "Begin: After it", 0, 1)
    assert standings(page) == ["1 of 2 right", "2 of 2 right"]
    assert page.locator(".result").inner_text() == "1 more than before: 1 won, 0 lost."
    before = page.get_by_role("region", name="Before the course")
    assert before.get_by_text("Row t").is_hidden()
    before.locator("summary").click()
    assert before.locator("li").first.inner_text().split("\n\n")[-3:] == [
        "✗ You said: the future",
        "The answer: the past",
        "Row t keeps columns 0 to t.",
    ]


def test_before_the_course_only_the_first_questions_are_asked_and_these_are_compared(show):
    page = show(CourseTest([QUESTIONS[0], QUESTIONS[1] | {"first": True}]))
    take(page, "Begin: Before the course", 0)
    assert standings(page) == ["0 of 1 right", "not yet sat"]
    assert page.get_by_role("region", name="Before the course").locator("li").count() == 1
    take(page, "Begin: After it", 0, 1)
    assert standings(page) == ["0 of 1 right", "2 of 2 right"]
    assert page.locator(".result").inner_text() == "1 more than before: 1 won, 0 lost, of the 1 asked both times."


def test_a_later_visit_finds_the_scores_and_continues(show, server):
    page = show(CourseTest(QUESTIONS), at=server.address)
    take(page, "Begin: Before the course", 0, 1)
    take(page, "Begin: After it", 1)
    page.reload()
    page.locator(".bertgpt figure").wait_for()
    assert standings(page) == ["2 of 2 right", "1 of 2 answered"]
    take(page, "Go on: After it", 0)
    assert page.locator(".result").inner_text() == "2 fewer than before: 0 won, 2 lost."


def test_a_score_is_deleted_only_when_the_reader_confirms(show, server):
    page = show(CourseTest(QUESTIONS), at=server.address)
    take(page, "Begin: Before the course", 0, 1)
    page.evaluate("window.confirm = (text) => { window.asked = text; return false; }")
    for button, question in (
        ("Sit again: Before the course", "Delete the score of this sitting (2 of 2 right)"),
        ("Forget my answers", "Delete your answers and scores of both sittings?"),
    ):
        page.get_by_role("button", name=button).click()
        assert page.evaluate("window.asked").startswith(question)
        assert standings(page) == ["2 of 2 right", "not yet sat"]
    page.evaluate("window.confirm = () => true")
    take(page, "Sit again: Before the course", 1, 1)
    assert standings(page) == ["1 of 2 right", "not yet sat"]
    page.get_by_role("button", name="Forget my answers").click()
    page.reload()
    page.locator(".bertgpt figure").wait_for()
    assert standings(page) == ["not yet sat", "not yet sat"]
