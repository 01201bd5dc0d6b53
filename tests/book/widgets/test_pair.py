"""The pair without a browser: what both models are given, what is stored, how a typed blank is found."""

import json

import pytest
import torch

from bertgpt import fill_mask, load_bert, load_gpt
from bertgpt.book.widgets.pair import ENDINGS, LEFT, Pair, blank_inputs


@pytest.fixture(scope="module")
def models():
    return load_bert("tinybert"), load_gpt("tinygpt")


def test_stored_answers_are_the_models_own_and_the_ending_matters_only_to_a_square_mask(models, tokenizer):
    bert, gpt = models
    stored, other = Pair(bert, gpt, tokenizer).stored
    (words,) = fill_mask(bert, tokenizer, f" {LEFT} [MASK]{ENDINGS[0]}", top_k=4)
    assert stored["BERT"]["bidirectional"] == [[w.strip(), pytest.approx(p, rel=5e-3)] for w, p in words]
    p, best = gpt(torch.tensor([tokenizer.encode(f" {LEFT}")]))[0, -1].softmax(-1).topk(4)
    assert stored["GPT"]["causal"] == [
        [word.strip(), pytest.approx(share, rel=5e-3)] for word, share in zip(tokenizer.tokens(best), p.tolist())]
    for name in ("BERT", "GPT"):
        assert stored[name]["causal"] == other[name]["causal"]
        assert stored[name]["bidirectional"] != other[name]["bidirectional"]


def test_a_blank_may_stand_first_or_last(tokenizer):
    first = blank_inputs(tokenizer, "", " was Anne.")
    assert first["BERT"][1] == 1
    assert first["GPT"] == ([tokenizer.eos_id, *tokenizer.encode(" was Anne.")], 0)
    last = blank_inputs(tokenizer, "Anne was ", "")
    assert last["GPT"] == (tokenizer.encode(" Anne was"), 1)
    assert last["BERT"][0][last["BERT"][1]:] == [tokenizer.mask_id, tokenizer.sep_id]


def test_the_kernel_sends_the_models_it_was_given_and_names_one_that_it_lacks(models, tokenizer):
    pair = Pair(*models, tokenizer)
    message, buffers = pair.hand_out("engine")
    assert message["content"]["models"] == {"tinybert": ["tinybert"], "tinygpt": ["tinygpt"]} and buffers is None
    message, buffers = pair.hand_out("tinygpt")
    assert message == {"file": "tinygpt"} and buffers[0][:2] == b"\x1f\x8b"                 # gzip
    assert "no model called gpt5" in pair.hand_out("gpt5")[0]["error"]


def test_a_sentence_is_split_at_its_blank_and_the_last_one_typed_counts(in_node):
    texts = ["She had a ▁ in", "▁ was", "no blank", "▁", "two ▁ and ▁ here"]
    keys = {"She _|": "She ▁|", "She [MASK]|": "She ▁|", "She [MASK|": "She [MASK|", "She ▁_|": "She ▁|",
            "a_| b": "a ▁| b", "She _| had a ▁ in it": "She ▁| had a in it", "a _ b|": "a ▁ b|",
            "a [MASK] b __ c| d": "a ▁ b ▁ c| d", "naive ▁ b|": "naive ▁ b|", "_|was": "▁| was", "a|": "a|"}
    split, typed = in_node("pair.js", f"""import {{ atBlank, typed, whole }} from "./widget.mjs";
        const split = {json.dumps(texts)}.map((text) => [...Object.values(atBlank(text)), whole(atBlank(text))]);
        const keys = {json.dumps(list(keys))}.map((key) => {{
          const [text, caret] = typed(key.replace("|", ""), key.indexOf("|"));
          return `${{text.slice(0, caret)}}|${{text.slice(caret)}}`;
        }});
        console.log(JSON.stringify([split, keys]));""")
    assert [cut[:2] for cut in split] == [["She had a", " in"], ["", " was"], ["no blank", ""], ["", ""],
                                          ["two", " and  here"]]
    assert (split[0][2], split[2][2]) == ("She had a ▁ in", "no blank ▁")
    assert typed == list(keys.values())
