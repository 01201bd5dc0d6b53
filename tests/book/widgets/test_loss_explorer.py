"""The loss explorer without a browser: what is stored, what is refused, the page's arithmetic."""

import json

import pytest
import traitlets
from harmless import HOSTILE, assert_harmless

from bertgpt.book.widgets import LossExplorer
from bertgpt.book.widgets.loss_explorer import AXES

LINES = {"BERT": {"unigram": 6.5, "ln V": 9.0}, "GPT": {"trigram": 4.8, "ln V": 9.0, "bigram": 5.0, "unigram": 6.6}}


def runs(seeds=(0, 1), points=3):
    falls = {"BERT": [6.8, 6.4, 6.1234], "GPT": [6.4, 5.2, 4.7]}
    asked = {"BERT": 300, "GPT": 1000}
    return [{"model": name, "seed": seed,
             "points": [[100 * i, 102_400 * i, asked[name] * i, loss + 0.1 * seed]
                        for i, loss in enumerate(losses[:points], start=1)]}
            for name, losses in falls.items() for seed in seeds]


def test_what_is_shown_is_what_was_given():
    widget = LossExplorer(runs(), LINES, seed="0")
    assert repr(widget) == "LossExplorer(runs=4, points=3)"
    assert widget.baselines["GPT"] == [["ln V", 9.0], ["unigram", 6.6], ["bigram", 5.0], ["trigram", 4.8]]
    shown = widget.shown()
    assert shown["place"] == 300
    assert shown["BERT"] == {"steps": 300, "tokens": 307_200, "predictions": 900, "loss": 6.123, "low": 6.123,
                             "high": 6.123, "over": False, "below": ["ln V", "unigram"]}
    assert shown["GPT"]["below"] == ["ln V", "unigram", "bigram", "trigram"]


def test_all_seeds_are_shown_by_their_mean_and_range():
    gpt = LossExplorer(runs(), LINES, at=1).shown()["GPT"]
    assert (gpt["low"], gpt["high"]) == (5.2, 5.3) and gpt["loss"] == pytest.approx(5.25)


def test_at_equal_answers_the_other_model_stands_further_on():
    widget = LossExplorer(runs(), LINES, axis="predictions", at=0)
    shown = widget.shown()
    assert shown["place"] == shown["GPT"]["predictions"] == 1000
    assert shown["BERT"]["predictions"] == 900 and shown["BERT"]["over"]      # 300, 600, 900 are all there is
    assert "training is over" in widget.statement()[0]
    widget.axis = "tokens"
    assert widget.shown()["BERT"]["tokens"] == widget.shown()["GPT"]["tokens"] == 102_400
    assert "The same text" in widget.statement()[0]


@pytest.mark.parametrize("given, complaint", [
    (runs()[:2], "one of GPT"),
    ([], "needs a run of BERT"),
    (runs()[:3], "same seeds"),
    (runs()[:2] + runs(points=2)[2:], "as many points"),
])
def test_what_does_not_fit_is_refused(given, complaint):
    with pytest.raises(ValueError, match=complaint):
        LossExplorer(given, LINES)


def test_only_stored_places_and_known_axes_can_be_shown():
    widget = LossExplorer(runs(), LINES)
    with pytest.raises(traitlets.TraitError, match="no point 3"):
        widget.at = 3
    with pytest.raises(traitlets.TraitError, match="axis"):
        widget.axis = "seconds"


def test_the_html_is_stable_and_asks_nobody_for_anything():
    assert_harmless(lambda: LossExplorer(runs(), {"BERT": {HOSTILE: 5.0}, "GPT": {}}))


def test_the_page_reckons_as_python_does(in_node):
    widget = LossExplorer(runs(), LINES)
    expected, states = [], []
    for widget.axis in AXES:
        for widget.seed in ("all", "0", "1"):
            for widget.at in range(3):
                expected.append([widget.shown(), widget.statement()])
                states.append({"axis": widget.axis, "seed": widget.seed, "at": widget.at})
    fixed = {"runs": widget.runs, "baselines": widget.baselines}
    found, numbers, line = in_node(
        ("common.js", "loss_explorer.js"),
        'import { where, fairness, counted, reading } from "./widget.mjs";'
        f"const fixed = {json.dumps(fixed)};"
        f"const all = {json.dumps(states)}.map((state) => {{ const found = where({{ ...fixed, ...state }});"
        "return [found, fairness(state.axis, found)]; });"
        "console.log(JSON.stringify([all, [999, 1000, 3686400].map(counted), reading('GPT', all[0][0].GPT)]));")
    assert found == json.loads(json.dumps(expected))
    assert numbers == ["999", "1,000", "3,686,400"]
    assert line == "GPT after step 100: 6.45 nats at the next token, 6.40 to 6.50 over the seeds; below ln V, unigram."
