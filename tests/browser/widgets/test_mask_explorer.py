"""The attention explorer in a browser: flip the mask, draw one, read it by keyboard and by ear."""

import functools
import re

import pytest
import torch
from small_widgets import WORDS

from bertgpt.inference.probes import attention_maps, masked_by
from bertgpt.model.masks import bidirectional_mask, causal_mask, prefix_mask
from bertgpt_book.widgets.base import readable
from bertgpt_book.widgets.live import PAIR
from bertgpt_book.widgets.mask_explorer import framed

TEXT, T = " we {missed} the bus", 6  # tokens, as BERT reads it


@pytest.fixture
def explorer(small):
    return functools.partial(small, "mask explorer", text=TEXT)


def choose(page, name, value):
    page.locator(f"input[name={name}][value={value}]").check()


def cell(page, t, s):
    return page.locator(f'td[data-t="{t}"][data-s="{s}"]')


def read(page):
    """Read the grid: its rows' tokens, weights (T, T), and each row's top token."""
    names = page.locator("tbody th").all_inner_texts()
    text = page.locator("td[data-t]").evaluate_all("cells => cells.map(cell => cell.dataset.weight)")
    weights = torch.tensor([float(w) for w in text]).reshape(len(names), len(names))
    return names, weights, page.locator("td.sum").all_inner_texts()


def shown(page):
    return read(page)[1]


def test_the_heading_says_whose_weights_stand_under_which_mask(show, explorer):
    page = show(explorer())
    assert (shown(page) > 0).all()
    choose(page, "model", "GPT")  # which brings its own mask
    assert page.locator(".main > .heading").inner_text() == "GPT’s weights, GPT’s mask"
    seen = {}
    for mask in ("bidirectional", "prefix", "causal"):
        choose(page, "mask", mask)
        colour = page.locator("figure").evaluate("each => getComputedStyle(each).getPropertyValue('--accent')")
        seen[page.locator(".main > .heading").inner_text()] = colour
    assert list(seen) == ["GPT’s weights, BERT’s mask", "GPT’s weights, prefix mask", "GPT’s weights, GPT’s mask"]
    assert len(set(seen.values())) == 3
    assert page.locator("td.closed").count() == 6
    assert page.locator(".main .status").inner_text() == "6 of 16 weights are exactly 0; every row sums to 1."


def test_padding_and_prefix_take_their_length_from_a_range(show, explorer):
    page = show(explorer(padding=1, prefix=2))
    choose(page, "mask", "padding")
    assert (shown(page)[:, -1] == 0).all()
    page.get_by_label("pad on the left").check()
    assert page.locator(".nowhere").is_hidden()
    page.get_by_label("and causal").check()  # now the first row may attend nowhere
    assert shown(page).sum(-1).round(decimals=2).tolist() == [0] + [1] * (T - 1)
    assert page.locator(".nowhere").is_visible()
    page.get_by_label("padding tokens").fill("3")
    assert (shown(page)[:, :3] == 0).all()
    choose(page, "mask", "prefix")
    page.get_by_label("prefix length").focus()
    page.keyboard.press("ArrowRight")
    assert (shown(page)[:, :3] > 0).all() and shown(page)[0, 3] == 0


def test_the_naive_softmax_is_offered_only_where_it_is_shown(show, explorer):
    page = show(explorer(layer=1), live=True)
    choose(page, "mask", "padding")
    page.get_by_role("slider", name="padding tokens").fill("2")
    page.get_by_label("pad on the left").check()
    page.get_by_label("and causal").check()
    naive = page.get_by_label("show what a naive softmax gives")
    naive.check()
    assert "2 rows sum to NaN, the others to 1." in page.locator(".main .status").inner_text()
    page.get_by_role("slider", name="padding tokens").fill("6")
    assert page.locator(".main .status").inner_text().endswith("6 rows sum to NaN.")
    page.get_by_label("Your own sentence").fill("the _ sat")
    page.locator("tbody th", has_text="sat").wait_for()
    page.locator(".main :not(.waits) > table").wait_for()
    assert naive.is_hidden() and page.locator(".main .status").inner_text().endswith("5 rows sum to 0.")


def test_a_mask_is_drawn_with_the_mouse_by_clicks_and_drags(show, explorer):
    page = show(explorer(mask="causal"))
    cell(page, 0, 4).click()  # not drawing yet: nothing happens
    assert shown(page)[0, 4] == 0
    choose(page, "mask", "own")
    assert (shown(page) == 0).sum() == 15  # it starts from the mask before it
    cell(page, 0, 4).click()
    cell(page, 4, 4).click()
    weights = shown(page)
    assert weights[0, 4] > 0 and weights[4, 4] == 0
    torch.testing.assert_close(weights.sum(-1), torch.ones(T))
    page.get_by_role("button", name="causal").click()
    assert torch.equal(shown(page) > 0, causal_mask(T))
    page.get_by_role("button", name="all open").click()
    cell(page, 1, 0).hover()
    page.mouse.down()
    for s in range(1, T):
        cell(page, 1, s).hover()
    page.mouse.up()
    cell(page, 3, 3).hover()  # no button is down: nothing is painted
    assert (shown(page) == 0).nonzero().tolist() == [[1, s] for s in range(T)]
    cell(page, 4, 0).press("Space")  # the click that ended the drag fell on no cell: a key still finds its own
    assert shown(page)[4, 0] == 0
    cell(page, 4, 0).press("Space")
    cell(page, 1, 2).click()  # a click alone opens one again
    assert (shown(page) > 0)[1].tolist() == [s == 2 for s in range(T)]


def test_a_mask_is_drawn_with_the_keyboard_and_a_cell_says_what_it_holds(show, explorer):
    page = show(explorer())
    page.locator("input[name=mask]:checked").focus()
    for _ in range(5):
        page.keyboard.press("ArrowDown")  # the last radio: paint your own
    assert page.locator("input[name=mask]:checked").get_attribute("value") == "own"
    page.get_by_role("button", name="all open").press("Enter")
    cell(page, 0, 0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expected = torch.ones(T, T, dtype=torch.bool)
    expected[1, 1] = expected[1, 5] = False
    assert torch.equal(shown(page) > 0, expected)
    assert page.locator(".readout").inner_text().startswith("we → [SEP]: score")
    assert page.locator(".readout").inner_text().endswith("may not attend, weight 0")
    page.keyboard.press("Space")
    assert shown(page)[1, 5] > 0
    label = r"we → \[CLS\]: score −?[\d.]+, may attend, weight ([\d.]+), shown as [\d.]+"
    assert float(re.fullmatch(label, cell(page, 1, 0).get_attribute("aria-label"))[1]) > 0
    assert page.get_by_role("row").nth(2).get_by_role("rowheader").inner_text() == "we"


def wait_for_words(page, words):
    page.wait_for_function(
        "words => [...document.querySelectorAll('td.sum')].map((e) => e.textContent).join() === words",
        arg=",".join(words),
    )


def expected(model, text, mask, layer=1):
    """Let PyTorch compute what `read` reads, of head 1; mask: T -> (T, T)."""
    name = "BERT" if hasattr(model, "mlm_head") else "GPT"
    ids = torch.tensor([framed(WORDS, text)[name]])
    with masked_by(model, mask(ids.size(1))), torch.inference_mode():
        weights = attention_maps(model, ids)[layer - 1, 0, 0]
        logits = model(ids)[0] if hasattr(model, "mlm_head") else model(ids)
    words = [readable(token) for token in WORDS.tokens(logits.reshape(ids.size(1), -1).argmax(-1))]
    if name == "BERT":
        words[0], words[1], words[-1] = "", words[1].removeprefix("…"), ""
    return [readable(token) for token in WORDS.tokens(ids[0])], weights, words


def test_what_is_stored_needs_no_model(show, explorer, small_models):
    page = show(explorer(), live=True)
    for mask, kind in ((bidirectional_mask, "bidirectional"), (causal_mask, "causal")):
        choose(page, "mask", kind)
        names, weights, words = read(page)
        right = expected(small_models["littlebert"], TEXT, mask)
        assert names == ["[CLS]", "we", "[MASK]", "the", "bus", "[SEP]"]
        assert (names, words) == (right[0], right[2])
        torch.testing.assert_close(weights, right[1], atol=1e-3, rtol=0)
    choose(page, "model", "GPT")
    names, _, words = read(page)
    right = expected(small_models["littlegpt"], TEXT, causal_mask)
    assert names == ["we", "missed", "the", "bus"] and (names, words) == (right[0], right[2])
    assert page.requested == []


def test_a_mask_of_which_nothing_is_stored_says_what_it_lacks(show, explorer):
    page = show(explorer(), live=True)
    page.get_by_label("Layer").select_option(label="2")
    for mask in ("padding", "prefix"):
        choose(page, "mask", mask)
        assert page.locator(".main .status").inner_text().startswith("Fetch the models to see this mask in layer 2.")
        assert page.locator(".sub:visible").count() == 1 and page.locator(".main .waits td").count() > 0
        choose(page, "mask", "causal")
        assert "exactly 0" in page.locator(".main .status").inner_text() and page.locator(".waits").count() == 0
    choose(page, "mask", "own")  # what is painted is to be seen: in the layer whose scores are here
    assert page.get_by_label("Layer").input_value() == "0" and page.locator(".waits").count() == 0
    before = page.locator(".main .status").inner_text()
    cell(page, 4, 0).click()
    assert page.locator(".main .status").inner_text() != before
    assert "may not attend" in page.locator(".readout").inner_text()
    assert page.requested == []


def test_a_sentence_of_ones_own_is_read_under_any_mask_in_any_layer(show, explorer, small_models):
    page = show(explorer(), live=True)
    page.get_by_label("Your own sentence").fill("the _ sat")
    page.locator("tbody th", has_text="sat").wait_for()
    for model, mask, kind in (
        ("BERT", bidirectional_mask, "bidirectional"),
        ("GPT", causal_mask, "causal"),
        ("GPT", lambda n: prefix_mask(n, 3), "prefix"),
    ):
        choose(page, "model", model)
        choose(page, "mask", kind)
        page.get_by_label("Layer").select_option("2")
        right = expected(small_models[PAIR[model]], " the [MASK] sat", mask, layer=2)
        wait_for_words(page, right[2])
        names, weights, words = read(page)
        assert (names, words) == (right[0], right[2])
        torch.testing.assert_close(weights, right[1], atol=0.01, rtol=0)
    page.get_by_label("Your own sentence").fill("the cat " * 9)
    page.get_by_text("18 tokens: there is room for 14.").wait_for()
    page.get_by_label("Your own sentence").fill("")
    page.locator("tbody th", has_text="bus").wait_for()


def test_a_painted_mask_is_a_pass_of_its_own_until_the_number_of_tokens_changes(show, explorer, small_models):
    page = show(explorer(), live=True)
    page.get_by_role("button", name="Fetch the models").click()
    choose(page, "mask", "own")
    cell(page, 0, 3).click()

    def painted(n):
        mask = bidirectional_mask(n)
        mask[0, 3] = n != 6
        return mask

    for text, closed in ((" we missed the bus", 1), (" they missed the bus", 1), (" they missed the bus.", 0)):
        page.get_by_label("Your own sentence").fill(text)
        wait_for_words(page, expected(small_models["littlebert"], text, painted)[2])
        assert page.locator("td.closed").count() == closed
