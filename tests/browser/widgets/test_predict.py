"""A prediction in a browser: answered by keyboard, explained, and still there after a reload."""

import pytest

from bertgpt.book.widgets import Predict

WHY = "Row t reads `0` to `t`."


def mask():
    return Predict("Which `mask`, in *one* word?", ["square", "triangle"], answer="triangle", why=WHY)


def said(page):
    return page.get_by_role("status").inner_text()


def test_one_press_answers_and_explains(show):
    page = show(mask())
    assert page.locator(".said").is_hidden()
    page.get_by_role("button", name="square").click()
    assert said(page) == "You said: square. The answer: triangle. Row t reads 0 to t."
    assert page.locator(".option.correct").inner_text() == "triangle"
    assert page.locator(".option.incorrect").inner_text() == "square"
    assert page.locator("legend code").inner_text() == "mask" and page.locator("legend em").inner_text() == "one"


def test_the_keyboard_is_enough_and_keeps_its_place(show):
    page = show(mask())
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert said(page).startswith("You said: triangle. Right.")
    assert page.evaluate("document.activeElement.textContent") == "triangle"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")                   # Ask me again
    assert said(page) == ""


def test_show_me_gives_the_answer_without_a_guess(show):
    page = show(mask())
    page.get_by_role("button", name="Show me").click()
    assert said(page) == f"The answer: triangle. {WHY}".replace("`", "")
    assert page.get_by_role("button", name="Show me").is_hidden()


def test_a_number_is_answered_with_enter(show):
    page = show(Predict("How many?", answer=0.4, tolerance=0.01, unit="shares", why=WHY))
    page.get_by_role("spinbutton", name="shares").press("Enter")
    assert said(page) == ""                        # nothing is no number
    page.get_by_role("spinbutton", name="shares").fill("0.4")
    page.keyboard.press("Enter")
    assert said(page).startswith("You said: 0.4 shares. Right.")


def test_an_answer_is_remembered_until_it_is_asked_again(show):
    page = show(mask(), Predict("Another?", ["yes", "no"], answer="no", why=WHY))
    page.get_by_role("button", name="square").click()
    page.reload()
    statuses = page.get_by_role("status")
    statuses.first.get_by_text("You said: square.").wait_for()
    assert statuses.nth(1).inner_text() == ""
    page.get_by_role("button", name="Ask me again").first.click()
    page.reload()
    page.get_by_role("button", name="square").wait_for()
    assert statuses.first.inner_text() == ""


def test_a_browser_that_keeps_nothing_still_answers(show):
    page = show(mask())
    page.evaluate("""Object.defineProperty(window, "localStorage",
        { get() { throw new DOMException("denied", "SecurityError"); } })""")
    page.get_by_role("button", name="triangle").click()
    assert said(page).startswith("You said: triangle. Right.")


def test_on_paper_the_answer_stands_and_no_guess(show):
    page = show(mask())
    page.get_by_role("button", name="square").click()
    assert page.locator(".printed").is_hidden()
    page.emulate_media(media="print")
    assert page.locator(".printed").inner_text() == "The answer: triangle. Row t reads 0 to t."
    assert page.locator(".said").is_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stays_text_and_fits_a_phone(show, theme):
    hostile = "<b>bold</b> `<img src=x onerror=alert(1)>`"
    page = show(Predict(hostile, [hostile, "</script>"], answer="</script>", why=hostile), width=360, theme=theme)
    page.locator(".option").first.click()
    assert page.locator(".predict :is(b b, img), .said img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert all(button.bounding_box()["height"] >= 24 for button in page.locator("button:visible").all())
