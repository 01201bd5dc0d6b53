"""The head switcher in a browser: switch text, model, head and reading, and read what the head says."""

import pytest
import torch
from small_widgets import TAGS

LABELS = {"first": "first token", "last": "last token", "mean": "average"}


def numbers(page):
    return page.locator("tbody tr").evaluate_all("rows => rows.map((row) => Number(row.dataset.value))")


def under(page):
    return page.locator(".token").evaluate_all("tokens => tokens.map((token) => token.dataset.under)")


def choose(page, label):
    page.get_by_role("radio", name=label).check()


def check_heads(page, classes, look, within=1e-9):
    """Choose every head in turn, that of `classes` among them, and compare what is shown with what Python stores."""
    stored = dict(zip([*page.locator("input[name=head]").locator("..").all_inner_texts()], look["heads"]))
    for reading, label in LABELS.items():
        choose(page, classes)
        choose(page, label)
        rows = torch.tensor(stored[classes][reading], dtype=torch.float64)  # (T, C)
        pooled = {"first": rows[0], "last": rows[-1], "mean": rows.mean(dim=0)}[reading]
        assert numbers(page) == pytest.approx(pooled.softmax(dim=-1).tolist(), abs=within)
    choose(page, "names")
    assert under(page) == [TAGS[row.index(max(row))] if row else "" for row in stored["names"]]
    assert page.get_by_role("radio", name="average").is_disabled() and not page.locator("table").is_visible()
    choose(page, "vocabulary")
    assert under(page) == [token for token, _ in stored["vocabulary"]]


def test_every_head_shows_its_stored_answer(show, small):
    widget = small("head switcher")
    page = show(widget)
    for model, text in (("GPT", 1), ("BERT", 0)):
        choose(page, model)
        page.locator("select").first.select_option(str(text))
        check_heads(page, "genre", widget.looks[model][text])


OWN = "Anne walked, café-ward, to [MASK] Uppercross! 😀 n’ai 漢字… ’tis Elton’s [MASK] 1815 ."


def test_every_head_reads_the_reader_s_own_text_as_python_does(show, small):
    page = show(small("head switcher", senseless=[{"mood": "has none"}, {}]), live=True)
    assert page.get_by_role("radio", name="mood").is_disabled()
    page.get_by_label("Or your own text").fill(OWN)
    page.locator(f"figure[data-own='{OWN}']").wait_for()
    for name, (look,) in small("head switcher", texts=[OWN]).looks.items():
        choose(page, name)
        page.locator(f"figure[data-own='{OWN}'][data-model={name}]").wait_for()
        assert page.locator(".piece").all_inner_texts() == look["tokens"]
        check_heads(page, "genre", look, within=0.02)
    page.get_by_label("Or your own text").fill("")  # the page's text again, which has no mood
    page.locator("figure[data-own='']").wait_for()
    assert page.get_by_role("radio", name="mood").is_disabled()


def test_a_head_that_makes_no_sense_is_disabled_with_its_reason(show, small):
    page = show(small("head switcher", senseless=[{}, {"mood": "praises nothing", "names": "asks <b>nobody</b>"}]))
    assert page.locator("input[name=head]:disabled").count() == 0
    assert page.locator(".controls .about").inner_text() == ""
    page.locator("select").first.select_option("1")
    assert page.locator("input[name=head]:disabled").evaluate_all("all => all.map((each) => each.value)") == ["0", "2"]
    assert page.get_by_role("radio", name="genre").is_checked()  # the first head that fits
    assert (
        page.locator(".controls .about").inner_text() == "Not here: mood (praises nothing), names (asks <b>nobody</b>)."
    )
    page.locator("select").first.select_option("0")
    assert page.get_by_role("radio", name="mood").is_enabled()


def test_a_third_model_has_the_heads_that_were_fitted_on_it_and_reads_the_listed_texts_alone(show, small):
    widget = small("head switcher", twin=True)
    page = show(widget, live=True)
    choose(page, "names")
    choose(page, "untrained twin")
    assert page.get_by_role("radio", name="names").is_disabled() and page.get_by_role("radio", name="mood").is_checked()
    assert page.locator(".controls .about").inner_text() == "Not here: names (no such head was fitted)."
    assert numbers(page) == pytest.approx(
        torch.tensor(widget.looks["untrained twin"][0]["heads"][0]["mean"]).mean(dim=0).softmax(dim=-1).tolist(),
        abs=1e-6,
    )
    page.get_by_label("Or your own text").fill("Anne walked.")
    page.get_by_text("untrained twin reads only the texts of the list.", exact=True).first.wait_for()
    choose(page, "BERT")
    page.locator("figure[data-own='Anne walked.'][data-model=BERT]").wait_for()
    assert page.locator(".token").count() > 2
