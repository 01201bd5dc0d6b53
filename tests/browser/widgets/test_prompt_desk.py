"""The prompt desk in a browser: choose a prompt, let GPT write, read what BERT can say."""

import pytest
import torch
import torch.nn.functional as F

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, fill_mask, generate, load_tokenizer
from bertgpt.book.widgets import PromptDesk
from bertgpt.book.widgets.base import readable

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=48, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


def desk(name="story", text=" She walked to the", note="BERT has nothing to say.", **traits):
    torch.manual_seed(0)
    bert, gpt = BERTForPreTraining(TransformerConfig.bert(**SIZES)), GPT(TransformerConfig.gpt(**SIZES))
    return PromptDesk(bert.eval(), gpt.eval(), TOKENIZER, [
        {"name": name, "text": text, "notes": {"BERT": note}},
        {"name": "blank", "text": text, "blank": " She walked to the [MASK]."},
        {"name": "reply", "text": "How now?\n\n", "candidates": ["Well, sir.", "Ay."], "first": "How now?"}],
        n_new=8, **traits)


def test_the_page_shows_what_python_holds(show):
    widget = desk()
    page = show(widget)
    slider = page.get_by_role("slider", name="Tokens shown")
    for widget.shown in (3, 8):
        slider.fill(str(widget.shown))
        assert page.locator(".strip .token").count() == widget.shown
        told = widget.told()
        assert page.locator("p[role=status]").inner_text().startswith(
            f"{widget.shown} tokens cost {told['nats']:.1f} nats in all, {told['each']:.2f} each")
    texts = []
    for widget.rule in range(4):
        page.locator("select[name=rule]").select_option(str(widget.rule))
        texts.append(page.locator(".strip").inner_text())
        assert f"{widget.told()['nats']:.1f} nats" in page.locator("p[role=status]").inner_text()
    assert len(set(texts)) == 4
    slider.fill("0")
    assert page.locator(".strip .token").count() == 0


def test_each_model_says_what_it_can(show):
    widget = desk()
    page = show(widget)
    bert = page.locator("section[aria-label=BERT]")
    models = page.locator("section").evaluate_all("all => all.map((each) => each.dataset.model)")
    assert models == ["BERT", "GPT"]                           # in this order, as everywhere
    assert bert.locator(".nowhere").inner_text() == "BERT has nothing to say."
    assert not bert.locator("table").is_visible()
    page.locator("select").first.select_option("1")
    assert bert.locator("tbody tr").count() == 5 and not bert.locator(".nowhere").is_visible()
    page.locator("select").first.select_option("2")
    for name in ("GPT", "BERT"):
        rows = page.locator(f"section[aria-label={name}] tbody tr")
        shares = [float(share) for share in rows.evaluate_all("all => all.map((row) => row.dataset.share)")]
        assert shares == widget.desk[2][name]["shares"]


def test_the_keyboard_reaches_every_control(show, reached_by_tab):
    page = show(desk())
    assert [kind for _, kind, _, _ in reached_by_tab(page)] == ["select-one", "text", "select-one", "range"]
    page.get_by_role("slider", name="Tokens shown").press("ArrowLeft")
    assert page.locator(".strip .token").count() == 7


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_the_page_and_hostile_text_is_text(show, width, theme):
    hostile = "<img src=x onerror=alert(1)>"
    page = show(desk(name=hostile, text=hostile, note=hostile * 4), width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    assert page.locator(".written.first").text_content() == hostile


# ---- with the engine


def own(page, text):
    page.get_by_label("Or your own prompt").fill(text)
    page.locator(f"figure[data-own='{text}']").wait_for()


def test_a_prompt_of_ones_own_is_continued_by_gpt_and_not_by_bert(show, small_models):
    page = show(desk(), live=True)
    own(page, "Anne walked")
    page.locator(".strip .token").nth(7).wait_for()                # all of the text
    ids = torch.tensor([TOKENIZER.encode(" Anne walked")])
    written = generate(small_models["tinygpt"], ids, 8, temperature=0)[0, ids.size(1):]
    seen = page.locator(".strip .piece").all_inner_texts()
    assert [token.replace("␣", "") for token in seen] == [t.strip() for t in TOKENIZER.tokens(written)]
    with torch.inference_mode():
        p, best = F.softmax(small_models["tinygpt"](ids)[0, -1], dim=-1).topk(5)
    gpt = page.locator("section[aria-label=GPT] tbody")
    assert gpt.locator("th").all_inner_texts() == [readable(token) for token in TOKENIZER.tokens(best)]
    shares = gpt.locator("tr").evaluate_all("all => all.map((row) => Number(row.dataset.share))")
    assert shares == pytest.approx(p.tolist(), abs=1e-3)
    assert "it fills blanks" in page.locator("section[aria-label=BERT] .nowhere").inner_text()
    page.locator("select[name=rule]").select_option("2")           # a draw is another text
    page.wait_for_function("(before) => document.querySelector('.strip').innerText !== before", arg="".join(seen))
    page.locator("select").first.select_option("0")
    assert page.locator("figure").get_attribute("data-own") == ""
    assert page.locator(".written.first").text_content() == "She walked to the"


def test_a_blank_in_a_prompt_of_ones_own_is_filled_by_bert(show, small_models):
    page = show(desk(), live=True)
    own(page, "Anne _ home")
    words = page.locator("section[aria-label=BERT] tbody th").all_inner_texts()
    ((best, _), *_), = fill_mask(small_models["tinybert"], TOKENIZER, " Anne [MASK] home", top_k=1)
    assert words[0] == readable(best) and len(words) == 5
    assert "does not see what stands behind" in page.locator("section[aria-label=GPT] .nowhere").inner_text()
