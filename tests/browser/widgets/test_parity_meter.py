"""The parity meter in a browser: choose a model and what is broken; bars, numbers and words follow."""

from bertgpt_book.widgets import ParityMeter

ERRORS = {
    "BERT": {"nothing": [0.0, 4.8e-7, 2e-6], "epsilon": [7.7e-3, 1.7e-3, 1e-5], "segments": [0.4, 0.2, 0.1]},
    "GPT": {"nothing": [0, 2e-7], "epsilon": [0, 220]},
}


def test_the_page_shows_each_models_differences_and_words(show):
    hostile = "<b>She</b> was"
    page = show(ParityMeter(ERRORS, {"GPT": hostile}, {"GPT": {"nothing": " sea", "epsilon": " the"}}))
    assert page.locator(".written").is_hidden()  # BERT has no words
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


def test_a_screen_reader_gets_the_verdict_and_a_table(show):
    page = show(ParityMeter(ERRORS))
    assert page.locator(".status[role=status]").inner_text().startswith("Equal to within 1e-4")
    page.locator("input[name=broken]").first.press("ArrowDown")
    assert page.locator("figure").get_attribute("data-broken") == "epsilon"
    assert "in the embeddings first" in page.locator(".status").inner_text()
    assert page.get_by_role("row", name="layer 1").get_by_role("cell").all_inner_texts() == ["0.0017"]
    page.get_by_role("radio", name="segments").check()
    page.get_by_label("GPT", exact=True).check()  # which has no segments: it shows its first
    assert page.locator("figure").get_attribute("data-broken") == "nothing"
