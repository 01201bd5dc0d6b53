"""The cost calculator in a browser: choose a model, slide, read what it costs."""

import pytest

from bertgpt import TransformerConfig
from bertgpt.book.widgets import CostCalculator
from bertgpt.book.widgets.cost_calculator import amount, duration

HOSTILE = "<img src=x onerror=alert(1)>"


def test_the_page_shows_what_python_reckons(show):
    widget = CostCalculator()
    page = show(widget)
    assert page.locator("tbody:has(th[scope=rowgroup])").count() == page.locator("th[scope=rowgroup]").count() == 2
    for widget.model, widget.devices, widget.sharded in ((0, 0, False), (3, 6, True), (4, 13, False)):
        page.get_by_label("Model").select_option(str(widget.model))
        page.get_by_label("Devices").fill(str(widget.devices))
        page.get_by_label("Each device keeps a share of the state").set_checked(widget.sharded)
        found = widget.shown()
        cells = page.locator("tbody td").all_inner_texts()
        assert amount(found["state"], "B") in cells and amount(found["device"], "B") in cells
        assert duration(found["seconds"]) in cells
        assert ("none" in cells) == (widget.model == 0)
        name = widget.models[widget.model][0]
        said = page.locator(".status").inner_text().strip()
        assert said.startswith(f"{name}: {duration(found['seconds'])} of training")
        assert page.locator("figure").get_attribute("data-model") == ("BERT" if name.startswith("BERT") else "GPT")


def test_the_keyboard_moves_a_slider_that_says_what_its_stop_stands_for(show, reached_by_tab):
    page = show(CostCalculator())
    kinds = [kind for _, kind, _, _ in reached_by_tab(page)]
    assert kinds == ["select-one", *["range"] * 5, "checkbox"]
    slider = page.get_by_label("Tokens of a text")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "256"
    assert "It has learned 128 positions" in page.locator(".status").inner_text()


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_a_hostile_name_is_text(show, width):
    page = show(CostCalculator({HOSTILE: TransformerConfig.gpt()}, context=17), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    assert page.locator("option").first.text_content() == HOSTILE
