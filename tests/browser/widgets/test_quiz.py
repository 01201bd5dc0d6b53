"""The quiz in a browser: answered by mouse and by keyboard, explained, announced."""

from bertgpt.book.widgets import Quiz

QUESTIONS = [
    {"question": "What does `mask.tril()` keep?", "options": ["the past", "the future"], "answer": 0,
     "explanation": "Row t keeps columns 0 to t."},
    {"question": "2 + 3?", "options": ["4", "5", "6"], "answer": 1,
     "explanation": ["One short.", "Right.", "One more than that."]},
]


def answer(page, question, option):
    page.locator(f'input[name=question-{question}][value="{option}"]').check()
    page.get_by_role("button", name="Check").click()


def test_an_answer_is_marked_and_explained_and_the_others_stay_closed(show):
    page = show(Quiz(QUESTIONS))
    assert page.locator("li:visible").count() == 1
    answer(page, 0, 0)
    assert page.locator(".why").all_inner_texts()[0] == "Right. Row t keeps columns 0 to t."
    assert page.locator(".result").inner_text() == "1 of 1 right so far, 1 to go."
    assert page.locator("label.correct").all_text_contents() == ["the past ✓ right"]
    assert page.locator("input:disabled").count() == 2          # of the question that is answered, and only there
    page.get_by_role("button", name="Next question").click()
    assert page.locator("li:visible legend").inner_text() == "2. 2 + 3?"
    answer(page, 1, 2)
    assert page.locator("li:visible .why").inner_text() == "Not right. One more than that."
    assert page.locator("li:visible label.correct").inner_text() == "5 ← the answer"
    assert page.locator("li:visible label.incorrect").inner_text() == "6 ✗ your answer"
    assert page.locator(".result").inner_text() == "1 of 2 right."
    assert page.locator(".steps button").all_inner_texts() == ["1 ✓", "2 ✗"]
    assert page.get_by_role("button", name="Next question").is_hidden()


def test_nothing_is_revealed_before_an_answer(show):
    page = show(Quiz(QUESTIONS))
    page.get_by_role("button", name="Check").click()
    assert page.locator("li:visible .why").inner_text() == "Choose an answer first."
    assert page.locator(".correct, .incorrect, input:disabled").count() == 0
    assert all(text not in page.locator("form").inner_text() for text in ("Row t", "the answer", "right"))
    page.get_by_role("button", name="2", exact=True).click()
    page.get_by_role("button", name="Check").click()
    assert page.locator(".correct, .incorrect").count() == 0


def test_a_question_is_chosen_by_its_number_and_the_next_one_is_the_first_that_is_open(show):
    page = show(Quiz(QUESTIONS, place=1))
    answer(page, 1, 1)
    page.get_by_role("button", name="Next question").click()
    assert page.locator(".steps [aria-current=step]").inner_text() == "1"
    page.get_by_role("button", name="2 ✓ right").click()
    assert page.locator("li:visible .why").inner_text() == "Right. Right."


def test_answers_that_were_given_before_are_there(show):
    page = show(Quiz(QUESTIONS, answers=[1, -1]))
    assert page.locator("label.incorrect").inner_text() == "the future ✗ your answer"
    assert page.locator(".result").inner_text() == "0 of 1 right so far, 1 to go."


def test_on_paper_all_questions_stand(show):
    page = show(Quiz(QUESTIONS))
    page.emulate_media(media="print")
    assert page.locator("li:visible").count() == 2 and page.locator("button:visible").count() == 0


def test_try_again_starts_afresh(show):
    page = show(Quiz(QUESTIONS))
    answer(page, 0, 0)
    page.get_by_role("button", name="Try again").click()
    assert page.locator("input:checked").count() == 0
    assert page.locator(".result").inner_text() == ""
    assert page.get_by_role("button", name="Try again").is_hidden()


def test_the_keyboard_is_enough(show):
    page = show(Quiz(QUESTIONS))
    for key in ("Tab", "Tab", "Tab", "Space",                  # past the numbers to the first option
                "Tab", "Enter",                                # Check: the focus goes on to Next question
                "Enter", "ArrowDown", "Tab", "Enter"):         # the second option of the second question
        page.keyboard.press(key)
    assert page.locator(".result").inner_text() == "2 of 2 right."
    page.keyboard.press("Enter")                               # Try again
    assert page.locator("input:checked").count() == 0


def test_answers_and_the_score_are_announced(show):
    page = show(Quiz(QUESTIONS))
    assert page.locator("li:visible .why, .result").evaluate_all("all => all.map((e) => e.role)") == ["status"] * 2


def test_backticks_make_code_and_markup_stays_text(show):
    hostile = "<b>bold</b> `<img src=x onerror=alert(1)>`"
    page = show(Quiz([QUESTIONS[0], QUESTIONS[1] | {"question": hostile, "options": [hostile, "</script>"],
                                                   "explanation": hostile, "answer": 0}]), width=360)
    answer(page, 0, 0)
    page.get_by_role("button", name="Next question").click()
    answer(page, 1, 0)
    assert page.locator("legend code").all_text_contents() == ["mask.tril()", "<img src=x onerror=alert(1)>"]
    assert page.locator(".bertgpt :is(b, img)").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_two_quizzes_keep_their_answers_apart(show):
    page = show(Quiz(QUESTIONS), Quiz(QUESTIONS))
    for quiz in range(2):
        page.locator('input[name=question-0][value="0"]').nth(quiz).check()
    assert page.locator("input:checked").count() == 2


def test_answers_are_remembered_until_one_tries_again(show):
    page = show(Quiz(QUESTIONS))
    answer(page, 0, 1)
    page.reload()
    page.get_by_text("0 of 1 right so far, 1 to go.").wait_for()
    assert page.locator('[data-question="answered"]').count() == 1
    page.get_by_role("button", name="Try again").click()
    page.reload()
    page.get_by_role("button", name="Check").wait_for()
    assert page.locator("input:checked").count() == page.locator('[data-question="answered"]').count() == 0
