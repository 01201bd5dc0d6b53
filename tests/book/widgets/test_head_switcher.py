"""The head switcher without a browser: its votes against whole heads, and the page's arithmetic against Python's."""

import json

import pytest
import torch
from harmless import HOSTILE, assert_harmless
from torch import nn

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.book.widgets import HeadSwitcher
from bertgpt.book.widgets.base import softmax
from bertgpt.book.widgets.head_switcher import READINGS, pool_rows, written
from bertgpt.model.heads import ClassificationHead, TaggingHead
from bertgpt.text.tokenizer import word_spans, word_to_token
from bertgpt.training.finetuning import build_inputs

TOKENIZER = load_tokenizer()
TEXTS = ["She walked slowly to the sea.", "Anne could not sleep"]
CANDIDATES = ["It was cold.", "The sea is far away.", TEXTS[0]]
C, TAGS = 3, ["O", "B", "I"]
PIECES = {"BERT": "first", "GPT": "last"}
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=32, d_model=12, n_layers=2, n_heads=3, d_ff=20)


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(1)
    made = {"BERT": BERTForPreTraining(TransformerConfig.bert(**SIZES)), "GPT": GPT(TransformerConfig.gpt(**SIZES))}
    for parameter in (p for model in made.values() for p in model.parameters()):
        parameter.data += 0.2 * torch.randn_like(parameter)
    return {name: model.eval() for name, model in made.items()}


@pytest.fixture(scope="module")
def layers(models):
    return {name: {reading: nn.Linear(12, C) for reading in READINGS} for name in models}


@pytest.fixture(scope="module")
def taggers(models):
    return {name: nn.Linear(12, len(TAGS)) for name in models}


@pytest.fixture
def widget(models, layers, taggers):
    classes = {"mood": (["a", "b", "c"], layers)}
    return HeadSwitcher(models, TOKENIZER, TEXTS, classes, (TAGS, taggers, PIECES), CANDIDATES)


def test_reasons_are_given_for_each_text_and_for_heads_that_there_are(models, layers, taggers):
    given = (models, TOKENIZER, TEXTS, {"mood": (["a", "b", "c"], layers)}, (TAGS, taggers, PIECES), CANDIDATES)
    assert HeadSwitcher(*given).senseless == [{}, {}]
    assert HeadSwitcher(*given, [{"names": "names nobody"}, {}]).senseless[0] == {"names": "names nobody"}
    for wrong in ([{}], [{"luck": "no"}, {}], [{"vocabulary": "no"}, {}]):
        with pytest.raises(ValueError, match="senseless needs"):
            HeadSwitcher(*given, wrong)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", ["BERT", "GPT"])
def test_the_average_of_the_votes_is_what_the_whole_head_says(widget, models, layers, name, reading):
    head = ClassificationHead(models[name].config, C, reading).eval()
    head.classifier = layers[name][reading]
    for widget.text, text in enumerate(TEXTS):
        ids = torch.tensor([build_inputs(models[name], TOKENIZER, text)[0]])                # (1, T)
        expected = head(models[name].encode(ids), torch.ones_like(ids))[0].softmax(dim=-1)
        widget.model, widget.reading = name, reading
        assert widget.read() == pytest.approx(expected.tolist(), abs=2e-4)


def test_the_first_token_of_gpt_says_the_same_of_every_text(widget):
    said = {}
    for widget.model in ("BERT", "GPT"):
        for widget.reading in ("first", "last"):
            said[widget.model, widget.reading] = []
            for widget.text in range(len(TEXTS)):
                said[widget.model, widget.reading].append(widget.read())
    assert said["GPT", "first"][0] == pytest.approx(said["GPT", "first"][1])
    for other in (("BERT", "first"), ("BERT", "last"), ("GPT", "last")):
        assert said[other][0] != pytest.approx(said[other][1], abs=1e-3)


def test_tags_scores_and_words_are_those_of_the_models(widget, models, taggers):
    for widget.model, model in models.items():
        ids = torch.tensor([build_inputs(model, TOKENIZER, TEXTS[0])[0]])
        head = TaggingHead(model.config, len(TAGS)).eval()
        head.classifier = taggers[widget.model]
        widget.text, widget.head = 0, 1
        told = word_to_token(TOKENIZER, TEXTS[0], PIECES[widget.model])
        expected = [TAGS[i] for i in head(model.encode(ids))[0].argmax(dim=-1)]
        assert widget.read() == [tag if t in told else "" for t, tag in enumerate(expected)]
        assert "" in widget.read() and len(told) == len(word_spans(TEXTS[0]))
        widget.head = 2
        scores = widget.read()
        assert scores[2] == pytest.approx(1) and max(scores[:2]) < 0.9999      # a text and itself
        widget.head = 3
        logits = model(ids)[0][0] if widget.model == "BERT" else model(ids)[0]             # (T, V)
        p = logits.softmax(dim=-1).max(dim=-1).values
        assert [share for _, share in widget.read()] == pytest.approx(p.tolist(), rel=6e-3)


def test_the_page_finds_the_words_that_tags_stand_for_where_python_does(in_node):
    texts = [" Anne walked, café-ward, to [MASK] Uppercross!", " 😀 n’ai pas 漢字… 'tis",
             " Mrs. Elton's [MASK][MASK] a_b", " ."]
    spelled = [TOKENIZER.backend.encode(text, add_special_tokens=False).tokens for text in texts]
    cases = [(text, [token.strip() for token in tokens]) for text, tokens in zip(texts, spelled)]   # " [MASK]"
    found = in_node(("heads_live.js", "head_switcher.js"), 'import { toldBy } from "./widget.mjs";'
                    f"console.log(JSON.stringify({json.dumps(cases)}.map(([text, spelled]) => "
                    '["first", "last"].map((piece) => [...toldBy(text, spelled, piece)]))));')
    for text, pieces in zip(texts, found, strict=True):
        for piece, tokens in zip(("first", "last"), pieces, strict=True):
            assert tokens == list(dict.fromkeys(word_to_token(TOKENIZER, text, piece)))


def test_a_layer_is_written_in_steps_that_keep_its_answers(in_node):
    torch.manual_seed(3)
    layer, states = nn.Linear(256, 5), torch.randn(7, 256)
    layer.weight.data[2, 9] = 1.0                                    # one weight far from the others makes steps long
    in_page = in_node(("heads_live.js", "head_switcher.js"), 'import { votes } from "./widget.mjs";'
                      f"console.log(JSON.stringify(votes({json.dumps(states.tolist())}, "
                      f"{json.dumps(written(layer.weight, layer.bias))})));")
    assert (torch.tensor(in_page) - layer(states)).abs().max() < 4 * (256 / 12) ** 0.5 / 127


def test_nothing_to_show_is_refused(models, layers, taggers):
    classes = {"mood": (["a", "b", "c"], layers)}
    for texts, candidates in (([], CANDIDATES), ([" "], CANDIDATES), (TEXTS, [])):
        with pytest.raises(ValueError, match="needs a text"):
            HeadSwitcher(models, TOKENIZER, texts, classes, (TAGS, taggers, PIECES), candidates)


def test_the_html_is_stable_and_asks_nobody_for_anything(models, layers, taggers):
    given = [HOSTILE], {HOSTILE: (["a", "b", "c"], layers)}, (TAGS, taggers, PIECES), [HOSTILE]
    assert_harmless(lambda: HeadSwitcher(models, TOKENIZER, *given))


def test_the_page_computes_as_python_does(widget, in_node):
    assert repr(widget) == "HeadSwitcher(texts=2, heads=4)"
    rows = widget.looks["BERT"][0]["heads"][0]["mean"]
    in_page = in_node(("common.js", "heads_live.js", "head_switcher.js"),
                      'import { best, poolRows, softmax } from "./widget.mjs";'
                      f"const rows = {json.dumps(rows)};"
                      f"console.log(JSON.stringify([{json.dumps(READINGS)}.map((reading) => "
                      "softmax(poolRows(rows, reading))), rows.map(best)]));")
    for page, reading in zip(in_page[0], READINGS, strict=True):
        assert page == pytest.approx(softmax(pool_rows(rows, reading)), abs=1e-12)
    assert in_page[1] == [row.index(max(row)) for row in rows]
