"""A text in any order, in a browser: two orders give two numbers, and all of them their averages."""

from bertgpt_book.widgets import AnyOrder

# down to: both hidden, down in place, to in place (a row for the set of hidden tokens, its bits)
ANSWERS = [[1, 1], [0.1, 1], [1, 0.2], [0.5, 0.1]]


def test_two_orders_give_two_numbers_and_all_of_them_their_averages(show):
    page = show(AnyOrder(["down", "to"], ANSWERS))
    tiles, verdict, tally = page.locator("[role=group] button"), page.locator("[role=status]"), page.locator("p.status")
    assert tiles.all_inner_texts() == ["?", "?"] and verdict.inner_text() == "0 of 2 written"
    tiles.nth(0).click()
    assert tiles.all_inner_texts() == ["down 0.500", "?"] and tiles.nth(0).is_disabled()
    tiles.nth(1).click()
    assert verdict.inner_text() == "−ln p = 2.30 nats in this order"  # 0.5 times 0.2
    page.get_by_role("button", name="Hide all again").click()
    tiles.nth(1).click()
    tiles.nth(0).click()
    assert verdict.inner_text() == "−ln p = 4.61 nats in this order"  # 0.1 times 0.1
    assert tally.inner_text() == "2 of 2 orders tried."
    page.get_by_label("Show all 2 orders").check()
    assert "−ln of their mean p is 2.90, the mean of −ln p is 3.45" in tally.inner_text()
    assert page.locator("svg circle").count() == 3
