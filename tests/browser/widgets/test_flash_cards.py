"""Flash cards in a browser: what GPT says to a side that was never read first."""

import re

from bertgpt_book.tasks.backwards import CAPITALS
from bertgpt_book.widgets import FlashCards

ENDED = "() => /after 200 steps/.test(document.querySelector('.deal').textContent)"


def train(page) -> str:
    """Train to the end: -> the largest line."""
    page.get_by_role("button", name="Train").click()
    page.wait_for_function(ENDED, timeout=300_000)
    page.get_by_role("button", name="Train", disabled=False).wait_for()
    return page.locator(".deal").inner_text()


def test_gpt_is_lost_from_the_other_side(show):
    page = show(FlashCards(CAPITALS, shown=["Tokyo", "Ottawa"]), live=True, width=375)
    assert "Paris – France" in page.locator(".deal").inner_text()
    unread = int(re.search(r"(\d+) of 60 are right after 200 steps", train(page)).group(1))
    known = page.get_by_text("by Bayes, it knows 60 of the same 60")
    assert unread <= 6 and not known.is_visible()  # Does it know it backwards? asks first
    page.get_by_text("Does it hold these 60").click()
    assert known.is_visible()
    rows = page.locator(".cells tbody tr").all_inner_texts()
    assert re.search(rf"the next token\s+{unread} of 60\s+–", rows[0])
    assert (
        page.locator("svg.losses")
        .get_attribute("aria-label")
        .startswith("Right answers after 200 steps: from the front 100 %")
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
