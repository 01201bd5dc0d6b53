"""The pair without a browser: what is asked of whom, the eight stored lists, and what a kernel hands out."""

import json

import pytest
import torch
from harmless import HOSTILE, assert_harmless

from bertgpt import causal_mask, fill_mask, load_bert, load_gpt
from bertgpt.book.widgets.base import source
from bertgpt.book.widgets.pair import ENDINGS, LEFT, Pair, blank_answers, blank_inputs
from bertgpt.inference import probes


@pytest.fixture(scope="module")
def models():
    return load_bert("tinybert"), load_gpt("tinygpt")


@pytest.fixture(scope="module")
def pair(models, tokenizer):
    return Pair(*models, tokenizer)


def test_under_its_own_mask_each_model_says_what_it_says_anywhere(models, tokenizer):
    bert, gpt = models
    found = blank_answers(bert, gpt, tokenizer, LEFT, ENDINGS[0])
    (words,) = fill_mask(bert, tokenizer, f" {LEFT} [MASK]{ENDINGS[0]}", top_k=4)
    assert found["BERT"]["bidirectional"] == [[w.strip(), pytest.approx(p, rel=5e-3)] for w, p in words]
    logits = gpt(torch.tensor([tokenizer.encode(f" {LEFT}")]))[0, -1]
    p, best = logits.softmax(-1).topk(4)
    assert [w for w, _ in found["GPT"]["causal"]] == [word.strip() for word in tokenizer.tokens(best)]
    assert [p for _, p in found["GPT"]["causal"]] == pytest.approx(p.tolist(), rel=5e-3)


def test_only_who_may_look_to_the_right_notices_another_ending(pair):
    one, other = pair.stored
    for name in ("BERT", "GPT"):
        assert one[name]["causal"] == other[name]["causal"]
        assert one[name]["bidirectional"] != other[name]["bidirectional"]


def test_a_blank_at_the_beginning_or_the_end_is_asked_of_both(tokenizer):
    first = blank_inputs(tokenizer, "", " was Anne.")
    assert first["BERT"][1] == 1 and first["GPT"] == ([tokenizer.eos_id, *tokenizer.encode(" was Anne.")], 0)
    last = blank_inputs(tokenizer, "Anne was ", "")
    assert last["GPT"] == (tokenizer.encode(" Anne was"), 1)
    assert last["BERT"][0][last["BERT"][1]:] == [tokenizer.mask_id, tokenizer.sep_id]


def test_a_mask_is_lent_for_a_while(models):
    bert, ids = models[0], torch.tensor([[5, 6, 7]])
    own = bert(ids)[0]
    with probes.masked_by(bert, causal_mask(3)):
        assert not torch.equal(bert(ids)[0], own)
    assert torch.equal(bert(ids)[0], own)


def test_the_page_is_given_no_weights(pair):
    page = pair.static_html()
    assert len(page) < 60_000 and len(json.dumps(pair.stored)) < 1_500
    assert source("engine/vendor/tokenizers.min.cjs")[:200] not in page


def test_a_kernel_hands_out_the_models_it_was_given(pair, models):
    message, carried = pair.hand_out("engine")
    assert carried is None and message["content"]["models"] == {"tinybert": ["tinybert"], "tinygpt": ["tinygpt"]}
    message, carried = pair.hand_out("tinygpt")
    assert message == {"file": "tinygpt"} and carried[0][:2] == b"\x1f\x8b"
    message, carried = pair.hand_out("gpt5")
    assert "no model called gpt5" in message["error"] and carried is None


def test_a_sentence_is_cut_at_its_blank(in_node):
    found = in_node("pair.js", """import { atBlank, whole } from "./widget.mjs";
        const texts = ["She had a ▁ in", "▁ was", "no blank", "▁", "two ▁ and ▁ here"];
        console.log(JSON.stringify(texts.map((text) => [atBlank(text), whole(atBlank(text))])));""")
    assert [list(cut.values()) for cut, _ in found] == [
        ["She had a", " in"], ["", " was"], ["no blank", ""], ["", ""], ["two", " and  here"]]
    assert found[2][1] == "no blank ▁" and found[0][1] == "She had a ▁ in"


def test_a_blank_is_what_a_keyboard_has_and_the_last_one_typed_counts(in_node):
    found = in_node("pair.js", """import { typed } from "./widget.mjs";
        const keys = ["She _|", "She [MASK]|", "She [MASK|", "She ▁_|", "a_| b", "She _| had a ▁ in it", "a _ b|",
          "a [MASK] b __ c| d", "naive ▁ b|", "_|was", "a|"];
        console.log(JSON.stringify(keys.map((key) => {
          const [text, at] = typed(key.replace("|", ""), key.indexOf("|"));
          return `${text.slice(0, at)}|${text.slice(at)}`;
        })));""")
    assert found == ["She ▁|", "She ▁|", "She [MASK|", "She ▁|", "a ▁| b", "She ▁| had a in it", "a ▁ b|",
                     "a ▁ b ▁ c| d", "naive ▁ b|", "▁| was", "a|"]


def test_the_html_is_stable_and_asks_nobody_for_anything(models, tokenizer):
    assert_harmless(lambda: Pair(*models, tokenizer, HOSTILE, [HOSTILE]))
