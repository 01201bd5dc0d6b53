"""The query explorer in a browser: dragged or driven by keys, the output stays an average."""

import json

import pytest

from bertgpt.book.widgets import QueryExplorer

KEYS = {"Emma": (2.5, 0.0), "walked": (0.0, 2.0), "home": (-2.0, -1.5)}
VALUES = {"Emma": (3.0, 2.5), "walked": (-3.0, 1.5), "home": (1.0, -3.0)}


def weights(page):
    return page.locator("tr[data-weight]").evaluate_all("rows => rows.map(row => Number(row.dataset.weight))")


def output(page):
    return json.loads(page.locator("figure").get_attribute("data-output"))


def is_inside(point, corners):
    """Is the point on the same side of all edges of a triangle?"""
    turns = [(cx - bx) * (point[1] - by) - (cy - by) * (point[0] - bx)
             for (bx, by), (cx, cy) in zip(corners, corners[1:] + corners[:1], strict=True)]
    return all(turn >= -1e-9 for turn in turns) or all(turn <= 1e-9 for turn in turns)


def set_query(page, x, y):
    for label, value in (("first number", x), ("second number", y)):
        page.get_by_label(label).fill(str(value))


def test_the_page_shows_what_python_computes(show):
    widget = QueryExplorer(KEYS, VALUES, query=(1, 1))
    page = show(widget)
    scores, shares, average = widget.read()
    assert weights(page) == pytest.approx(shares.tolist())
    assert output(page) == pytest.approx(average.tolist())
    cells = page.locator("tbody tr").nth(0).locator("td")
    assert cells.nth(0).inner_text() == f"{scores[0]:.2f}"
    assert cells.nth(2).inner_text() == f"{shares[0]:.3f}"
    assert page.locator("tfoot td").last.inner_text() == "1.000"


def test_dragging_moves_the_query_and_the_output_stays_among_the_values(show):
    page = show(QueryExplorer(KEYS, VALUES))
    box = page.locator(".handle").bounding_box()
    plane = page.locator(".plane").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = []
    for share in ((0.9, 0.5), (0.5, 0.1), (0.1, 0.9), (0.02, 0.5), (1.3, -0.2)):  # the last is outside
        page.mouse.move(plane["x"] + share[0] * plane["width"], plane["y"] + share[1] * plane["height"])
        assert sum(weights(page)) == pytest.approx(1)
        assert is_inside(output(page), list(VALUES.values()))
        seen.append(weights(page).index(max(weights(page))))
    page.mouse.up()
    assert seen[:3] == [0, 1, 2]
    assert page.get_by_label("first number").input_value() == "4"
    page.mouse.move(plane["x"], plane["y"])                    # released: nothing follows
    assert page.get_by_label("first number").input_value() == "4"


def test_a_click_places_the_query_and_the_plane_has_no_other_way_up(show):
    page = show(QueryExplorer(KEYS, VALUES, query=(0, 0)))
    plane = page.locator(".plane").bounding_box()
    page.locator(".plane").click(position={"x": plane["width"] / 2, "y": plane["height"] / 4})
    assert [page.get_by_label(f"{n} number").input_value() for n in ("first", "second")] == ["0", "2"]
    assert "most to “walked”" in page.locator("[role=status]").inner_text()


def test_the_keyboard_reaches_and_moves_everything(show, reached_by_tab):
    page = show(QueryExplorer(KEYS, VALUES, query=(0, 0)))
    assert [kind for _, kind, _, _ in reached_by_tab(page)] == ["range", "range", "radio", "select-one"]
    assert weights(page) == pytest.approx([1 / 3] * 3)
    assert "every key the same weight" in page.locator("[role=status]").inner_text()
    page.get_by_label("first number").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("first number").input_value() == "0.1"
    assert weights(page)[0] > 1 / 3 > weights(page)[2]


def test_without_the_division_the_winner_takes_more(show):
    page = show(QueryExplorer(KEYS, VALUES, query=(1, 1)))
    before = max(weights(page))
    page.get_by_label("not divided").check()
    assert page.locator("figure").get_attribute("data-scaled") == "false"
    assert max(weights(page)) > before


def test_a_masked_key_gets_nothing_and_is_shown_as_masked(show):
    page = show(QueryExplorer(KEYS, VALUES, query=(1, 1)))
    page.get_by_label("Mask a key").select_option("walked")
    expected = QueryExplorer(KEYS, VALUES, query=(1, 1), masked=1).read()
    assert weights(page) == pytest.approx(expected[1].tolist()) and weights(page)[1] == 0
    assert page.locator("tr.masked td").first.inner_text() == "−∞"
    assert page.locator(".plane text.masked").all_text_contents() == ["walked", "value of walked"]
    assert "“walked” is masked" in page.locator("[role=status]").inner_text()
    assert page.locator("polygon.hull").get_attribute("points").count(",") == 2      # the values of the two left


def test_far_away_the_output_reaches_a_value(show):
    page = show(QueryExplorer(KEYS, VALUES))
    page.get_by_label("not divided").check()
    set_query(page, 4, 0)
    assert output(page) == pytest.approx(VALUES["Emma"], abs=0.01)


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_hostile_names_are_text(show, width):
    name = "<img src=x onerror=alert(1)>"
    page = show(QueryExplorer({name: (1, 1), "b": (-1, 2)}), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("tbody th").first.text_content() == name
    assert page.locator(".bertgpt img").count() == 0


def test_two_explorers_of_one_page_move_apart(show):
    page = show(QueryExplorer(KEYS, VALUES), QueryExplorer(KEYS, VALUES))
    fields = page.get_by_label("first number")
    fields.nth(0).fill("3")
    assert [fields.nth(i).input_value() for i in range(2)] == ["3", "1"]
