"""The mask-rate slider in a browser: slide, choose another text, read what was asked and answered."""

from small_widgets import WORDS

from bertgpt import fill_mask
from bertgpt_book.widgets.base import readable

TEXTS = [" She walked slowly to the sea, and the wind blew.", " Anne could not sleep."]


def kinds(page):
    rows = page.locator("tbody tr")
    return rows.evaluate_all("all => all.map((row) => [Number(row.dataset.place), row.dataset.kind])")


def test_the_page_shows_the_stored_answers_at_the_rate_that_is_chosen(show, small):
    widget = small("mask rate", texts=TEXTS, draws=2)
    page = show(widget)
    slider = page.get_by_label("Mask rate in per cent")
    for text, rate in ((0, 15), (3, 80)):
        page.locator("select").select_option(str(text))
        slider.fill(str(rate))
        rows = widget.answers[text][widget.rates.index(rate)]
        assert kinds(page) == [[row[0], row[2]] for row in rows]
        assert page.locator(".masked-text .asked").count() == len(rows)
        assert page.locator("tr[data-right=true]").count() == sum(row[4] for row in rows)
        first = page.locator("tbody tr").first
        assert [answer.inner_text().split(" ")[0] for answer in first.locator(".answer").all()] == [
            token for token, _ in rows[0][3]
        ]
        assert page.locator(".status").inner_text().startswith(f"{len(rows)} of ")


def answers(page):
    """Read the table: token -> [(guess, share), ...]."""
    return {
        row.locator("th").inner_text(): [
            tuple(answer.inner_text().rsplit(" ", 1)) for answer in row.locator(".answer").all()
        ]
        for row in page.locator("tbody tr").all()
    }


def expected(model, text, *hidden):
    """Hide words of a text and let Python fill them: the same table."""
    for word in hidden:
        text = text.replace(f" {word}", "[MASK]", 1)
    return {
        word: [(readable(token), f"{p:.2f}") for token, p in guesses]
        for word, guesses in zip(hidden, fill_mask(model, WORDS, text, top_k=3))
    }


def settle(page, n):
    page.wait_for_function(
        f"document.querySelectorAll('tbody tr').length === {n}"
        " && !document.querySelector('.waits, progress:not([hidden])')"
    )


def test_a_click_hides_a_word_and_bert_fills_it_whatever_was_hidden_before(show, small, small_models):
    model = small_models["littlebert"]
    page = show(small("mask rate", texts=TEXTS, rate=80), live=True)
    assert page.requested == []
    for n, word in enumerate(["sea", "wind"], start=1):
        page.get_by_role("button", name=word).click()
        settle(page, n)
    assert answers(page) == expected(model, TEXTS[0], "sea", "wind")
    assert {url.rpartition("/")[2].split(".")[0] for url in page.requested if not url.startswith("blob:")} == {
        "engine",
        "models",
        "littlebert",
    }
    stale = page.get_by_role("button", name="sea").evaluate(  # a second click shows it again
        "(button) => { button.click(); return document.querySelector('tbody').classList.contains('waits'); }"
    )
    assert stale, "until BERT has read it anew, its other answers are those of before"
    settle(page, 1)
    assert answers(page) == expected(model, TEXTS[0], "wind")
    assert page.locator(".status").inner_text().startswith("1 of ")
    page.locator("input[type=range]").fill("15")
    assert page.locator("figure").get_attribute("data-rate") == "15"


def test_a_word_of_two_tokens_is_hidden_whole_with_a_key_too(show, small):
    page = show(small("mask rate", texts=TEXTS), live=True)
    page.get_by_label("Or your own sentence").fill("Mom bakes bread, and so on.")
    page.get_by_role("button", name="Mom", exact=True).wait_for()
    pieces = [token.strip() for token in WORDS.tokens(WORDS.encode(" bakes"))]
    assert len(pieces) == 2
    pressed = page.locator(".masked-text [aria-pressed=true] .piece")
    for first in pieces:
        page.get_by_role("button", name=first, exact=True).press("Enter")
        settle(page, 2)
        assert page.evaluate("document.activeElement.textContent").startswith(first)  # the focus stays
        assert pressed.all_inner_texts() == pieces
        page.locator(".masked-text [aria-pressed=true]").last.click()  # any of them shows it again
        settle(page, 0)
    page.get_by_role("button", name=",", exact=True).click()  # a sign goes alone
    settle(page, 1)
    assert pressed.all_inner_texts() == [","]
    page.get_by_label("Or your own sentence").fill("Mom _ bread.")
    page.locator(".masked-text .piece", has_text="[MASK]").wait_for()
    page.get_by_role("button", name="Mom", exact=True).click()
    settle(page, 1)
    assert pressed.all_inner_texts() == ["Mom"]  # a typed blank is no part of a word
    page.get_by_label("Or your own sentence").fill("")
    settle(page, 2)
