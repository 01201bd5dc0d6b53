"""The pair on a page that was opened from a disk: stored answers first, then the models themselves."""

import pytest

from bertgpt.book.widgets.pair import Pair, blank_answers


@pytest.fixture(scope="module")
def models(small_models):
    return small_models["tinybert"], small_models["tinygpt"]


@pytest.fixture(scope="module")
def pair(models, tokenizer):
    return Pair(*models, tokenizer)


def words(page, name):
    return page.locator(f'section[data-model="{name}"] li b').all_inner_texts()


def flip(page, name):
    page.locator(f'section[data-model="{name}"] .flip').click()


def settle(page):
    page.wait_for_function("!document.querySelector('.waits, progress:not([hidden])')", timeout=60_000)


def test_the_first_answers_and_both_flips_ask_for_nothing(show, pair):
    page = show(pair, live=True)
    for ending, stored in enumerate(pair.stored):
        for name, mask in (("BERT", "bidirectional"), ("GPT", "causal")):
            other = {"bidirectional": "causal", "causal": "bidirectional"}[mask]
            assert words(page, name) == [word for word, _ in stored[name][mask]]
            flip(page, name)
            assert words(page, name) == [word for word, _ in stored[name][other]]
            heard = page.locator(".unseen[aria-live=polite]").text_content()
            assert f"{name}: {stored[name][other][0][0]}." in heard
            flip(page, name)
        if ending == 0:
            page.get_by_role("button", name="Change the ending").click()
            said = page.get_by_role("status").inner_text()
            assert said == "BERT noticed. GPT cannot look to the right: not one number moved."
    assert page.asked == []


@pytest.mark.parametrize("width", [375, 412, 1280])
def test_its_place_is_kept_until_it_is_drawn(show, pair, width):
    page = show(pair, width=width)
    drawn, kept = page.evaluate("""() => {
        const host = document.querySelector("[data-bertgpt]"), height = () => host.getBoundingClientRect().height;
        const drawn = height();
        host.replaceChildren();
        delete host.dataset.started;
        return [drawn, height()];
    }""")
    assert abs(kept - drawn) < 0.06 * drawn


def test_the_heading_and_the_colour_follow_the_mask(show, pair):
    page = show(pair, live=True)
    heading = page.locator('section[data-model="BERT"] .heading')
    colour = "() => getComputedStyle(document.querySelector('section[data-model=BERT] .glyph')).fill"
    assert heading.inner_text() == "BERT’s weights, BERT’s mask" and page.evaluate(colour) == "rgb(0, 114, 178)"
    flip(page, "BERT")
    assert heading.inner_text() == "BERT’s weights, GPT’s mask" and page.evaluate(colour) == "rgb(213, 94, 0)"


def test_the_first_key_fetches_the_models_and_every_key_asks_them(show, pair, models, tokenizer):
    page = show(pair, live=True)
    field = page.get_by_label("A sentence with a blank")
    field.focus()
    page.keyboard.press("Home")
    page.keyboard.type("Yes! ")
    settle(page)
    asked = {url.rpartition("/")[2].split(".")[0] for url in page.asked if not url.startswith("blob:")}
    assert asked == {"engine", "tinybert", "tinygpt"}
    fetched = len(page.asked)
    field.fill("The captain took his ▁ and walked away.")
    settle(page)
    for mask in ("bidirectional", "causal"):
        found = blank_answers(*models, tokenizer, "The captain took his", " and walked away.")
        for name in ("BERT", "GPT"):
            while page.locator(f'section[data-model="{name}"]').get_attribute("data-mask") != mask:
                flip(page, name)
                settle(page)
        for name in ("BERT", "GPT"):
            assert words(page, name)[0] == found[name][mask][0][0]
            rows = page.locator(f'section[data-model="{name}"] li')
            shares = rows.evaluate_all("all => all.map((e) => +e.dataset.p)")
            assert shares == pytest.approx([p for _, p in found[name][mask]], rel=1e-2)
    assert len(page.asked) == fetched


def test_the_blank_goes_to_the_caret(show, pair):
    page = show(pair, live=True)
    field = page.get_by_label("A sentence with a blank")
    field.focus()
    page.keyboard.press("Control+Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Put the blank").click()
    assert field.input_value() == "She ▁ had a in her hand, and unfolded it."
    settle(page)


def test_a_blank_is_typed_as_an_underscore_or_by_its_name(show, pair, models, tokenizer):
    page = show(pair, live=True)
    field = page.get_by_label("A sentence with a blank")
    field.fill("The captain took his and walked away.")
    for keys in ("___", "[MASK]"):
        field.press("Control+Home")
        for _ in range(len("The captain took his ")):
            field.press("ArrowRight")
        field.press_sequentially(keys)
        assert field.input_value() == "The captain took his ▁ and walked away."
        field.press_sequentially("!")
        assert field.input_value() == "The captain took his ▁! and walked away."        # behind the blank
        field.press("Backspace")
        settle(page)
        found = blank_answers(*models, tokenizer, "The captain took his", " and walked away.")
        assert words(page, "BERT")[0] == found["BERT"]["bidirectional"][0][0]
        field.press("Backspace")
        assert "▁" not in field.input_value()


def test_gpt_does_not_notice_another_ending_whoever_gave_its_words(show, pair):
    """What is stored and what the engine says differ in their last digits."""
    page = show(pair, live=True)
    field, status = page.get_by_label("A sentence with a blank"), page.get_by_role("status")
    field.fill("She had a ▁ in her pocket.")
    settle(page)
    for _ in pair.stored:
        page.get_by_role("button", name="Change the ending").click()
        settle(page)
        assert status.inner_text() == "BERT noticed. GPT cannot look to the right: not one number moved."


def test_what_was_amiss_is_forgotten_at_the_next_key_that_works(show, pair):
    page = show(pair, live=True)
    field, status = page.get_by_label("A sentence with a blank"), page.get_by_role("status")
    field.fill("a " * 140 + "▁")
    page.get_by_text("tokens are too many: this model reads 64 at most").wait_for(timeout=60_000)
    field.fill("a ▁")
    settle(page)
    assert status.inner_text() == ""
    page.get_by_role("button", name="Change the ending").click()
    settle(page)
    field.press("End")
    field.press_sequentially("!")
    settle(page)
    assert "noticed" in status.inner_text()                                   # what was no trouble stays


def test_models_that_cannot_be_fetched_are_said_to_be_missing_and_fetched_the_next_time(show, pair, engine_folder):
    (part,) = engine_folder.glob("tinygpt.*.00.js")
    away = part.rename(part.with_suffix(".away"))
    page = show(pair, live=True)
    page.get_by_role("button", name="Try your own sentence").click()
    page.get_by_role("button", name="Try again").wait_for(timeout=60_000)
    assert "could not be fetched" in page.get_by_role("status").inner_text()
    assert words(page, "BERT")[0] == pair.stored[0]["BERT"]["bidirectional"][0][0]
    assert len(page.faults) == 1 and "ERR_FILE_NOT_FOUND" in page.faults[0]
    page.faults.clear()
    away.rename(part)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("The models are here").wait_for(timeout=60_000)          # the stored words wait for nothing
    assert "The models are here" in page.get_by_role("status").inner_text()


def test_the_keyboard_reaches_every_control(show, pair, reached_by_tab):
    reached = [(tag, text) for tag, _, _, text in reached_by_tab(show(pair, live=True))]
    assert [tag for tag, _ in reached] == ["textarea"] + ["button"] * 5
    assert [text for tag, text in reached if "Flip" in text] == ["Flip to the triangle", "Flip to the square"]


@pytest.mark.parametrize("width, height", [(375, 430), (1280, 400)])
def test_it_fits_a_first_screen(show, pair, width, height):
    page = show(pair, width=width, live=True)
    assert page.locator("figure").bounding_box()["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.locator("button, textarea").evaluate_all("all => all.map((e) => e.getBoundingClientRect().height)")
    assert min(heights) >= 24


def test_a_hostile_sentence_is_text(show, models, tokenizer):
    page = show(Pair(*models, tokenizer, left="<img src=x onerror=alert(1)>"), live=True)
    assert page.locator(".bertgpt img").count() == 0
