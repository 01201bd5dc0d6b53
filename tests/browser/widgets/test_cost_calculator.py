"""The cost calculator in a browser: choose a model, slide, read what it costs."""

from bertgpt_book.widgets import CostCalculator
from bertgpt_book.widgets.cost_calculator import amount, costs, duration


def test_the_page_shows_what_the_chosen_model_costs(show):
    widget = CostCalculator()
    page = show(widget)
    assert page.locator("tbody:has(th[scope=rowgroup])").count() == page.locator("th[scope=rowgroup]").count() == 2
    for model, devices, sharded, bfloat16 in ((0, 0, False, True), (3, 6, True, False), (5, 2, False, True)):
        page.get_by_label("Model").select_option(str(model))
        page.get_by_label("Devices").fill(str(devices))
        page.get_by_label("Each device keeps a share of the state").set_checked(sharded)
        page.get_by_label("Products in bfloat16").set_checked(bfloat16)
        name, sizes = widget.models[model]
        chosen = {"devices": 2**devices, "sharded": sharded, "bfloat16": bfloat16}
        found = costs(sizes, context=128, rows=32, tokens=10**7, speed=3 * 10**10, **chosen)
        cells = page.locator("tbody td").all_inner_texts()
        assert amount(found["state"], "B") in cells and amount(found["device"], "B") in cells
        assert duration(found["seconds"]) in cells
        assert ("none" in cells) == (model in (0, 5))
        shown = page.locator(".status").inner_text().strip()
        assert shown.startswith(f"{name}: {duration(found['seconds'])} of training")
        assert page.locator("figure").get_attribute("data-model") == sizes["kind"]
