"""The pair on a page that was opened from a disk: stored answers first, then the models themselves."""

import pytest

from bertgpt_book.widgets.pair import Pair, blank_answers

SAID = {
    ("bidirectional", "causal"): "BERT notices the ending. GPT cannot look to the right: not one number moves.",
    ("causal", "causal"): "Neither notices the ending: not one number moves, BERT’s or GPT’s.",
    ("causal", "bidirectional"): "GPT notices the ending. BERT cannot look to the right: not one number moves.",
    ("bidirectional", "bidirectional"): "Both notice the ending.",
}  # masks of BERT and of GPT
RIGHT = " and walked away."
SENTENCES = [("The old", " loved her husband.", " loved his wife."), ("She went to the", " to swim.", " to sleep.")]


@pytest.fixture(scope="module")
def models(small_models):
    return small_models["tinybert"], small_models["tinygpt"]


@pytest.fixture(scope="module")
def pair(models, tokenizer):
    return Pair(*models, tokenizer, SENTENCES)


def words(page, name):
    return page.locator(f'section[data-model="{name}"] li b').all_inner_texts()


def flip(page, name):
    page.locator(f'section[data-model="{name}"] .flip').click()


def settle(page):
    page.wait_for_function("!document.querySelector('.waits, progress:not([hidden])')")


def sentence(page):
    return page.get_by_label("A sentence with a blank")


def test_the_first_answers_and_both_flips_need_no_models(show, pair):
    page = show(pair, live=True)
    status = page.get_by_role("status")
    heading = page.locator('section[data-model="BERT"] .heading')
    colour = "getComputedStyle(document.querySelector('section[data-model=BERT] .glyph')).fill"
    height = "document.querySelector('figure').getBoundingClientRect().height"
    tall = page.evaluate(height)
    for sentence in pair.sentences:
        page.get_by_role("button", name=f"{sentence['left']} ▁", exact=True).click()
        assert status.inner_text() == ""
        masks, ending = {"BERT": "bidirectional", "GPT": "causal"}, 0
        assert heading.inner_text() == "BERT’s weights, BERT’s mask" and page.evaluate(colour) == "rgb(0, 114, 178)"
        for click in (None, "BERT", "GPT", None, "BERT", "GPT"):
            if click:
                flip(page, click)
                masks[click] = {"bidirectional": "causal", "causal": "bidirectional"}[masks[click]]
            else:
                page.get_by_role("button", name="Change the ending").click()
                ending = 1 - ending
            for name, mask in masks.items():
                stored = sentence["stored"][ending][name][mask]
                assert words(page, name) == [word for word, _ in stored]
                assert f"{name}: {stored[0][0]}." in page.locator(".unseen[aria-live=polite]").text_content()
            assert status.inner_text() == SAID[masks["BERT"], masks["GPT"]]
            assert page.evaluate(height) == tall
            if masks["BERT"] == "causal":
                assert heading.inner_text() == "BERT’s weights, GPT’s mask"
                assert page.evaluate(colour) == "rgb(213, 94, 0)"
    assert page.locator(".unseen").bounding_box()["width"] <= 1
    assert page.requested == []


def test_its_space_is_reserved_until_it_is_drawn(show, pair):
    page = show(pair)
    for width in (375, 412, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        drawn, reserved = page.evaluate("""() => {
            const host = document.querySelector("[data-bertgpt]"), height = () => host.getBoundingClientRect().height;
            const drawn = height();
            host.replaceChildren();
            delete host.dataset.started;
            return [drawn, height()];
        }""")
        assert abs(reserved - drawn) < 0.06 * drawn
        page.reload()
        page.locator("figure").wait_for()


def test_the_first_key_fetches_the_models_and_every_key_runs_them(show, pair, models, tokenizer):
    page = show(pair, live=True)
    sentence(page).press("Home")
    page.keyboard.type("Yes! ")
    settle(page)
    requested = {url.rpartition("/")[2].split(".")[0] for url in page.requested if not url.startswith("blob:")}
    assert requested == {"engine", "models", "tinybert", "tinygpt"}
    fetched = len(page.requested)
    sentence(page).fill(f"The captain took his ▁{RIGHT}")
    settle(page)
    expected = blank_answers(*models, tokenizer, "The captain took his", RIGHT)
    for mask in ("bidirectional", "causal"):
        for name in ("BERT", "GPT"):
            if page.locator(f'section[data-model="{name}"]').get_attribute("data-mask") != mask:
                flip(page, name)
                settle(page)
            assert words(page, name)[0] == expected[name][mask][0][0]
            rows = page.locator(f'section[data-model="{name}"] li')
            shares = rows.evaluate_all("all => all.map((e) => +e.dataset.p)")
            assert shares == pytest.approx([p for _, p in expected[name][mask]], rel=1e-2)
    assert len(page.requested) == fetched


def test_a_blank_is_put_at_the_caret_or_typed(show, pair, models, tokenizer):
    page = show(pair, live=True)
    field = sentence(page)
    field.press("Control+Home")
    for _ in "The":
        field.press("ArrowRight")
    page.get_by_role("button", name="Put the blank").click()
    assert field.input_value() == "The ▁ old loved her husband."
    field.fill(f"The captain took his{RIGHT}")
    field.evaluate("(e) => e.setSelectionRange(21, 21)")
    field.press_sequentially("[MASK]!")
    assert field.input_value() == f"The captain took his ▁!{RIGHT}"  # typed on after the blank
    field.press("Backspace")
    settle(page)
    expected = blank_answers(*models, tokenizer, "The captain took his", RIGHT)["BERT"]["bidirectional"][0][0]
    assert words(page, "BERT")[0] == expected


def test_the_status_follows_what_works_and_what_does_not(show, pair):
    """What is stored and what the engine computes differ in their last digits: GPT must not notice."""
    page = show(pair, live=True)
    field, status = sentence(page), page.get_by_role("status")
    field.fill("She saw a ▁ in her pocket.")
    settle(page)
    assert words(page, "BERT")
    flip(page, "GPT")
    settle(page)
    assert status.inner_text() == "BERT answers from both sides of the blank, GPT answers from both sides of the blank."
    flip(page, "GPT")
    settle(page)
    for _ in "ab":
        page.get_by_role("button", name="Change the ending").click()
        settle(page)
        page.get_by_text(SAID["bidirectional", "causal"]).wait_for()
    field.press("End")
    field.press_sequentially("!")
    settle(page)
    assert status.inner_text() == ""  # of this ending nothing is known
    field.fill("a " * 140 + "▁")
    page.get_by_text("tokens are too many: this model reads 64 at most").wait_for()
    assert words(page, "BERT")[0] == "…"  # no words of another sentence stay there
    field.fill("a ▁")
    settle(page)
    assert status.inner_text() == ""  # an error does not


def test_models_that_cannot_be_fetched_are_reported_and_fetched_the_next_time(show, pair, engine_folder):
    (part,) = engine_folder.glob("tinygpt.*.00.js")
    away = part.rename(part.with_suffix(".away"))
    page = show(pair, live=True)
    page.get_by_role("button", name="Try your own sentence").click()
    page.get_by_role("button", name="Try again").wait_for()
    assert "could not be fetched" in page.get_by_role("status").inner_text()
    assert words(page, "BERT")[0] == pair.sentences[0]["stored"][0]["BERT"]["bidirectional"][0][0]
    assert any("ERR_FILE_NOT_FOUND" in fault for fault in page.faults)
    page.faults.clear()
    away.rename(part)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("The models are here").wait_for()
