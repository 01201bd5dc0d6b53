"""A prediction in a browser: answered by keyboard, explained, and still there after a reload."""

from bertgpt_book.widgets import Predict

WHY = "Row t reads `0` to `t`."


def mask():
    return Predict("Which `mask`, in *one* word?", ["square", "triangle"], answer="triangle", why=WHY)


def status(page):
    return page.get_by_role("status").first.inner_text()


def test_one_press_answers_explains_and_is_remembered(show, server):
    page = show(mask(), Predict("Another?", ["yes", "no"], answer="no", why=WHY), at=server.address)
    assert page.locator(".said").first.is_hidden()
    page.get_by_role("button", name="square").click()
    assert status(page) == "You said: square. The answer: triangle. Row t reads 0 to t."
    assert page.locator(".option.correct").inner_text() == "triangle"
    assert page.locator(".option.incorrect").inner_text() == "square"
    assert page.locator("legend code").inner_text() == "mask" and page.locator("legend em").inner_text() == "one"
    page.reload()
    page.get_by_text("You said: square.").wait_for()
    assert page.get_by_role("status").nth(1).inner_text() == ""
    page.emulate_media(media="print")  # on paper no answer stands under its question
    assert page.locator(".printed").first.text_content() == "The answer: triangle. Row t reads 0 to t."
    assert page.locator(".printed").first.is_hidden() and page.locator(".said").first.is_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Ask me again").first.click()
    page.evaluate("Object.keys(localStorage).forEach((key) => { localStorage[key] = '{spoilt'; })")
    page.reload()
    page.get_by_role("button", name="square").wait_for()
    assert status(page) == ""


def test_where_nothing_is_kept_an_answer_lasts_as_long_as_the_visit(show):
    page = show(mask())
    page.evaluate("Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })")
    page.get_by_role("button", name="square").click()
    assert status(page).startswith("You said: square.")
    page.get_by_role("button", name="Ask me again").click()
    assert status(page) == ""


def test_a_number_is_answered_with_enter(show):
    page = show(Predict("How many?", answer=0.4, tolerance=0.01, unit="shares", why=WHY))
    field = page.get_by_role("spinbutton", name="shares")
    field.press("Enter")
    assert status(page) == ""  # an empty field is not a number
    field.fill("0.4")
    field.press("Enter")
    assert status(page).startswith("You said: 0.4 shares. Right.")
