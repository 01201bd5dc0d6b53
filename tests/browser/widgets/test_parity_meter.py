"""The parity meter in a browser: choose a model and what is broken; bars, numbers and words follow."""

import pytest

from bertgpt.book.widgets import ParityMeter

ERRORS = {
    "BERT": {"nothing": [0.0, 4.8e-7, 2e-6], "epsilon": [7.7e-3, 1.7e-3, 1e-5], "segments": [0.4, 0.2, 0.1]},
    "GPT": {"nothing": [0, 2e-7], "epsilon": [0, 220]},
}
HOSTILE = "<img src=x onerror=alert(1)>"


def test_the_page_shows_each_models_differences_and_words(show):
    hostile = "<b>She</b> was"
    page = show(ParityMeter(ERRORS, {"GPT": hostile}, {"GPT": {"nothing": " sea", "epsilon": " the"}}))
    assert page.locator(".written").is_hidden()                # BERT has no words
    for model, rows in ERRORS.items():
        page.locator(f'input[name=model][value="{model}"]').check()
        assert page.locator("input[name=broken]").count() == len(rows)
        for broken, row in rows.items():
            page.locator(f'input[name=broken][value="{broken}"]').check()
            data = "all => all.map((row) => [+row.dataset.error, row.className])"
            shown = page.locator("tr[data-row]").evaluate_all(data)
            assert shown == [[error, "over" if error > 1e-4 else "under"] for error in row]
    assert page.locator(".written").text_content() == hostile + " the"
    assert page.locator(".written b").all_text_contents() == [" the"]


def test_bars_stand_on_one_axis_with_the_line(show):
    page = show(ParityMeter({"BERT": {"nothing": [1e-4, 1e-4 * 1.001, 1e-6, 1.0]}}))
    assert not page.locator("input[name=model]").is_visible()  # one model needs no picker
    rights = page.locator(".bar").evaluate_all("all => all.map((bar) => bar.getBoundingClientRect().right)")
    track = page.locator("tr[data-row] .track").first.bounding_box()
    line = track["x"] + track["width"] * 4 / 11                # from 1e-8 to 1e3, 1e-4 is 4 of 11 steps along
    assert rights[0] == pytest.approx(line, abs=1) and rights[2] < line < rights[3]
    tick = page.locator(".ticks span", has_text="1e-4").bounding_box()
    assert tick["x"] + tick["width"] / 2 == pytest.approx(line, abs=1)


def test_a_screen_reader_gets_the_verdict_and_a_table_and_the_keyboard_both_choices(show, reached_by_tab):
    page = show(ParityMeter(ERRORS))
    assert [(kind, name) for _, kind, name, _ in reached_by_tab(page)] == [("radio", "model"), ("radio", "broken")]
    assert page.locator(".status[role=status]").inner_text().startswith("Equal to within 1e-4")
    page.locator("input[name=broken]").first.press("ArrowDown")
    assert page.locator("figure").get_attribute("data-broken") == "epsilon"
    assert "in the embeddings first" in page.locator(".status").inner_text()
    assert page.get_by_role("row", name="layer 1").get_by_role("cell").all_inner_texts() == ["0.0017"]
    page.get_by_label("segments").check()
    page.get_by_label("GPT", exact=True).check()               # which has no segments: it shows its first
    assert page.locator("figure").get_attribute("data-broken") == "nothing"


def test_it_fits_a_phone_and_hostile_names_are_text(show):
    long = "a very long name of something broken " * 3
    page = show(ParityMeter({"BERT": {HOSTILE: [0.1] * 13, long: [1e-9] * 13}}), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".bertgpt img").count() == 0 and HOSTILE in page.locator("form").inner_text()
