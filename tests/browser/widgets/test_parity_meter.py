"""The parity meter in a browser: choose a model and what is broken; bars, numbers and words follow."""

import pytest

from bertgpt.book.widgets import ParityMeter

ERRORS = {
    "BERT": {"nothing": [0.0, 4.8e-7, 2e-6], "epsilon": [7.7e-3, 1.7e-3, 1e-5], "segments": [0.4, 0.2, 0.1]},
    "GPT": {"nothing": [0, 2e-7], "epsilon": [0, 220]},
}


def errors(page):
    return page.locator("tr[data-row]").evaluate_all("all => all.map((row) => Number(row.dataset.error))")


def test_the_page_shows_what_python_holds(show):
    page, meter = show(ParityMeter(ERRORS)), ParityMeter(ERRORS)
    for model, rows in ERRORS.items():
        page.locator(f'input[name=model][value="{model}"]').check()
        for broken in rows:
            page.locator(f'input[name=broken][value="{broken}"]').check()
            meter.model, meter.broken = model, broken
            assert errors(page) == meter.shown()
            over = page.locator("tr.over").evaluate_all("all => all.map((row) => Number(row.dataset.row))")
            assert over == meter.over()


def test_the_text_and_what_the_broken_model_says_to_it_stand_above(show):
    hostile = "<b>She</b> was"
    page = show(ParityMeter(ERRORS, {"GPT": hostile}, {"GPT": {"nothing": " sea", "epsilon": " the"}}))
    assert page.locator(".written").is_hidden()                # nothing is known of BERT's
    page.locator('input[name=model][value="GPT"]').check()
    assert page.locator(".written").text_content() == hostile + " sea"
    page.get_by_label("epsilon").check()
    assert page.locator(".written b").all_text_contents() == [" the"]


def test_bars_stand_on_one_axis_with_the_line(show):
    page = show(ParityMeter({"BERT": {"nothing": [1e-4, 1e-4 * 1.001, 1e-6, 1.0]}}))
    rights = page.locator(".bar").evaluate_all("all => all.map((bar) => bar.getBoundingClientRect().right)")
    track = page.locator("tr[data-row] .track").first.bounding_box()
    line = track["x"] + track["width"] * 4 / 11              # from 1e-8 to 1e3, 1e-4 is 4 of 11 steps along
    assert rights[0] == pytest.approx(line, abs=1) and rights[2] < line < rights[3]
    tick = page.locator(".ticks span", has_text="1e-4").bounding_box()
    assert tick["x"] + tick["width"] / 2 == pytest.approx(line, abs=1)


def test_a_screen_reader_hears_the_verdict_and_reads_a_table(show):
    page = show(ParityMeter(ERRORS))
    assert page.locator(".status[role=status]").inner_text().startswith("Equal to within 1e-4")
    page.get_by_label("epsilon").check()
    assert "in the embeddings first" in page.locator(".status").inner_text()
    row = page.get_by_role("row", name="layer 1")
    assert row.get_by_role("cell").all_inner_texts() == ["0.0017"]


def test_a_model_without_this_break_shows_its_first(show):
    page = show(ParityMeter(ERRORS))
    page.get_by_label("segments").check()
    page.get_by_label("GPT", exact=True).check()
    assert page.locator("figure").get_attribute("data-broken") == "nothing"
    assert page.locator("input[name=broken]").count() == 2


def test_the_keyboard_reaches_both_choices(show, reached_by_tab):
    page = show(ParityMeter(ERRORS))
    assert [(kind, name) for _, kind, name, _ in reached_by_tab(page)] == [("radio", "model"), ("radio", "broken")]
    page.locator("input[name=broken]").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("figure").get_attribute("data-broken") == "epsilon"


def test_one_model_needs_no_picker(show):
    page = show(ParityMeter({"BERT": ERRORS["BERT"]}))
    assert not page.locator("input[name=model]").is_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_hostile_names_are_text(show, width):
    hostile = "<img src=x onerror=alert(1)>"
    page = show(ParityMeter({"BERT": {hostile: [0.1] * 13, "a very long name of something broken " * 3: [1e-9] * 13}}),
                width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    assert hostile in page.locator("form").inner_text()
