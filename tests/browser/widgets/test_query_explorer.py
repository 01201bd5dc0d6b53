"""The query explorer in a browser: dragged or driven by keys, the output stays an average."""

import json

import pytest

from bertgpt.book.widgets import QueryExplorer

KEYS = {"Emma": (2.5, 0.0), "walked": (0.0, 2.0), "home": (-2.0, -1.5)}
VALUES = {"Emma": (3.0, 2.5), "walked": (-3.0, 1.5), "home": (1.0, -3.0)}
HOSTILE = "<img src=x onerror=alert(1)>"


def weights(page):
    return page.locator("tr[data-weight]").evaluate_all("rows => rows.map((row) => +row.dataset.weight)")


def output(page):
    return json.loads(page.locator("figure").get_attribute("data-output"))


def query(page):
    return [page.get_by_label(f"{n} number").first.input_value() for n in ("first", "second")]


def is_inside(point, corners):
    """Is the point on the same side of all edges of a triangle?"""
    turns = [(cx - bx) * (point[1] - by) - (cy - by) * (point[0] - bx)
             for (bx, by), (cx, cy) in zip(corners, corners[1:] + corners[:1], strict=True)]
    return all(turn >= -1e-9 for turn in turns) or all(turn <= 1e-9 for turn in turns)


def test_dragging_or_a_click_moves_the_query_and_the_output_stays_among_the_values(show):
    page = show(QueryExplorer(KEYS, VALUES))
    grip, plane = page.locator(".handle").bounding_box(), page.locator(".plane").bounding_box()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    seen = []
    for share in ((0.9, 0.5), (0.5, 0.1), (0.1, 0.9), (0.02, 0.5), (1.3, -0.2)):  # the last is outside
        page.mouse.move(plane["x"] + share[0] * plane["width"], plane["y"] + share[1] * plane["height"])
        assert sum(weights(page)) == pytest.approx(1)
        assert is_inside(output(page), list(VALUES.values()))
        seen.append(weights(page).index(max(weights(page))))
    page.mouse.up()
    assert seen[:3] == [0, 1, 2] and query(page)[0] == "4"
    page.mouse.move(plane["x"], plane["y"])                    # released: nothing follows
    assert query(page)[0] == "4"
    page.locator(".plane").click(position={"x": plane["width"] / 2, "y": plane["height"] / 4})
    assert query(page) == ["0", "2"]                           # y grows upwards
    assert "most to “walked”" in page.locator("[role=status]").inner_text()


def test_the_keyboard_reaches_and_moves_everything(show, reached_by_tab):
    page = show(QueryExplorer(KEYS, VALUES, query=(0, 0)))
    assert [kind for _, kind, _, _ in reached_by_tab(page)] == ["range", "range", "radio", "select-one"]
    assert weights(page) == pytest.approx([1 / 3] * 3)
    assert "every key the same weight" in page.locator("[role=status]").inner_text()
    page.get_by_label("first number").press("ArrowRight")
    assert query(page)[0] == "0.1"
    assert weights(page)[0] > 1 / 3 > weights(page)[2]


def test_scaling_and_a_masked_key_change_the_weights_in_plane_and_table(show):
    page = show(QueryExplorer(KEYS, VALUES, query=(1, 1)))
    scores = page.locator("tbody tr td:first-of-type")
    assert scores.all_inner_texts() == ["1.77", "1.41", "−2.47"]           # (2.5, 2, -3.5) / sqrt(2)
    assert page.locator("tfoot td").last.inner_text() == "1.000"
    scaled = max(weights(page))
    page.get_by_label("Mask a key").select_option("walked")
    assert weights(page)[1] == 0 and sum(weights(page)) == pytest.approx(1)
    assert scores.all_inner_texts()[1] == "−∞"
    assert page.locator(".plane text.masked").all_text_contents() == ["walked", "value of walked"]
    assert "“walked” is masked" in page.locator("[role=status]").inner_text()
    assert page.locator("polygon.hull").get_attribute("points").count(",") == 2      # the values of the two left
    page.get_by_label("Mask a key").select_option("none")
    page.get_by_label("not divided").check()
    assert page.locator("figure").get_attribute("data-scaled") == "false"
    assert max(weights(page)) > scaled
    for label, value in (("first number", "4"), ("second number", "0")):
        page.get_by_label(label).fill(value)
    assert output(page) == pytest.approx(VALUES["Emma"], abs=0.01)         # far away it reaches a value


def test_two_on_a_phone_fit_move_apart_and_show_hostile_names_as_text(show):
    page = show(QueryExplorer({HOSTILE: (1, 1), "b": (-1, 2)}), QueryExplorer(KEYS, VALUES), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("tbody th").first.text_content() == HOSTILE
    assert page.locator(".bertgpt img").count() == 0
    fields = page.get_by_label("first number")
    fields.nth(0).fill("3")
    assert [fields.nth(i).input_value() for i in range(2)] == ["3", "1"]
