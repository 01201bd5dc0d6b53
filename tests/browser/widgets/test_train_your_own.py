"""Train your own pair in a browser: the four corners, and what a reader does with a run."""

import re

import pytest

from bertgpt_book.widgets import TrainYourOwn

LOSSES = re.compile(r": ([\d.]+) nats a character on held-out text, .*Asked one at a time: (the same|[\d.]+)\.")


def train(page, run=1):
    """Train a run until it stops and offers more: -> its section."""
    page.get_by_role("button", name="Train").click()
    page.get_by_role("button", name="200 more").wait_for(timeout=300_000)
    return page.get_by_role("region", name=f"run {run}")


def losses(section) -> tuple[float, float]:
    loss, alone = LOSSES.search(section.inner_text()).groups()
    return float(loss), float(loss if alone == "the same" else alone)


@pytest.fixture
def open_trainer(show):
    return lambda width=1280, **traits: show(TrainYourOwn(**traits), live=True, width=width)


def test_gpt_without_its_mask_cheats_and_is_caught_then_gets_the_mask_in_the_middle_of_the_run(open_trainer):
    page = open_trainer(mask="bidirectional")
    height = "document.querySelector('figure').getBoundingClientRect().height"
    tall = page.evaluate(height)
    section = train(page)
    assert abs(page.evaluate(height) - tall) < 0.05 * tall  # it had its height before the first run
    loss, alone = losses(section)
    assert loss < 1 and alone > loss + 3
    assert "it reads its answers" in section.inner_text() and "28 of 28 move" in section.inner_text()
    page.get_by_role("radio", name="triangle").check()
    section.get_by_text("the mask is now the triangle").wait_for()
    shut, still = losses(section)
    assert shut > loss + 3 and still == shut and "0 of 28 move" in section.inner_text()
    assert page.get_by_role("radio", name="blanks").is_disabled()
    page.get_by_role("button", name="New run").click()
    page.get_by_role("radio", name="blanks").check()
    page.get_by_role("button", name="Train").click()
    page.get_by_role("region", name="run 2").wait_for()
    assert page.locator("section[aria-label^=run] .heading:first-child").all_inner_texts() == [
        "Run 1: the next character, triangle",
        "Run 2: blanks, triangle",
    ]


def test_a_run_stops_after_two_hundred_steps_and_goes_on_for_as_many_when_asked(open_trainer):
    page = open_trainer()
    section = train(page)
    assert section.get_attribute("data-steps") == "200" and "Step 200: " in page.locator("p.status").first.inner_text()
    page.get_by_role("button", name="200 more").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="200 more").wait_for(timeout=300_000)
    assert section.get_attribute("data-steps") == "400"


def test_a_mask_that_is_chosen_while_the_run_is_made_counts(open_trainer):
    page = open_trainer()
    page.evaluate("""() => {
      const { postMessage } = Worker.prototype, held = [];
      Worker.prototype.postMessage = function (message) { held.push(() => postMessage.call(this, message)); };
      globalThis.isHeld = () => held.length;
      globalThis.release = () => {
        Worker.prototype.postMessage = postMessage;
        held.forEach((send) => send());
      };
    }""")
    page.get_by_role("button", name="Train").click()
    page.wait_for_function("isHeld()")
    page.get_by_role("radio", name="square").check()
    page.evaluate("release()")
    section = page.get_by_role("region", name="run 1")
    section.get_by_text("Run 1: the next character, square").wait_for()
    section.get_by_text("Step 0: the mask is now the square").wait_for()
    page.get_by_role("button", name="Pause").click()


def test_a_text_of_ones_own_must_be_long_enough_and_is_only_text(open_trainer):
    page = open_trainer(width=375)
    page.get_by_role("combobox", name="Text").select_option("my own text")
    field, button = page.get_by_label("Paste a text"), page.get_by_role("button", name="Train")
    hostile = "<img src=x onerror=alert(1)> & “ñandú” "
    field.fill(hostile * 10)
    assert button.is_disabled()
    assert page.get_by_text(f"This text has {10 * len(hostile)} characters. Training needs 20,000").is_visible()
    field.fill("ab" + " " * 30_000)
    assert button.is_disabled() and page.get_by_text("This text has 3 characters").is_visible()
    field.fill(hostile * 600)
    page.get_by_role("combobox", name="Mask").select_option("painted mask")
    cell = page.locator("td[data-t='0'][data-s='3']").first
    cell.click()
    assert cell.get_attribute("aria-label") == "Position 1 may attend to position 4."
    section = train(page)
    assert hostile.replace("“", '"').replace("”", '"')[:20] in section.locator(".written").inner_text() * 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
