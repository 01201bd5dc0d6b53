"""The sampling playground without a browser: its cuts against the package's own, its draws, the page's arithmetic."""

import json

import pytest
import torch
import traitlets
from harmless import HOSTILE, assert_harmless

from bertgpt import GPT, TransformerConfig, load_tokenizer
from bertgpt.book.widgets import SamplingPlayground
from bertgpt.book.widgets.sampling_playground import look_ahead, pick, random_numbers, shares
from bertgpt.inference.decoding import filter_logits

TOKENIZER = load_tokenizer()
TEXTS = [" She walked slowly to the sea", " Anne could not sleep."]
TOP = 12
SETTINGS = [(1.0, 0, 1.0), (0.1, 0, 1.0), (2.0, 0, 1.0), (0.7, 5, 1.0), (1.3, 0, 0.15), (1.0, 0, 0.9), (1.0, 8, 0.6),
            (0.0, 0, 1.0), (0.0, 3, 0.5)]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    sizes = dict(d_model=12, n_layers=1, n_heads=3, d_ff=20)
    gpt = GPT(TransformerConfig.gpt(vocab_size=TOKENIZER.vocab_size, max_len=32, **sizes)).eval()
    with torch.no_grad():
        gpt.lm_head.decoder.weight.mul_(15)      # an untaught head is all but indifferent: make it choose
    return gpt


def playground(model, **traits):
    return SamplingPlayground(model, TOKENIZER, TEXTS, places=3, top=TOP, **traits)


@pytest.mark.parametrize("temperature, top_k, top_p", SETTINGS)
def test_the_shares_are_those_of_the_package(model, temperature, top_k, top_p):
    look = look_ahead(model, TOKENIZER, TEXTS[0], places=1, top=TOP)[0]
    before, kept = shares(look["logits"], look["rest"], temperature, top_k, top_p)
    assert sum(before) == pytest.approx(1) and sum(kept) == pytest.approx(1)
    if temperature == 0:
        assert before == kept == [1.0] + [0.0] * TOP
        return
    with torch.inference_mode():
        logits = model(torch.tensor([TOKENIZER.encode(TEXTS[0])]))[:, -1] / temperature    # (1, V)
    order = logits[0].argsort(descending=True)
    for ours, cut in ((before, logits), (kept, filter_logits(logits, top_k or None, top_p))):
        p = cut.softmax(-1)[0][order]
        expected = torch.cat([p[:TOP], p[TOP:].sum()[None]])
        torch.testing.assert_close(torch.tensor(ours), expected, atol=2e-3, rtol=1e-3)
        assert [share > 0 for share in ours[:TOP]] == (expected[:TOP] > 0).tolist()


def test_a_nucleus_within_the_tokens_shown_cuts_all_others():
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    rest = [logits[3].item()] * 20               # the fourth token stands for the others, at temperature 1
    keeps = {p: [share > 0 for share in shares(logits[:3].tolist(), rest, 1.0, 0, p)[1]] for p in (0.4, 0.6, 0.9, 1.0)}
    assert keeps == {0.4: [True, False, False, False], 0.6: [True, True, False, False],
                     0.9: [True, True, True, False], 1.0: [True] * 4}
    reaches_beyond = shares(logits[:2].tolist(), [torch.tensor(0.2).log().item()] * 20, 1.0, 0, 0.9)[1]
    assert reaches_beyond == pytest.approx([0.5 / 0.9, 0.3 / 0.9, 0.1 / 0.9])


def test_what_is_stored_is_what_the_model_says(model):
    looks = look_ahead(model, TOKENIZER, TEXTS[1], places=3, top=TOP)
    ids = TOKENIZER.encode(TEXTS[1])
    assert [look["text"] for look in looks] == [TOKENIZER.decode(ids[:-i or None]).strip() for i in (2, 1, 0)]
    assert [look["truth"] for look in looks] == ["sleep", ".", ""]
    with torch.inference_mode():
        logits = model(torch.tensor([ids]))[0, -1].sort(descending=True).values
    assert looks[-1]["logits"] == pytest.approx(logits[:TOP].tolist(), abs=1e-4)
    assert looks[-1]["rest"][4] == pytest.approx((logits[TOP:] / 0.5).logsumexp(0).item(), abs=1e-3)
    assert len(look_ahead(model, TOKENIZER, TEXTS[1], places=99, top=TOP)) == len(ids)


def test_the_random_numbers_are_even_and_the_seed_decides():
    numbers = torch.tensor(random_numbers(3, 20_000))
    assert 0 <= numbers.min() and numbers.max() < 1
    torch.testing.assert_close(numbers.histc(10, 0, 1) / 20_000, torch.full((10,), 0.1), atol=0.01, rtol=0)
    assert random_numbers(3, 5) == random_numbers(3, 9)[:5]        # one more draw changes none before it
    assert random_numbers(4, 5) != random_numbers(3, 5)


def test_a_number_falls_into_the_stretch_it_lies_in():
    kept = [0.5, 0.25, 0.0, 0.25]
    assert [pick(kept, u) for u in (0.0, 0.4999, 0.5, 0.7499, 0.75, 0.9999)] == [0, 0, 1, 1, 3, 3]
    assert pick([0.7, 0.2999999, 0.0], 0.99999999) == 1


def test_the_tally_follows_the_probabilities_and_the_cuts(model):
    widget = playground(model, draws=5000, seed=7)
    assert repr(widget) == f"SamplingPlayground(texts=2, tokens={TOP})"
    for widget.top_k, widget.top_p in ((0, 1.0), (4, 1.0), (0, 0.3)):
        tally, kept = widget.tally(), widget.shown()[1]
        assert sum(tally) == 5000
        assert [n / 5000 for n in tally] == pytest.approx(kept, abs=0.03)
        assert all(n == 0 for n, share in zip(tally, kept) if share == 0)
    widget.temperature = 0
    assert widget.tally()[0] == 5000


@pytest.mark.parametrize("given, complaint", [
    ({"texts": []}, "needs a text"), ({"texts": [""]}, "needs a text"), ({"places": 0}, "needs a text"),
    ({"top": 0}, "needs a text")])
def test_nothing_to_show_is_refused(model, given, complaint):
    with pytest.raises(ValueError, match=complaint):
        SamplingPlayground(model, TOKENIZER, given.pop("texts", TEXTS), **given)
    with pytest.raises(traitlets.TraitError):
        playground(model, temperature=2.5)


def test_the_html_is_stable_and_asks_nobody_for_anything(model):
    assert_harmless(lambda: SamplingPlayground(model, TOKENIZER, [HOSTILE], top=3))


def test_the_page_computes_as_python_does(model, in_node):
    look = look_ahead(model, TOKENIZER, TEXTS[0], places=1, top=TOP)[0]
    numbers = random_numbers(2**32 - 5, 200)
    expected = [[*shares(look["logits"], look["rest"], *settings)] for settings in SETTINGS]
    in_page, numbers_in_page, picked = in_node(
        ("live.js", "sampling_playground.js"),
        f'import {{ pick, randomNumbers, shares }} from "./widget.mjs"; const look = {json.dumps(look)};'
        f"const all = {json.dumps(SETTINGS)}.map((settings) => shares(look.logits, look.rest, ...settings));"
        f"const numbers = randomNumbers({2**32 - 5}, 200);"
        "console.log(JSON.stringify([all, numbers, all.map(([, kept]) => numbers.map((u) => pick(kept, u)))]));")
    for page, python in zip(in_page, expected, strict=True):
        assert page[0] == pytest.approx(python[0], abs=1e-12) and page[1] == pytest.approx(python[1], abs=1e-12)
    assert numbers_in_page == numbers
    assert picked == [[pick(kept, u) for u in numbers] for _, kept in expected]
