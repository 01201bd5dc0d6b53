"""The grid of theta, window and mask in a browser: a band in the square and in the triangle."""

from bertgpt_book.widgets import RotaryGrid


def test_a_window_cuts_a_band_out_of_the_square_and_of_the_triangle(show):
    page = show(RotaryGrid(window=2))
    last = page.locator("td.sum")
    closed = {"bidirectional": 56, "causal": 73}  # of 100: bands of 44 and of 27
    for mask, n_closed in closed.items():
        page.locator(f"input[name=mask][value={mask}]").check()
        assert page.locator("td.closed").count() == n_closed
        assert page.locator(".status").inner_text().startswith(f"{100 - n_closed} of 100 pairs may attend.")
        assert last.all_inner_texts() == ["yes"] * 3 + ["no"] * 7
    page.get_by_label("Layers").fill("5")
    assert page.locator(".status").inner_text().endswith("every token knows of token 0.")
    page.get_by_label("Window").fill("9")
    assert page.locator(".heading").inner_text() == "A global layer of a decoder"
