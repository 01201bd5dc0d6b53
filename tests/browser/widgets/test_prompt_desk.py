"""The prompt desk in a browser: choose a prompt, let GPT write, read what BERT can say."""

import pytest
import torch

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.widgets import PromptDesk

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
        assert page.locator("[role=status]").inner_text().startswith(
            f"{widget.shown} tokens cost {told['nats']:.1f} nats in all, {told['each']:.2f} each")
    texts = []
    for widget.rule in range(4):
        page.locator("select[name=rule]").select_option(str(widget.rule))
        texts.append(page.locator(".strip").inner_text())
        assert f"{widget.told()['nats']:.1f} nats" in page.locator("[role=status]").inner_text()
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
    assert [kind for _, kind, _, _ in reached_by_tab(page)] == ["select-one", "select-one", "range"]
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
