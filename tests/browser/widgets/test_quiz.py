"""The quiz in a browser: answered by mouse and by keyboard, explained, announced, remembered."""

from small_widgets import QUESTIONS

from bertgpt_book.widgets import Quiz


def answer(page, question, option):
    page.locator(f'input[name="{question + 1}. "][value="{option}"]').check()
    page.get_by_role("button", name="Check").click()


def result(page):
    return page.locator(".result").inner_text()


def test_an_answer_is_marked_and_explained_and_the_others_stay_closed(show):
    page = show(Quiz(QUESTIONS))
    assert page.locator("li:visible").count() == 1
    page.get_by_role("button", name="Check").click()  # nothing is revealed before an answer
    assert page.locator("li:visible .why").inner_text() == "Choose an answer first."
    assert page.locator(".correct, .incorrect, input:disabled").count() == 0
    assert all(text not in page.locator("form").inner_text() for text in ("Row t", "the answer", "right"))
    answer(page, 0, 0)
    assert page.locator(".why").all_inner_texts()[0] == "Right. Row t keeps columns 0 to t."
    assert result(page) == "1 of 1 right so far, 1 to go."
    assert page.locator("label.correct").all_text_contents() == ["the past ✓ right"]
    assert page.locator("input:disabled").count() == 2  # only of the question that is answered
    page.get_by_role("button", name="Next question").click()
    assert page.locator("li:visible legend").inner_text() == "2. 2 + 3?"
    answer(page, 1, 2)
    assert page.locator("li:visible .why").inner_text() == "Not right. Count on."
    assert page.locator("li:visible label.correct").inner_text() == "5 ← the answer"
    assert page.locator("li:visible label.incorrect").inner_text() == "6 ✗ your answer"
    assert result(page) == "1 of 2 right."
    assert page.locator(".steps button").all_inner_texts() == ["1 ✓", "2 ✗"]
    assert page.get_by_role("button", name="Next question").is_hidden()


def test_the_next_question_is_the_first_open_one_and_answers_are_remembered_until_tried_again(show, server):
    page = show(Quiz(QUESTIONS, place=1), at=server.address)
    answer(page, 1, 1)
    page.get_by_role("button", name="Next question").click()
    assert page.locator(".steps [aria-current=step]").inner_text() == "1"
    page.get_by_role("button", name="2 ✓ right").click()
    assert page.locator("li:visible .why").inner_text() == "Right. Count on."
    page.reload()
    page.get_by_text("1 of 1 right so far, 1 to go.").wait_for()
    assert page.locator('[data-question="answered"]').count() == 1
    page.emulate_media(media="print")  # on paper all questions stand
    assert page.locator("li:visible").count() == 2 and page.locator("button:visible").count() == 0
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Try again").click()
    assert result(page) == "" and page.get_by_role("button", name="Try again").is_hidden()
    page.reload()
    page.get_by_role("button", name="Check").wait_for()
    assert page.locator("input:checked").count() == page.locator('[data-question="answered"]').count() == 0


def test_the_keyboard_is_enough_and_answers_are_announced(show):
    page = show(Quiz(QUESTIONS))
    # Past the numbers to the first option; Check, from which the focus goes on to Next question; the second option.
    for key in "Tab Tab Tab Space Tab Enter Enter ArrowDown Tab Enter".split():
        page.keyboard.press(key)
    assert result(page) == "2 of 2 right."
    assert page.locator("li:visible .why, .result").evaluate_all("all => all.map((e) => e.role)") == ["status"] * 2
    page.keyboard.press("Enter")  # Try again
    assert page.locator("input:checked").count() == 0
