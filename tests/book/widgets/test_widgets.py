"""Widgets without a browser: their traits, their HTML twin, their arithmetic in both languages."""

import json
import re

import ipywidgets
import pytest
import torch
import traitlets
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
from bertgpt.book.widgets.mask_explorer import MASKS, softmax_under_mask
from bertgpt.model.masks import causal_mask, prefix_mask

H, T = 2, 5
TOKENS = ["the", "cat", "sat", "on", "mats"]
HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "]]>", "&lt;\u2028"]
QUESTION = {"question": "2 + `3`?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}


def scores(seed=0, heads=H, tokens=T):
    return torch.randn(heads, tokens, tokens, generator=torch.Generator().manual_seed(seed))


def forward_passes(first):
    """Two layers under both masks: layer 1 from the scores, layer 2 anything that is masked."""
    masks = {"bidirectional": torch.ones(T, T, dtype=torch.bool), "causal": causal_mask(T)}
    return {name: [softmax_under_mask(first, mask), softmax_under_mask(scores(7), mask)]
            for name, mask in masks.items()}


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
    one, other = (MaskExplorer(TOKENS, scores(), mask=mask).static_html() for mask in ("causal", "prefix"))
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
    for page in (MaskExplorer(HOSTILE, scores()).static_html(), quiz.static_html()):
        assert page.count("</script>") == 2
        assert "<img" not in page


def test_rounding_keeps_a_small_number_apart_from_zero():
    assert rounded(torch.tensor([[0.0, 1.23456e-9], [2.0, 0.5]])) == [[0, 1.23e-9], [2, 0.5]]
    assert rounded(torch.tensor([0.123456]), decimals=4) == [0.1235]


# ---- the explorer


def test_scores_come_as_one_head_many_heads_or_a_batch_of_one():
    expected = MaskExplorer(TOKENS, scores()).scores
    assert list(expected) == ["scores"]
    assert MaskExplorer(TOKENS, scores()[None]).scores == expected
    assert MaskExplorer(TOKENS, scores()[0]).scores == {"scores": expected["scores"][:1]}


@pytest.mark.parametrize("wrong", [scores(tokens=4), scores()[:, :3], torch.zeros(2, H, T, T)])
def test_scores_of_another_shape_are_refused(wrong):
    with pytest.raises((ValueError, traitlets.TraitError)):
        MaskExplorer(TOKENS, wrong)


def test_an_unknown_mask_or_model_is_refused():
    with pytest.raises(traitlets.TraitError):
        MaskExplorer(TOKENS, scores(), mask="sideways")
    with pytest.raises(ValueError, match="no scores for the model 'GPT'"):
        MaskExplorer(TOKENS, scores(), model="GPT")


def test_layer_1_of_the_weights_must_be_the_softmax_of_the_scores():
    passes = forward_passes(scores(0))
    explorer = MaskExplorer(TOKENS, scores(0), passes)
    assert len(explorer.weights["scores"]["causal"]) == 1       # layer 1 is drawn from the scores
    with pytest.raises(ValueError, match="layer 1"):
        MaskExplorer(TOKENS, scores(1), passes)
    with pytest.raises(ValueError, match="whole pass"):
        MaskExplorer(TOKENS, {"BERT": scores(0)}, {"BERT": {"prefix": passes["causal"]}})
    with pytest.raises(ValueError, match="weights are for"):
        MaskExplorer(TOKENS, {"BERT": scores(0), "GPT": scores(1)}, {"BERT": passes})


def test_a_mask_without_stored_weights_leads_back_to_layer_1():
    explorer = MaskExplorer(TOKENS, scores(), forward_passes(scores()), layer=2, mask="causal")
    assert explorer.layer == 2
    torch.testing.assert_close(
        explorer.shown_weights(), softmax_under_mask(scores(7), causal_mask(T))[0], atol=1e-3, rtol=0)
    explorer.mask = "prefix"
    assert explorer.layer == 1


def test_python_hears_the_page_and_the_page_hears_python():
    explorer = MaskExplorer(TOKENS, scores())
    heard = []
    explorer.observe(lambda change: heard.append(change.new), "mask")
    explorer.mask = "causal"
    assert heard == ["causal"]
    assert int((explorer.shown_weights() == 0).sum()) == T * (T - 1) // 2
    explorer.show(["a", "b", "c"], scores(tokens=3))
    assert explorer.page_state()["tokens"] == ["a", "b", "c"]
    assert explorer.may_attend().shape == (3, 3)


def test_a_drawn_mask_is_the_one_shown():
    own = [[0] * T] + [[1] * T] * (T - 1)
    explorer = MaskExplorer(TOKENS, scores(), mask="own", own=own)
    assert explorer.may_attend().int().tolist() == own
    assert explorer.shown_weights().sum(-1).tolist() == pytest.approx([0] + [1] * (T - 1))
    explorer.naive = True
    assert explorer.shown_weights()[0].isnan().all()


# ---- leak meter and quiz


def test_the_leak_meter_counts_exact_zeros_only():
    leakage = torch.full((T, T), 1e-12)
    meter = LeakMeter(TOKENS, {"BERT": leakage, "GPT": leakage.tril()})
    assert meter.zeros() == {"BERT": 0, "GPT": 10}


@pytest.mark.parametrize("wrong", [torch.zeros(T, 3), -torch.ones(T, T), torch.zeros(4, 4)])
def test_leakage_that_makes_no_sense_is_refused(wrong):
    with pytest.raises((ValueError, traitlets.TraitError)):
        LeakMeter(TOKENS, {"BERT": wrong})


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


@pytest.mark.parametrize("naive", [False, True])
def test_the_page_and_python_compute_the_same_weights(in_node, naive):
    generator = torch.Generator().manual_seed(3)
    cases = []
    for n in (1, 2, 3, 5, 7):
        values = 30 * torch.randn(n, n, generator=generator, dtype=torch.float64)
        mask = torch.rand(n, n, generator=generator) > 0.4
        mask[0] = n > 2                            # a row that may attend nowhere, in some
        cases += [(values, mask), (values, torch.zeros(n, n, dtype=torch.bool))]
    got = run_js(in_node, "masks.js",
                 f"data.map(([scores, mask]) => widget.maskedSoftmax(scores, mask, {str(naive).lower()}))",
                 [(values.tolist(), mask.tolist()) for values, mask in cases])
    for weights, (values, mask) in zip(got, cases, strict=True):
        weights = torch.tensor([[float(w) for w in row] for row in weights], dtype=torch.float64)
        torch.testing.assert_close(weights, softmax_under_mask(values, mask, naive), equal_nan=True)
    assert ("NaN" in str(got)) is naive            # or the test would not reach a closed row


def test_the_page_and_python_build_the_same_masks(in_node):
    cases, expected = [], []
    explorer = MaskExplorer(TOKENS, scores())
    for mask in MASKS:
        for size in range(T + 2):
            for side in ("right", "left"):
                explorer.mask, explorer.padding, explorer.padding_side = mask, size, side
                explorer.padding_causal, explorer.prefix = size % 2 == 0, size
                explorer.own = (torch.arange(T * T) % (size + 2) > 0).int().reshape(T, T).tolist()
                expected.append(explorer.may_attend().tolist())
                cases.append([mask, T, {
                    "padding": size, "side": side, "causalToo": explorer.padding_causal,
                    "prefix": size, "own": explorer.own}])
    assert run_js(in_node, "masks.js", "data.map((a) => widget.buildMask(...a))", cases) == expected


def test_a_drag_that_ends_on_another_cell_leaves_the_next_key_its_cell(in_node):
    """Its click falls on the row, where nobody hears it; a click that follows pointerdown has been painted already."""
    found = in_node("masks.js", """import { paintBrush } from "./widget.mjs";
        const [heard, painted] = [{}, []];
        const brush = paintBrush(() => true, (t, s) => painted.push([t, s]));
        brush.hold({ addEventListener: (name, act) => { heard[name] = act; } });
        const down = (t, s) => heard.pointerdown({ pointerId: 1,
          target: { closest: () => ({ dataset: { t, s } }), releasePointerCapture() {} } });
        down(0, 0);
        brush.press(1, 1, false);
        down(2, 2);
        brush.press(2, 2, true);
        console.log(JSON.stringify(painted));""")
    assert found == [[0, 0], [1, 1], [2, 2]]


def test_the_explorer_and_the_package_agree_on_a_prefix():
    explorer = MaskExplorer(TOKENS, scores(), mask="prefix", prefix=3)
    assert torch.equal(explorer.may_attend(), prefix_mask(T, 3))


def test_the_page_counts_right_answers_as_python_does(in_node):
    quiz = Quiz([QUESTION] * 3, answers=[0, -1, 1])
    got = run_js(in_node, "quiz.js", "widget.score(...data)", [quiz.questions, quiz.answers])
    assert got == quiz.score() == 1


def test_shades_grow_with_movement_and_zero_has_none(in_node):
    values = [0, 1e-9, 1e-3, 1e-2, 0.1, 1]
    shades = run_js(in_node, "common.js", "data.map((value) => widget.leakShade(value, 1))", values)
    assert shades[0] == 0
    assert shades[1] > 0
    assert shades == sorted(shades)
    assert shades[-1] == 1


# ---- what cannot be shown


@pytest.mark.parametrize("make, reason", [
    (lambda: MaskExplorer(TOKENS, torch.full((H, T, T), torch.nan)), "finite numbers only, not nan"),
    (lambda: MaskExplorer(TOKENS, {}), "needs the scores of a model"),
    (lambda: MaskExplorer(TOKENS, scores(), head=H), "no head 2"),
    (lambda: LeakMeter(TOKENS, {}), "leakage of a model"),
    (lambda: LeakMeter(TOKENS, {"BERT": torch.eye(T)}, token=T), "one of 5, counted from 0"),
    (lambda: QueryExplorer({}), "needs a key"),
    (lambda: QueryExplorer({"a": [torch.inf, 1]}), "finite numbers only, not inf"),
    (lambda: CheatSwitch({"a": [dict(step=0, loss=torch.nan, alone=1, sample="", leak=torch.eye(T))]}, TOKENS),
     "finite numbers only, not nan"),
    (lambda: LossExplorer([dict(model=name, seed=0, points=[[0, 0, 0, torch.inf]]) for name in ("BERT", "GPT")], {}),
     "finite numbers only, not inf"),
])
def test_what_would_leave_the_page_empty_is_refused(make, reason):
    with pytest.raises(ValueError, match=reason):
        make()
