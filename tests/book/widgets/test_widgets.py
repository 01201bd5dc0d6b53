"""Widgets without a browser: their traits, their HTML twin, their arithmetic in both languages."""

import json
import re

import ipywidgets
import pytest
import torch

from bertgpt_book import widgets
from bertgpt_book.widgets import LeakMeter
from bertgpt_book.widgets.base import escape_json, rounded

TOKENS = ["the", "cat", "sat", "on", "mats"]
HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "]]>", "&lt;\u2028"]


def meter(tokens=TOKENS, **traits):
    return LeakMeter(tokens, {"GPT": {"causal": torch.linspace(0, 2, 25).reshape(5, 5)}}, **traits)


# ---- every widget


@pytest.mark.skipif(int(ipywidgets.__version__.split(".")[0]) < 8, reason="ipywidgets 7 displays without a bundle")
def test_the_bundle_offers_the_live_view_and_its_twin():
    widget = meter()
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == repr(widget) == "LeakMeter('Leak meter')"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"] == widget.static_html()


@pytest.mark.parametrize("name", [name for name, made in vars(widgets).items() if isinstance(made, type)])
def test_scripts_and_sheets_request_nothing_and_read_no_text_as_markup(name):
    made = vars(widgets)[name]
    code = (made._esm + made._css).replace("http://www.w3.org/2000/svg", "")  # a namespace, not an address
    requests = r"https?:|//[a-z]+\.|url\(|@import|\bimport\s*\(|^import\b|\bfetch\((?!file,|new URL\()|\brequire"
    markup = r"(inner|outer)HTML|insertAdjacentHTML|setHTML|DOMParser|document\.write|</?script"
    assert not re.search(f"{requests}|{markup}", code, re.MULTILINE)


def test_text_stays_in_the_state():
    for text in HOSTILE:
        assert not set(escape_json(text)) & set("<>&\u2028")
        assert json.loads(escape_json(text)) == text
    widget = meter(HOSTILE, label=HOSTILE[1])
    page = widget.static_html()
    assert page.count("<script") == page.count("</script>") == 2  # the state and the module
    assert "<img" not in page and "<!--" not in page
    state = re.search(r'<script type="application/json">(.*?)</script>', page).group(1)
    assert json.loads(state) == json.loads(json.dumps(widget.page_state()))


def test_what_a_page_keeps_is_kept_under_the_digest_of_its_state():
    """An edit of a page that keeps the state's length starts afresh: another digest, and the key holds it."""
    pages = [meter(TOKENS, label=label).static_html() for label in ("One", "Two", "One")]
    digests = [re.search(r'data-state="(\w{12})"', page).group(1) for page in pages]
    assert digests[0] == digests[2] != digests[1]
    assert all("${el.dataset.state}`;" in page and "json.length" not in page for page in pages)


def test_rounding_keeps_a_small_number_apart_from_zero_and_refuses_what_json_cannot_say():
    assert rounded(torch.tensor([[0.0, 1.23456e-9], [2.0, 0.5]])) == [[0, 1.23e-9], [2, 0.5]]
    assert rounded(torch.tensor([0.123456]), decimals=4) == [0.1235]
    for number in (torch.nan, torch.inf):
        with pytest.raises(ValueError, match=f"finite numbers only, not {number}"):
            rounded([1.0, number])
