"""The pair without a browser: what both models are given, what is stored, how a typed blank is found."""

import random
import re

import pytest
import torch

from bertgpt import fill_mask, load_bert, load_gpt
from bertgpt.text.corpora import stories
from bertgpt_book.records import load_results
from bertgpt_book.widgets.pair import OWN, SENTENCES, Pair, blank_answers


@pytest.fixture(scope="module")
def models():
    return load_bert("littlebert"), load_gpt("littlegpt")


@pytest.fixture(scope="module")
def pair(models, tokenizer):
    return Pair(*models, tokenizer)


def test_stored_answers_are_the_models_own(models, tokenizer, pair):
    bert, gpt = models
    left, ending, _ = SENTENCES[0]
    (words,) = fill_mask(bert, tokenizer, f" {left} [MASK]{ending}", top_k=4)
    stored = pair.sentences[0]["stored"][0]
    assert stored["BERT"]["bidirectional"] == [[w.strip(), pytest.approx(p, rel=5e-3)] for w, p in words]
    p, best = gpt(torch.tensor([tokenizer.encode(f" {left}")]))[0, -1].softmax(-1).topk(4)
    assert stored["GPT"]["causal"] == [
        [word.strip(), pytest.approx(share, rel=5e-3)] for word, share in zip(tokenizer.tokens(best), p.tolist())
    ]


@pytest.mark.parametrize("place", range(len(SENTENCES)))
def test_every_sentence_on_offer_tells_the_story_of_the_two_masks(pair, place):
    """With either ending BERT's first word is another, and GPT's the same; an answer moves under a square mask only."""
    one, other = pair.sentences[place]["stored"]
    firsts = [words["BERT"]["bidirectional"][0][0] for words in (one, other)]
    assert firsts[0] != firsts[1] and min(words["BERT"]["bidirectional"][0][1] for words in (one, other)) > 0.5
    for name in ("BERT", "GPT"):
        assert one[name]["causal"] == other[name]["causal"]
        assert one[name]["bidirectional"] != other[name]["bidirectional"]
        assert one[name]["causal"][0][0] != one[name]["bidirectional"][0][0]  # the first flip of either mask shows


def test_in_the_first_sentence_the_switch_swaps_the_two_models(pair):
    """With the square GPT has BERT's word, and BERT, with the triangle, GPT's; the other ending is nobody's luck."""
    broken, laughed = pair.sentences[0]["stored"]
    assert [broken[name][mask][0][0] for name, mask in OWN.items()] == ["sad", "happy"]
    assert broken["BERT"]["causal"][0][0] == "happy"
    word, p = broken["GPT"]["bidirectional"][0]
    assert word == "sad" and p > 0.6
    assert laughed["GPT"]["bidirectional"][0][0] not in ("happy", "sad")


def test_the_last_click_repeats_the_record_of_many_blanks(pair, models):
    right = pair.many["right"]
    assert pair.many["blanks"] == 400 and {name: [*masks.values()] for name, masks in right.items()} == {
        "BERT": [55, 19],
        "GPT": [28, 33],
    }
    for name, own in OWN.items():  # what it says: a switched model is the worse one
        assert max(right[name], key=right[name].get) == own


@pytest.mark.slow
def test_the_record_of_many_blanks_is_that_of_the_shipped_models(models, tokenizer):
    draw = random.Random(0)
    text = " ".join(" ".join(stories("test").values()).split())
    marks = {row["name"]: row["right"] for row in load_results("switched")["rows"]}
    for n, sentence in enumerate(draw.sample(re.findall(r"(?<=[.!?] )[A-Z][a-z ,]{25,60}\.(?= )", text), 400)[:25]):
        ids = tokenizer.encode(" " + sentence)
        pieces = tokenizer.tokens(ids)
        place = draw.choice([t for t in range(2, len(ids) - 1) if pieces[t][0] == " " and pieces[t + 1][0] in " ,."])
        left, right = (tokenizer.decode(part) for part in (ids[:place], ids[place + 1 :]))
        for name, under in blank_answers(*models, tokenizer, left, right, top=1).items():
            for mask, [[word, _]] in under.items():
                assert (word == pieces[place].strip()) == (marks[f"{name}, {mask}"][n] == "1")


def test_an_opening_that_bert_ends_is_explained_and_nothing_else(models, tokenizer, in_node):
    """Of twenty openings BERT ends most, which the page explains: Why BERT cannot continue measures why."""
    openings = ["I went to the", "The dog ran", "They all laughed because", "Once there was a"]
    first = [blank_answers(*models, tokenizer, left, "")["BERT"]["bidirectional"][0][0] for left in openings]
    assert first == ["."] * 4
    cases = [
        ("bidirectional", "", ".", True),
        ("bidirectional", ".", '?"', True),
        ("bidirectional", " barked.", ".", False),
        ("bidirectional", "", ",", False),
        ("bidirectional", "", "saw", False),
        ("causal", "", ".", False),
    ]
    given = [case[:3] for case in cases]
    assert in_node("pair.js", "return given.map((each) => page.endsThere(...each));", given) == [
        case[3] for case in cases
    ]


def test_a_sentence_is_split_at_its_blank_and_the_last_one_typed_counts(in_node):
    texts = {  # -> left and right of the blank, and the two put together again
        "She had a ▁ in": ["She had a", " in", "She had a ▁ in"],
        "▁ was": ["", " was", "▁ was"],
        "no blank": ["no blank", "", "no blank ▁"],
        "two ▁ and ▁ here": ["two", " and  here", "two ▁ and  here"],
    }
    keys = {
        "She _|": "She ▁|",
        "She [MASK]|": "She ▁|",
        "She [MASK|": "She [MASK|",
        "She _| had a ▁ in it": "She ▁| had a in it",
        "a [MASK] b __ c| d": "a ▁| b c d",
        "The _ _ _ barked.|": "The ▁| barked.",
    }
    split, typed = in_node(
        "pair.js",
        """const { atBlank, typed, withBlank } = page;
        const both = (text) => [...Object.values(atBlank(text)), withBlank(atBlank(text))];
        return [given[0].map(both), given[1].map((key) => {
          const [text, caret] = typed(key.replace("|", ""), key.indexOf("|"));
          return `${text.slice(0, caret)}|${text.slice(caret)}`;
        })];""",
        [list(texts), list(keys)],
    )
    assert split == list(texts.values())
    assert typed == list(keys.values())
