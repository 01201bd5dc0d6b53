"""The prompt desk in a browser: choose a prompt, let GPT write, read what BERT can answer."""

import pytest
import torch
from small_widgets import STORY, WORDS

from bertgpt import fill_mask, generate
from bertgpt_book.widgets.base import most_probable, readable


def panel(page, name):
    return page.locator(f"section[aria-label={name}]")


def shares(page, name):
    return panel(page, name).locator("li").evaluate_all("all => all.map((item) => +item.dataset.share)")


def test_each_model_answers_what_it_can(show, small):
    widget = small("prompt desk")
    page = show(widget)
    models = page.locator("section").evaluate_all("all => all.map((each) => each.dataset.model)")
    assert models == ["BERT", "GPT"]  # in this order, as everywhere
    assert panel(page, "BERT").locator(".nowhere").inner_text() == STORY["notes"]["BERT"]
    assert not panel(page, "BERT").locator("ol").is_visible()
    page.locator("select").first.select_option("1")
    assert len(shares(page, "BERT")) == 5 and not panel(page, "BERT").locator(".nowhere").is_visible()
    page.locator("select").first.select_option("2")
    for name in ("GPT", "BERT"):
        assert shares(page, name) == widget.desk[2][name]["shares"]


# ---- with the engine


def own(page, text):
    page.get_by_label("Or your own prompt").fill(text)
    page.locator(f"figure[data-own='{text}']").wait_for()


def test_the_readers_prompt_is_continued_by_gpt_and_a_blank_in_it_filled_by_bert(show, small, small_models):
    page = show(small("prompt desk"), live=True)
    own(page, "Anne walked")
    page.locator(".strip .token").nth(7).wait_for()  # all of the text
    ids = torch.tensor([WORDS.encode(" Anne walked")])
    written = generate(small_models["littlegpt"], ids, 8, temperature=0)[0, ids.size(1) :]
    seen = page.locator(".strip .piece").all_inner_texts()
    assert [token.replace("␣", "") for token in seen] == [t.strip() for t in WORDS.tokens(written)]
    with torch.inference_mode():
        probs = small_models["littlegpt"](ids)[0, -1].softmax(dim=-1)
    expected = most_probable(probs, WORDS, 5)
    assert panel(page, "GPT").locator("li > :first-child").all_inner_texts() == [token for token, _ in expected]
    assert shares(page, "GPT") == pytest.approx([p for _, p in expected], abs=1e-3)
    assert "it fills blanks" in panel(page, "BERT").locator(".nowhere").inner_text()
    page.get_by_role("combobox", name="GPT's text").select_option("2")  # a draw is another text
    page.wait_for_function("(before) => document.querySelector('.strip').innerText !== before", arg="".join(seen))
    page.locator(".strip .token").nth(7).wait_for()
    page.locator("select").first.select_option("0")
    assert page.locator("figure").get_attribute("data-own") == ""
    assert page.locator(".written.first").text_content() == "She walked to the"

    own(page, "Anne _ home")
    (((best, _), *_),) = fill_mask(small_models["littlebert"], WORDS, " Anne [MASK] home", top_k=1)
    words = panel(page, "BERT").locator("li > :first-child").all_inner_texts()
    assert words[0] == readable(best) and len(words) == 5
    assert "does not see what stands after" in panel(page, "GPT").locator(".nowhere").inner_text()
