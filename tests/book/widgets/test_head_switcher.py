"""The head switcher without a browser: its stored numbers and the page's arithmetic against whole heads."""

import pytest
import torch
from sizes import D
from torch import nn

from bertgpt.model.heads import ClassificationHead
from bertgpt_book.tasks.entities import word_spans
from bertgpt_book.tasks.finetuning import build_inputs
from bertgpt_book.widgets import HeadSwitcher
from bertgpt_book.widgets.head_switcher import READINGS, word_to_token

TEXTS = ["She walked slowly to the sea.", "Anne could not sleep"]
CLASSES, TAGS = ["a", "b"], ["O", "B", "I"]


@pytest.fixture
def given(tokenizer, word_models):
    """All that a head switcher is made of, from models with random weights."""
    models = dict(zip(("BERT", "GPT"), word_models))
    layers = {name: {reading: nn.Linear(D, len(CLASSES)) for reading in READINGS} for name in models}
    taggers = {name: nn.Linear(D, len(TAGS)) for name in models}
    return models, tokenizer, TEXTS, {"mood": (CLASSES, layers)}, (TAGS, taggers)


@torch.no_grad()
def test_pooled_in_the_page_the_stored_logits_are_those_of_the_whole_head(given, in_node):
    models, tokenizer, _, classes, _ = given
    rows, expected = [], []
    for name, model in models.items():
        for text, look in zip(TEXTS, HeadSwitcher(*given).looks[name]):
            ids = torch.tensor([build_inputs(model, tokenizer, text)[0]])  # (1, T)
            for reading in READINGS:
                head = ClassificationHead(model.config, len(CLASSES), reading).eval()
                head.classifier = classes["mood"][1][name][reading]
                expected.append(head(model.encode(ids), torch.ones_like(ids))[0].softmax(dim=-1).tolist())
                rows.append([look["heads"][0][reading], reading])
    script = "return given.map((each) => page.softmax(page.poolRows(...each)));"
    found = in_node(("sampling.js", "heads_live.js"), script, rows)
    torch.testing.assert_close(torch.tensor(found), torch.tensor(expected), atol=2e-4, rtol=0)


@torch.no_grad()
def test_tags_and_words_are_those_of_the_models(given):
    models, tokenizer, *_, (_, taggers) = given
    for name, model in models.items():
        _, tags, words = HeadSwitcher(*given).looks[name][0]["heads"]
        ids = torch.tensor([build_inputs(model, tokenizer, TEXTS[0])[0]])
        tagged = word_to_token(tokenizer, TEXTS[0])
        assert [t for t, row in enumerate(tags) if row] == tagged and len(tagged) == len(word_spans(TEXTS[0]))
        torch.testing.assert_close(
            torch.tensor([tags[t] for t in tagged]), taggers[name](model.encode(ids))[0, tagged], atol=1e-3, rtol=0
        )
        logits = model(ids)[0][0] if name == "BERT" else model(ids)[0]  # (T, V)
        p = logits.softmax(dim=-1).max(dim=-1).values
        assert [share for _, share in words] == pytest.approx(p.tolist(), rel=6e-3)


def test_a_page_may_have_one_kind_of_head_alone(given):
    models, tokenizer, texts, classes, tags = given
    with_classes, with_tags = HeadSwitcher(*given[:4]), HeadSwitcher(models, tokenizer, texts, {}, tags)
    assert [head["name"] for head in with_classes.heads] == ["mood", "vocabulary"]
    assert [head["name"] for head in with_tags.heads] == ["names", "vocabulary"]
    whole = HeadSwitcher(*given)
    for name in models:
        mood, of_names, words = whole.looks[name][0]["heads"]
        assert with_classes.looks[name][0]["heads"] == [mood, words] and len(with_classes.layers[name]) == 1
        assert with_tags.looks[name][0]["heads"] == [of_names, words] and len(with_tags.layers[name]) == 1
