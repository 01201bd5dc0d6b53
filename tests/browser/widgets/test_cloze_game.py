"""The cloze game in a browser: guess with the keyboard alone, see both models' words, keep score."""

import re


def word(page):
    return page.locator("input[name=word]")


def say(page, guess):
    word(page).fill(guess)
    word(page).press("Enter")


def rows_of(page, model):
    rows = page.locator(f'section[data-model="{model}"] tbody tr').evaluate_all(
        "rows => rows.map(({dataset}) => [+dataset.rank, +dataset.p])"
    )
    return {rank: p for rank, p in rows}


def points(page):
    cells = page.locator(".points tbody tr").evaluate_all(
        "rows => rows.map((row) => [row.dataset.round, ...[...row.cells].slice(1).map((td) => +td.textContent)])"
    )
    return {kind: dict(zip(("reader", "BERT", "GPT"), numbers)) for kind, *numbers in cells}


def test_nothing_is_given_away_before_the_guess(show, small):
    page = show(small("cloze game"))
    assert page.locator("section:visible").count() == 0 and not page.locator(".points").is_visible()
    assert page.locator(".span").inner_text() == "He took her _____, and kissed it."
    page.get_by_label("Text").select_option("2")
    assert page.locator("figure").get_attribute("data-round") == "end"
    assert page.locator(".span").inner_text() == "She could not …"
    say(page, "help")  # at an end the rest comes with the answer
    assert page.locator(".span").inner_text() == "She could not help it."
    assert re.search(r"BERT\s*saw the text, then \[MASK\]", page.locator('section[data-model="BERT"]').inner_text())


def test_the_page_shows_the_stored_answers_and_the_guess_among_them(show, small):
    widget = small("cloze game")
    page = show(widget)
    stored = widget.puzzles[0]["answers"]
    guess = next(token for token, _ in stored["BERT"][10:] if token.isalpha())
    say(page, guess)
    place = [token.lower() for token, _ in stored["BERT"]].index(guess.lower())
    for model, answer in stored.items():
        shown = rows_of(page, model)
        assert all(answer[rank - 1][1] == p for rank, p in shown.items()) and set(range(1, 7)) <= set(shown)
    assert place + 1 in rows_of(page, "BERT")
    assert f"number {place + 1}," in page.locator('section[data-model="BERT"] .yours').inner_text()
    assert page.locator(".span").inner_text() == "He took her hand, and kissed it."
    assert page.locator(".status").inner_text().startswith(f"The text says “hand”. You said “{guess}”: not this time.")


def test_a_whole_game_by_keyboard(show, small):
    page = show(small("cloze game"))
    word(page).focus()
    for guess in ("Hand", "xyzzy", "help"):
        page.keyboard.type(guess)
        page.keyboard.press("Enter")  # shows the answers, and the focus goes to the next text
        assert page.locator(":focus").inner_text() == "Next text"
        page.keyboard.press("Enter")
    assert [points(page)[kind]["reader"] for kind in ("blank", "end")] == [1, 1]
    page.get_by_role("button", name="Start again").click()
    assert points(page) == {} and word(page).input_value() == ""
    assert page.evaluate("document.activeElement.name") == "word"
