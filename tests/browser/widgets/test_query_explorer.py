"""The query explorer in a browser: dragged or clicked, with a key masked."""

import json

import pytest

from bertgpt_book.widgets import QueryExplorer

KEYS = {"Emma": (2.5, 0.0), "walked": (0.0, 2.0), "home": (-2.0, -1.5)}
VALUES = {"Emma": (3.0, 2.5), "walked": (-3.0, 1.5), "home": (1.0, -3.0)}


def weights(page):
    return page.locator("tr[data-weight]").evaluate_all("rows => rows.map((row) => +row.dataset.weight)")


def output(page):
    return json.loads(page.locator("figure").get_attribute("data-output"))


def query(page):
    return [page.get_by_label(f"{n} number").first.input_value() for n in ("first", "second")]


def test_dragging_or_a_click_moves_the_query(show):
    page = show(QueryExplorer(KEYS, VALUES))
    grip, plane = page.locator(".handle").bounding_box(), page.locator(".plane").bounding_box()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    seen = []
    for share in ((0.9, 0.5), (0.5, 0.1), (0.1, 0.9), (0.02, 0.5), (1.3, -0.2)):  # the last is outside
        page.mouse.move(plane["x"] + share[0] * plane["width"], plane["y"] + share[1] * plane["height"])
        assert sum(weights(page)) == pytest.approx(1)
        seen.append(weights(page).index(max(weights(page))))
    page.mouse.up()
    assert seen[:3] == [0, 1, 2] and query(page)[0] == "4"
    page.mouse.move(plane["x"], plane["y"])  # released: nothing follows
    assert query(page)[0] == "4"
    page.locator(".plane").click(position={"x": plane["width"] / 2, "y": plane["height"] / 4})
    assert query(page) == ["0", "2"]  # y grows upwards
    assert "most to “walked”" in page.locator("[role=status]").inner_text()


def test_a_masked_key_has_no_weight_in_plane_and_table(show):
    page = show(QueryExplorer(KEYS, dict(reversed(VALUES.items())), query=(1, 1)))  # they are matched by name
    scores = page.locator("tbody tr td:first-of-type")
    assert scores.all_inner_texts() == ["1.77", "1.41", "−2.47"]  # (2.5, 2, -3.5) / sqrt(2)
    assert page.locator("tfoot td").last.inner_text() == "1.000"
    page.get_by_label("Mask a key").select_option("walked")
    assert weights(page)[1] == 0 and sum(weights(page)) == pytest.approx(1)
    assert scores.all_inner_texts()[1] == "−∞"
    assert page.locator(".plane text.masked").all_text_contents() == ["walked", "value of walked"]
    assert "“walked” is masked" in page.locator("[role=status]").inner_text()
    assert page.locator("polygon.hull").get_attribute("points").count(",") == 2  # the values of the two left
    page.get_by_label("Mask a key").select_option("none")
    for label, value in (("first number", "4"), ("second number", "0")):
        page.get_by_label(label).fill(value)
    assert output(page) == pytest.approx(VALUES["Emma"], abs=0.01)  # far away it reaches a value
