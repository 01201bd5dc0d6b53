"""The loss explorer without a browser: the page's arithmetic in node."""

import json

import pytest

from bertgpt_book.widgets import LossExplorer

LINES = {"BERT": {"unigram": 6.5, "ln V": 9.0}, "GPT": {"trigram": 4.8, "ln V": 9.0, "bigram": 5.0, "unigram": 6.6}}


def runs():
    losses = {"BERT": [6.8, 6.4, 6.1234], "GPT": [6.4, 5.2, 4.7]}
    per_step = {"BERT": 3, "GPT": 10}
    return [
        {
            "model": name,
            "seed": seed,
            "points": [
                [100 * i, 102_400 * i, 100 * per_step[name] * i, loss + 0.1 * seed]
                for i, loss in enumerate(losses[name], start=1)
            ],
        }
        for name in losses
        for seed in (0, 1)
    ]


def test_the_page_finds_where_each_model_stands(in_node):
    widget = LossExplorer(runs(), LINES)
    states = [
        {"axis": "steps", "seed": "0", "at": 2},
        {"axis": "tokens", "seed": "all", "at": 1},
        {"axis": "predictions", "seed": "1", "at": 0},
    ]
    fixed = {"runs": widget.runs, "baselines": widget.baselines}
    found = in_node(
        "loss_explorer.js",
        f"""
        import {{ where, fairness, reading }} from "./widget.mjs";
        console.log(JSON.stringify({json.dumps(states)}.map((state) => {{
          const found = where({{ ...{json.dumps(fixed)}, ...state }});
          return [found, fairness(state.axis, found), reading("GPT", found.GPT)];
        }})));""",
    )
    (one_seed, *_), (all_seeds, same_text, line), (same_answers, training_over, _) = found
    assert one_seed["place"] == 300
    assert one_seed["BERT"] == {
        "steps": 300,
        "tokens": 307_200,
        "predictions": 900,
        "loss": 6.123,
        "low": 6.123,
        "high": 6.123,
        "over": False,
        "below": ["ln V", "unigram"],
    }
    assert one_seed["GPT"]["below"] == ["ln V", "unigram", "bigram", "trigram"]
    gpt = all_seeds["GPT"]
    assert (gpt["low"], gpt["high"]) == (5.2, 5.3) and gpt["loss"] == pytest.approx(5.25)
    assert all_seeds["BERT"]["tokens"] == gpt["tokens"] == 204_800 and "The same text" in same_text[0]
    assert line == "GPT after step 200: 5.25 nats at the next token, 5.20 to 5.30 over the seeds; below ln V, unigram."
    # At equally many predictions BERT is further on: 300, 600, 900 are all it has.
    assert same_answers["place"] == same_answers["GPT"]["predictions"] == 1000
    assert same_answers["BERT"]["predictions"] == 900 and same_answers["BERT"]["over"]
    assert "training is over" in training_over[0]
