"""The prompt desk in a browser: choose a prompt, let GPT write, read what BERT can answer."""

import math

import pytest
import torch

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, fill_mask, generate, load_tokenizer
from bertgpt.book.widgets import PromptDesk
from bertgpt.book.widgets.base import most_probable, readable

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=48, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


def desk(name="story", text=" She walked to the", note="BERT has no answer."):
    torch.manual_seed(0)
    bert, gpt = BERTForPreTraining(TransformerConfig.bert(**SIZES)), GPT(TransformerConfig.gpt(**SIZES))
    return PromptDesk(bert.eval(), gpt.eval(), TOKENIZER, [
        {"name": name, "text": text, "notes": {"BERT": note}},
        {"name": "blank", "text": text, "blank": " She walked to the [MASK]."},
        {"name": "reply", "text": "How now?\n\n", "candidates": ["Well, sir.", "Ay."], "first": "How now?"}], n_new=8)


def panel(page, name):
    return page.locator(f"section[aria-label={name}]")


def shares(page, name):
    return panel(page, name).locator("tbody tr").evaluate_all("all => all.map((row) => +row.dataset.share)")


def test_each_text_of_gpts_is_shown_with_its_nats(show, reached_by_tab):
    widget = desk()
    page = show(widget)
    assert [kind for _, kind, _, _ in reached_by_tab(page)] == ["select-one", "text", "select-one", "range"]
    slider, seen = page.get_by_role("slider", name="Tokens shown"), set()
    for rule, run in enumerate(widget.desk[0]["runs"]):
        page.locator("select[name=rule]").select_option(str(rule))
        nats = -sum(map(math.log, run["p"]))
        assert page.locator("p[role=status]").inner_text().startswith(
            f"8 tokens cost {nats:.1f} nats in all, {nats / 8:.2f} each")
        seen.add(page.locator(".strip").inner_text())
    assert len(seen) == 4
    slider.press("ArrowLeft")
    assert page.locator(".strip .token").count() == 7
    slider.fill("0")
    assert page.locator(".strip .token").count() == 0


def test_each_model_answers_what_it_can(show):
    widget = desk()
    page = show(widget)
    models = page.locator("section").evaluate_all("all => all.map((each) => each.dataset.model)")
    assert models == ["BERT", "GPT"]                           # in this order, as everywhere
    assert panel(page, "BERT").locator(".nowhere").inner_text() == "BERT has no answer."
    assert not panel(page, "BERT").locator("table").is_visible()
    page.locator("select").first.select_option("1")
    assert len(shares(page, "BERT")) == 5 and not panel(page, "BERT").locator(".nowhere").is_visible()
    page.locator("select").first.select_option("2")
    for name in ("GPT", "BERT"):
        assert shares(page, name) == widget.desk[2][name]["shares"]


def test_it_fits_a_phone_and_hostile_text_is_text(show):
    hostile = "<img src=x onerror=alert(1)>"
    page = show(desk(name=hostile, text=hostile, note=hostile * 4), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".bertgpt img").count() == 0
    assert page.locator(".written.first").text_content() == hostile


# ---- with the engine


def own(page, text):
    page.get_by_label("Or your own prompt").fill(text)
    page.locator(f"figure[data-own='{text}']").wait_for()


def test_the_readers_prompt_is_continued_by_gpt_and_a_blank_in_it_filled_by_bert(show, small_models):
    page = show(desk(), live=True)
    own(page, "Anne walked")
    page.locator(".strip .token").nth(7).wait_for()                # all of the text
    ids = torch.tensor([TOKENIZER.encode(" Anne walked")])
    written = generate(small_models["tinygpt"], ids, 8, temperature=0)[0, ids.size(1):]
    seen = page.locator(".strip .piece").all_inner_texts()
    assert [token.replace("␣", "") for token in seen] == [t.strip() for t in TOKENIZER.tokens(written)]
    with torch.inference_mode():
        probs = small_models["tinygpt"](ids)[0, -1].softmax(dim=-1)
    expected = most_probable(probs, TOKENIZER, 5)
    assert panel(page, "GPT").locator("tbody th").all_inner_texts() == [token for token, _ in expected]
    assert shares(page, "GPT") == pytest.approx([p for _, p in expected], abs=1e-3)
    assert "it fills blanks" in panel(page, "BERT").locator(".nowhere").inner_text()
    page.locator("select[name=rule]").select_option("2")           # a draw is another text
    page.wait_for_function("(before) => document.querySelector('.strip').innerText !== before", arg="".join(seen))
    page.locator("select").first.select_option("0")
    assert page.locator("figure").get_attribute("data-own") == ""
    assert page.locator(".written.first").text_content() == "She walked to the"

    own(page, "Anne _ home")
    ((best, _), *_), = fill_mask(small_models["tinybert"], TOKENIZER, " Anne [MASK] home", top_k=1)
    words = panel(page, "BERT").locator("tbody th").all_inner_texts()
    assert words[0] == readable(best) and len(words) == 5
    assert "does not see what stands behind" in panel(page, "GPT").locator(".nowhere").inner_text()
