"""The mask-rate slider without a browser: what is asked at each rate, what is stored, the page's arithmetic."""

import json

import pytest
import torch
import traitlets
from harmless import HOSTILE, assert_harmless

from bertgpt import BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.book.widgets import MaskRate
from bertgpt.book.widgets.base import readable
from bertgpt.book.widgets.mask_rate import RATES, ask

TOKENIZER = load_tokenizer()
TEXTS = [" She walked slowly to the sea, and the wind blew.", " Anne could not sleep."]
RATE_CHOICE = (10, 30, 50)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    sizes = dict(d_model=12, n_layers=1, n_heads=3, d_ff=20)
    config = TransformerConfig.bert(vocab_size=TOKENIZER.vocab_size, max_len=32, **sizes)
    return BERTForPreTraining(config).eval()


def slider(model, **traits):
    return MaskRate(model, TOKENIZER, TEXTS, draws=2, rates=RATE_CHOICE, **traits)


def test_a_rate_asks_its_share_and_a_higher_one_asks_the_same_and_more(model):
    n = len(TOKENIZER.encode(TEXTS[0]))
    asked = [ask(model, TOKENIZER, TEXTS[0], rate / 100, seed=3) for rate in RATES]
    assert [len(rows) for rows in asked] == [max(1, int(torch.tensor(rate / 100 * n).round())) for rate in RATES]
    for fewer, more in zip(asked, asked[1:]):
        hidden = {row[0]: row[1:3] for row in more}
        assert all(hidden[row[0]] == row[1:3] for row in fewer)


def test_the_answers_are_the_models(model):
    rows = ask(model, TOKENIZER, TEXTS[0], 0.8, seed=2)
    true = TOKENIZER.encode(TEXTS[0])
    seen = list(true)
    for place, saw, kind, *_ in rows:
        if kind == "mask":
            assert saw == "[MASK]"
            seen[place] = TOKENIZER.mask_id
        elif kind == "kept":
            assert saw == readable(TOKENIZER.decode([true[place]]))
    random = [row for row in rows if row[2] == "random"]
    assert {row[2] for row in rows} == {"mask", "random", "kept"}
    # With a random token put back by hand the model must say what is stored.
    for row in random:
        seen[row[0]] = next(i for i in range(TOKENIZER.vocab_size) if readable(TOKENIZER.decode([i])) == row[1])
    with torch.inference_mode():
        logits, _ = model(torch.tensor([[TOKENIZER.cls_id, *seen, TOKENIZER.sep_id]]))
    probs, best = logits[0, 1:-1].softmax(dim=-1).topk(3)
    for place, _, _, guesses, right in rows:
        assert [token for token, _ in guesses] == [readable(t) for t in TOKENIZER.tokens(best[place])]
        assert [p for _, p in guesses] == pytest.approx(probs[place].tolist(), abs=5e-4)
        assert right == (best[place, 0] == true[place])


def test_what_is_shown_and_counted(model):
    widget = slider(model)
    assert repr(widget) == "MaskRate(texts=4, rates=3)"
    assert widget.names[1] == "(draw 2) She walked slowly to the sea, and the wind blew."
    widget.rate = 50
    counted = widget.tally()
    assert counted["asked"] == len(widget.shown()) == counted["mask"] + counted["random"] + counted["kept"]
    assert widget.answers[0][2] != widget.answers[1][2]
    assert widget.tokens[0][:2] == [["She", True], ["walked", True]]
    with pytest.raises(traitlets.TraitError, match="not stored"):
        widget.rate = 40


@pytest.mark.parametrize("given, complaint", [
    ({"texts": []}, "needs a text"), ({"rates": []}, "needs a text"), ({"draws": 0}, "needs a text"),
    ({"rates": [5, 10, 20]}, "equal steps"),
])
def test_nothing_to_show_is_refused(model, given, complaint):
    with pytest.raises(ValueError, match=complaint):
        MaskRate(model, TOKENIZER, given.pop("texts", TEXTS), **given)


def test_the_html_is_stable_and_asks_nobody_for_anything(model):
    assert_harmless(lambda: MaskRate(model, TOKENIZER, [HOSTILE], rates=[50]))


def test_the_page_counts_as_python_does(model, in_node):
    widget = slider(model)
    shown, counted = [], []
    for widget.text in range(4):
        for widget.rate in RATE_CHOICE:
            shown.append(widget.shown())
            counted.append(widget.tally())
    answer = in_node(
        "mask_rate.js",
        f'import {{ sentence, tally }} from "./widget.mjs"; const shown = {json.dumps(shown)};'
        "console.log(JSON.stringify([shown.map(tally), sentence(tally(shown[0]), 12)]));")
    tallies, words = answer
    assert tallies == counted
    assert words.startswith(f"{counted[0]['asked']} of 12 tokens")
