"""The quiz in a browser: answered by mouse and by keyboard, explained, announced."""

from bertgpt.widgets import Quiz

QUESTIONS = [
    {"question": "What does `mask.tril()` keep?", "options": ["the past", "the future"], "answer": 0,
     "explanation": "Row t keeps columns 0 to t."},
    {"question": "2 + 3?", "options": ["4", "5", "6"], "answer": 1,
     "explanation": ["One short.", "Right.", "One more than that."]},
]


def answer(page, question, option):
    page.locator(f'input[name=question-{question}][value="{option}"]').check()


def test_answers_are_checked_and_explained(show):
    page = show(Quiz(QUESTIONS))
    assert page.locator(".why").first.is_hidden()
    answer(page, 0, 0)
    answer(page, 1, 2)
    page.get_by_role("button", name="Check answers").click()
    assert page.get_by_role("status").inner_text() == "1 of 2 right."
    assert page.locator(".why").all_inner_texts() == ["Row t keeps columns 0 to t.", "One more than that."]
    assert page.locator("label.correct").all_inner_texts() == ["the past ✓ right", "5 ← the answer"]
    assert page.locator("label.incorrect").all_inner_texts() == ["6 ✗ your answer"]


def test_an_open_question_is_counted_and_shown_its_answer(show):
    page = show(Quiz(QUESTIONS))
    answer(page, 0, 1)
    page.get_by_role("button", name="Check answers").click()
    assert page.get_by_role("status").inner_text() == "0 of 2 right, 1 not answered."
    assert page.locator(".why").nth(1).inner_text() == "Right."


def test_try_again_starts_afresh(show):
    page = show(Quiz(QUESTIONS))
    answer(page, 0, 0)
    page.get_by_role("button", name="Check answers").click()
    page.get_by_role("button", name="Try again").click()
    assert page.locator("input:checked").count() == 0
    assert page.get_by_role("status").inner_text() == ""
    assert page.get_by_role("button", name="Try again").is_hidden()


def test_the_keyboard_is_enough(show, reached_by_tab):
    page = show(Quiz(QUESTIONS))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")                   # the first option of the first question
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")               # the second option of the second
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_role("status").inner_text() == "2 of 2 right."
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("input:checked").count() == 0


def test_the_score_is_announced(show):
    assert show(Quiz(QUESTIONS)).locator(".result").get_attribute("aria-live") == "polite"


def test_backticks_make_code_and_markup_stays_text(show):
    hostile = "<b>bold</b> `<img src=x onerror=alert(1)>`"
    page = show(Quiz([QUESTIONS[0], QUESTIONS[1] | {"question": hostile, "options": [hostile, "</script>"],
                                                   "explanation": hostile, "answer": 0}]), width=360)
    page.get_by_role("button", name="Check answers").click()
    assert page.locator("legend code").all_inner_texts() == ["mask.tril()", "<img src=x onerror=alert(1)>"]
    assert page.locator(".bertgpt :is(b, img)").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_two_quizzes_keep_their_answers_apart(show):
    page = show(Quiz(QUESTIONS), Quiz(QUESTIONS))
    for quiz in range(2):
        page.locator('input[name=question-0][value="0"]').nth(quiz).check()
    assert page.locator("input:checked").count() == 2
