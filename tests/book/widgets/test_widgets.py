"""Widgets without a browser: their traits, their HTML twin, their arithmetic in both languages."""

import json
import re

import ipywidgets
import pytest
import torch
from harmless import assert_harmless

from bertgpt.book.widgets import (
    CheatSwitch,
    LeakMeter,
    LossExplorer,
    MaskExplorer,
    QueryExplorer,
    Quiz,
)
from bertgpt.book.widgets.base import escape_json, rounded

H, T = 2, 5
TOKENS = ["the", "cat", "sat", "on", "mats"]
HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "]]>", "&lt;\u2028"]
QUESTION = {"question": "2 + `3`?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}


def scores(seed=0, heads=H, tokens=T):
    return torch.randn(heads, tokens, tokens, generator=torch.Generator().manual_seed(seed))


def widgets():
    return [
        MaskExplorer(TOKENS, {"BERT": scores(0), "GPT": scores(1)}),
        LeakMeter(TOKENS, {"BERT": scores().abs()[0], "GPT": scores().abs()[0].tril()}),
        Quiz([QUESTION] * 5),
    ]


@pytest.fixture(params=[0, 1, 2], ids=["MaskExplorer", "LeakMeter", "Quiz"])
def widget(request):
    return widgets()[request.param]


# ---- every widget


def test_the_text_form_is_short_and_stable():
    assert [repr(w) for w in widgets()] == [
        "MaskExplorer(tokens=5, heads=2)", "LeakMeter(tokens=5, models=BERT+GPT)", "Quiz(questions=5)"]


@pytest.mark.skipif(int(ipywidgets.__version__.split(".")[0]) < 8, reason="ipywidgets 7 displays without a bundle")
def test_the_bundle_offers_the_live_view_and_its_twin(widget):
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == repr(widget)
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"] == widget.static_html()


def test_the_same_state_gives_the_same_html():
    assert [w.static_html() for w in widgets()] == [w.static_html() for w in widgets()]


def test_two_widgets_of_a_class_share_style_and_script():
    one, other = (MaskExplorer(TOKENS, {"GPT": scores()}, mask=mask).static_html() for mask in ("causal", "prefix"))
    assert one != other
    assert one[one.index("<style>"):] == other[other.index("<style>"):]


def test_the_html_asks_nobody_for_anything(widget):
    assert_harmless(lambda: widget)


def test_the_html_holds_one_script_for_the_state_and_one_for_the_module(widget):
    page = widget.static_html()
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page
    state = re.search(r'<script type="application/json">(.*?)</script>', page).group(1)
    assert json.loads(state) == json.loads(json.dumps(widget.page_state()))


def test_text_cannot_leave_the_state():
    for text in HOSTILE:
        assert not set(escape_json(text)) & set("<>&\u2028")
        assert json.loads(escape_json(text)) == text
    quiz = Quiz([QUESTION | {"question": HOSTILE[0]}], label=HOSTILE[1])
    for page in (MaskExplorer(HOSTILE, {"GPT": scores()}).static_html(), quiz.static_html()):
        assert page.count("</script>") == 2
        assert "<img" not in page


def test_rounding_keeps_a_small_number_apart_from_zero():
    assert rounded(torch.tensor([[0.0, 1.23456e-9], [2.0, 0.5]])) == [[0, 1.23e-9], [2, 0.5]]
    assert rounded(torch.tensor([0.123456]), decimals=4) == [0.1235]


# ---- the quiz


@pytest.mark.parametrize("change, reason", [
    ({"answer": 2}, "answer 2 is not the index"),
    ({"answer": True}, "answer True"),
    ({"options": ["5"]}, "two options"),
    ({"options": ["5", "5"]}, "all different"),
    ({"explanation": ["only one"]}, "1 explanations for 2"),
    ({"explanation": " "}, "empty text"),
    ({"question": "an `open tick"}, "backtick"),
    ({"hint": "x"}, "has the keys"),
])
def test_a_question_with_a_fault_is_refused_by_number(change, reason):
    with pytest.raises(ValueError, match=f"question 2: .*{reason}"):
        Quiz([QUESTION, QUESTION | change])


def test_the_quiz_counts_right_answers():
    quiz = Quiz([QUESTION] * 3)
    assert quiz.score() == 0
    quiz.answers = [0, 1, 0]
    assert quiz.score() == 2


# ---- the same arithmetic in JavaScript


def run_js(in_node, script, expression, data):
    """Evaluate an expression of `widget` (the module's exports) and `data` under node."""
    return in_node(script, f"""import * as widget from "./widget.mjs"; const data = {json.dumps(data)};
        console.log(JSON.stringify({expression}, (_, x) => (Number.isNaN(x) ? "NaN" : x)));""")


def test_the_page_counts_right_answers_as_python_does(in_node):
    quiz = Quiz([QUESTION] * 3, answers=[0, -1, 1])
    got = run_js(in_node, "quiz.js", "widget.score(...data)", [quiz.questions, quiz.answers])
    assert got == quiz.score() == 1


# ---- what cannot be shown


@pytest.mark.parametrize("make, reason", [
    (lambda: QueryExplorer({}), "needs a key"),
    (lambda: QueryExplorer({"a": [torch.inf, 1]}), "finite numbers only, not inf"),
    (lambda: MaskExplorer(TOKENS, {"GPT": torch.full((H, T, T), torch.nan)}), "finite numbers only, not nan"),
    (lambda: CheatSwitch({"a": [dict(step=0, loss=torch.nan, alone=1, sample="", leak=torch.eye(T))]}, TOKENS),
     "finite numbers only, not nan"),
    (lambda: LossExplorer([dict(model=name, seed=0, points=[[0, 0, 0, torch.inf]]) for name in ("BERT", "GPT")], {}),
     "finite numbers only, not inf"),
])
def test_what_would_leave_the_page_empty_is_refused(make, reason):
    with pytest.raises(ValueError, match=reason):
        make()
