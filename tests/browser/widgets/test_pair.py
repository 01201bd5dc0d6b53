"""The pair on a page that was opened from a disk: stored answers first, then the models themselves."""

import pytest

from bertgpt_book.widgets import RealModel
from bertgpt_book.widgets.pair import Pair, blank_answers

OWN = {"BERT": "bidirectional", "GPT": "causal"}
OTHER = {"bidirectional": "causal", "causal": "bidirectional"}
SIDES = {"bidirectional": "both sides", "causal": "the left only"}
RIGHT = " and walked away."
SENTENCES = [("The old", " loved her husband.", " loved his wife."), ("She went to the", " to swim.", " to sleep.")]


@pytest.fixture(scope="module")
def models(small_models):
    return small_models["littlebert"], small_models["littlegpt"]


@pytest.fixture(scope="module")
def pair(models, tokenizer):
    return Pair(*models, tokenizer, SENTENCES)


def words(page, name):
    return page.locator(f'section[data-model="{name}"] li b').all_inner_texts()


def in_the_gap(page):
    return page.locator(".line .says b").all_inner_texts()


def masks(page):
    return {name: page.locator(f'section[data-model="{name}"]').get_attribute("data-mask") for name in OWN}


def give(page, name, mask):
    page.get_by_role("region", name=name, exact=True).get_by_role("radio", name=SIDES[mask]).check()


def settle(page):
    page.wait_for_function("!document.querySelector('.waits, progress:not([hidden])')")


def sentence(page):
    return page.get_by_label("Your own sentence")


def verdict(page):
    return page.locator(".verdict").inner_text()


def test_the_four_steps_need_no_models(show, pair):
    page = show(pair, live=True)
    icon = page.locator("section[data-model=BERT] .drawn")
    fill = "getComputedStyle(document.querySelector('section[data-model=BERT] .drawn .may')).fill"
    height = "document.querySelector('figure').getBoundingClientRect().height"
    tall, steps = page.evaluate(height), page.locator(".step")
    assert steps.all_inner_texts() == ["1", "2", "3", "4"]
    assert page.locator(".next").inner_text() == "Let BERT see the left only."
    for sentence in pair.sentences:
        page.get_by_role("button", name=f"{sentence['left']} ▁", exact=True).click()
        assert masks(page) == OWN and page.locator(".line").inner_text().startswith(sentence["left"])
        now, ending = dict(OWN), 0
        assert verdict(page).startswith("BERT reads the ending and says") and "move" not in verdict(page)
        before = {name: sentence["stored"][0][name][OWN[name]][0][0] for name in OWN}
        for click in ("BERT", "GPT", "ending", "BERT", "GPT", "ending"):
            if click == "ending":
                ending = 1 - ending
                page.get_by_role("radio", name=sentence["endings"][ending].strip()).check()
            else:
                now[click] = OTHER[now[click]]
                give(page, click, now[click])
            stored = {name: sentence["stored"][ending][name][mask] for name, mask in now.items()}
            first = {name: found[0][0] for name, found in stored.items()}
            for name in OWN:
                assert words(page, name) == [word for word, _ in stored[name]]
            assert in_the_gap(page) == list(first.values()) and masks(page) == now
            touched = [name for name in OWN if name == click or click == "ending" and now[name] == "bidirectional"]
            for name in touched:
                same = before[name] == first[name]
                told = f"still says {first[name]}" if same else f"{before[name]} became {first[name]}"
                assert told in verdict(page)
            assert ("not one number moves" in verdict(page)) == (click == "ending" and "causal" in now.values())
            assert page.evaluate(height) == tall
            before = first
        assert steps.all_inner_texts()[:3] == ["✓", "✓", "✓"]
    page.get_by_role("button", name="Ask 400 sentences").click()
    assert verdict(page).startswith(
        "You got lucky. Of 400 other words BERT finds 55 % (the left only: 19), GPT 33 (both sides: 28)."
    )
    assert words(page, "GPT") == ["both sides", "the left only"] and page.evaluate(height) == tall
    assert steps.all_inner_texts() == ["✓"] * 4
    assert page.locator(".drawn .not").count() == 10  # GPT's
    icon.click()  # the drawing is the switch
    page.wait_for_function(f"{fill} === 'rgb(213, 94, 0)'")  # it comes slowly
    assert icon.locator(".not").count() == 10 and masks(page)["BERT"] == "causal"
    page.get_by_role("button", name="Put the masks back").click()
    assert masks(page) == OWN and not page.get_by_role("button", name="Put the masks back").is_visible()
    assert "move" not in verdict(page) and "became" not in verdict(page)  # nothing that could have moved was touched
    assert page.requested == []


def test_a_page_may_leave_out_the_many_and_models_that_say_one_word_have_not_changed_places(show, models, tokenizer):
    pair = Pair(*models, tokenizer, SENTENCES[:1], many={})
    one_word = {name: {mask: [["girl", 0.4]] for mask in OTHER} for name in OWN}
    pair.sentences = [{**pair.sentences[0], "stored": [one_word, one_word]}]
    page = show(pair, live=True)
    give(page, "BERT", "causal")
    give(page, "GPT", "bidirectional")
    assert verdict(page) == "GPT now reads the ending and still says girl."
    page.get_by_role("radio", name="loved his wife.").check()
    assert page.locator(".next").inner_text().startswith("No weight was changed")
    assert not page.locator("button.many").is_visible()


def test_a_sentence_of_ones_own_is_handed_to_the_real_model_of_the_page(show, pair):
    page = show(pair, RealModel(), live=True)
    assert not page.locator(".real-one").is_visible()
    sentence(page).fill("The _ barked at me.")
    page.get_by_role("button", name="Ask a real one (102 MB)").click()
    real = page.locator("[data-bertgpt=RealModel]")
    assert real.get_by_label("A sentence").input_value() == "The ▁ barked at me."
    assert real.get_by_role("radio", name="square, practised").is_checked()
    page.get_by_text("python -m http.server").wait_for()  # it was asked to come, which a page from a disk may not


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
    sentence(page).press_sequentially("Yes! ")
    settle(page)
    requested = {url.rpartition("/")[2].split(".")[0] for url in page.requested if not url.startswith("blob:")}
    assert requested == {"engine", "models", "littlebert", "littlegpt"}
    fetched = len(page.requested)
    sentence(page).fill(f"The captain took his ▁{RIGHT}")
    settle(page)
    expected = blank_answers(*models, tokenizer, "The captain took his", RIGHT)
    for mask in ("bidirectional", "causal"):
        for name in OWN:
            give(page, name, mask)
            settle(page)
            assert words(page, name)[0] == expected[name][mask][0][0]
            rows = page.locator(f'section[data-model="{name}"] li')
            shares = rows.evaluate_all("all => all.map((e) => +e.dataset.p)")
            assert shares == pytest.approx([p for _, p in expected[name][mask]], rel=1e-2)
    assert len(page.requested) == fetched


def test_ones_own_sentence_begins_under_the_models_own_masks(show, pair):
    page = show(pair, live=True)
    crossed = {name: OTHER[mask] for name, mask in OWN.items()}
    for name, mask in crossed.items():
        give(page, name, mask)
    sentence(page).fill("The _ barked.")
    settle(page)
    assert masks(page) == OWN
    for name, mask in crossed.items():  # what the reader switches after that, stays
        give(page, name, mask)
    sentence(page).press_sequentially("!")
    settle(page)
    assert masks(page) == crossed
    first = [words(page, name)[0] for name in OWN]
    assert verdict(page) == f"BERT, from the left only: {first[0]}. GPT, from both sides: {first[1]}."
    sentence(page).fill("")  # the page's own is back
    assert masks(page) == OWN and page.locator(".line").inner_text().startswith("The old")


def test_a_blank_is_put_at_the_caret_or_typed(show, pair, models, tokenizer):
    page = show(pair, live=True)
    field = sentence(page)
    field.fill("The old loved her husband.")
    field.evaluate("(e) => e.setSelectionRange(3, 3)")
    page.get_by_role("button", name="Put ▁ here").click()
    assert field.input_value() == "The ▁ old loved her husband."
    field.fill(f"The captain took his{RIGHT}")
    field.evaluate("(e) => e.setSelectionRange(21, 21)")
    field.press_sequentially("[MASK]!")
    assert field.input_value() == f"The captain took his ▁!{RIGHT}"  # typed on after the blank
    field.press("Backspace")
    settle(page)
    expected = blank_answers(*models, tokenizer, "The captain took his", RIGHT)["BERT"]["bidirectional"][0][0]
    assert words(page, "BERT")[0] == expected


def test_what_is_said_follows_what_works_and_what_does_not(show, pair):
    page = show(pair, live=True)
    field, status = sentence(page), page.locator(".port [role=status]")
    field.fill("a " * 140 + "▁")
    page.get_by_text("tokens are too many: this model reads 64 at most").wait_for()
    assert words(page, "BERT")[0] == "…" and verdict(page) == ""  # no words of another sentence stay there
    field.fill("a ▁ b")
    settle(page)
    first = [words(page, name)[0] for name in OWN]
    assert status.inner_text() == ""  # an error does not
    assert verdict(page) == f"BERT, from both sides: {first[0]}. GPT, from the left only: {first[1]}."
    page.get_by_role("button", name="The old ▁").click()
    assert words(page, "BERT") == [word for word, _ in pair.sentences[0]["stored"][0]["BERT"]["bidirectional"]]


def test_models_that_cannot_be_fetched_are_reported_and_fetched_the_next_time(show, pair, engine_folder):
    (part,) = engine_folder.glob("littlegpt.*.00.js")
    away = part.rename(part.with_suffix(".away"))
    page = show(pair, live=True)
    sentence(page).fill("The _ barked.")
    again = page.get_by_role("button", name="Try again")
    again.wait_for()
    page.get_by_text("could not be fetched").wait_for()
    away.rename(part)
    again.click()
    settle(page)
    assert words(page, "GPT")[0] != "…" and not again.is_visible()
    missing = [fault for fault in page.faults if part.name in fault or "ERR_FILE_NOT_FOUND" in fault]
    assert missing == page.faults != []  # how many, depends on what asked again meanwhile
    page.faults.clear()
