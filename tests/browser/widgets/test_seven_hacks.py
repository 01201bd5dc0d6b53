"""The seven hacks in a browser: choose, step, read what was written, and the judge's score beside GPT's."""

import numpy as np
import pytest
from small_widgets import TEXTS, WORDS

from bertgpt_book.widgets.base import readable
from bertgpt_book.widgets.seven_hacks import write

LENGTH, SWEEPS, TOP = 4, 2, 3
GPT_ITSELF = 7


def written(page):
    """Read the tokens of the strip: frame, prompt, slots and what stands after them."""
    return page.locator(".strip .piece").all_inner_texts()


def score(page, who="way"):
    text = page.locator(f'tr[data-score="{who}"] td').first.inner_text()
    return None if text == "–" else float(text.replace("−", "-"))


def status(page):
    return page.locator(".status").inner_text()


def test_every_way_shows_its_frame_its_slots_and_both_scores(show, small):
    """At the first step, and at the last with the judge's mean log-probability."""
    widget = small("seven hacks")
    page = show(widget)
    for way, (name, behind, blanks) in enumerate(widget.ways):
        rule = way % len(widget.rules)
        page.get_by_role("radio", name=name, exact=True).check()
        page.get_by_role("radio", name=widget.rules[rule], exact=True).check()
        steps, gpt = widget.traces[0][way][rule], widget.traces[0][GPT_ITSELF][rule]
        for n in (1, len(steps)):
            page.get_by_label("Step").fill(str(n))
            slots = dict.fromkeys(range(blanks), "[MASK]") | {step["at"]: step["token"] for step in steps[:n]}
            text = [*widget.prompts[0], *slots.values()]
            text += ["[MASK]"] * behind.count("[MASK]") + [part for part in [behind.replace("[MASK]", "")] if part]
            assert written(page) == (text if name == "GPT" else ["[CLS]", *text, "[SEP]"])
            judged = steps[n - 1]["judged"]
            assert score(page) == (judged and pytest.approx(np.mean(judged), abs=0.006))
            if name != "GPT":
                assert score(page, "GPT") == pytest.approx(np.mean(gpt[-1]["judged"]), abs=0.006)


def test_step_by_step_to_the_end(show, small):
    widget = small("seven hacks")
    page = show(widget)
    step, slider = page.get_by_role("button", name="Next token"), page.get_by_label("Step")
    first = widget.traces[0][0][0]
    assert page.locator(".token.latest").inner_text() == first[0]["token"]
    assert f"slot 1 becomes “{first[0]['token']}”" in status(page)
    step.click()
    assert f"slot 2 becomes “{first[1]['token']}”" in status(page)
    shares = page.locator(".words tbody tr").evaluate_all("rows => rows.map((row) => +row.dataset.p)")
    assert shares == [p for _, p in first[1]["top"]]
    assert page.locator(".words tr.latest").count() == 1
    page.get_by_role("radio", name="Gibbs sampling").check()
    slider.fill(str(LENGTH * SWEEPS))
    assert f"Step {LENGTH * SWEEPS}" in status(page)
    page.get_by_role("radio", name="left to right").check()  # another way starts again
    assert "Step 1:" in status(page) and score(page) is None  # a text with blanks has no score


# ---- with the engine


def test_the_readers_prompt_is_continued_in_every_way(show, small, small_models):
    widget = small("seven hacks")
    page = show(widget, live=True)
    prompt = WORDS.encode(" Anne walked")
    both = {"BERT": small_models["littlebert"], "GPT": small_models["littlegpt"]}
    page.get_by_label("Or your own beginning").fill("Anne walked")
    page.locator("figure[data-own='Anne walked']:not([data-step='0'])").wait_for()
    for way, (name, _, _) in enumerate(widget.ways):
        page.get_by_role("radio", name=name, exact=True).check()
        page.locator(f"figure[data-way='{name}']:not([data-step='0'])").wait_for()
        page.get_by_label("Step").press("End")
        order = [step["at"] for step in widget.traces[0][way][0]]
        slots = {slot: new for slot, new, _ in write(both, WORDS, prompt, name, order, lambda x: x.argmax(dim=-1))}
        expected = [readable(WORDS.decode([slots[slot]])) for slot in sorted(slots)]
        start = 2 if name == "GPT" else 3
        assert written(page)[start : start + LENGTH] == expected, name
        assert score(page) is None
    assert "is not in the page" in page.locator(".main > .about").last.inner_text()
    page.locator("select").first.select_option("1")
    assert page.locator("figure").get_attribute("data-own") == "" and written(page)[:2] == ["Anne", "could"]
    assert page.locator("select").first.locator("option").all_text_contents() == [text.strip() for text in TEXTS]
