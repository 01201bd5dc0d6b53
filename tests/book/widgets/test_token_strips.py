"""The token strips without a browser: what a strip holds, and how the page splits a text."""

import json

import pytest

from bertgpt import Tokenizer, load_tokenizer
from bertgpt_book.tasks.finetuning import build_inputs
from bertgpt_book.widgets import TokenStrips
from bertgpt_book.widgets.token_strips import framed_strip, strip

OURS = load_tokenizer()
READERS = {
    "BERT": load_tokenizer("google-bert/bert-base-uncased"),
    "GPT-2": load_tokenizer("openai-community/gpt2"),
    "BERT, our vocabulary": OURS,
    "GPT, our vocabulary": OURS,
}


@pytest.mark.parametrize("texts", [[" Anne", " slept"], [" Anne slept"]])
def test_a_framed_strip_holds_the_ids_and_segments_that_a_head_reads(texts, bert, gpt):
    for model, name in ((bert, "BERT"), (bert, "BERT, our vocabulary"), (gpt, "GPT, our vocabulary")):
        rows = framed_strip(READERS[name], texts, causal=model is gpt)
        assert ([row[1] for row in rows], [row[5] for row in rows]) == build_inputs(model, READERS[name], *texts)


def test_a_strip_says_what_each_token_is():
    today = strip(OURS, "Today it is")
    assert [row[0] for row in today] == ["T", "od", "ay", "␣it", "␣is"]
    assert [row[3] for row in today] == [True, False, False, True, True]
    assert today[3][2] == "20 69 74"
    pieces = strip(READERS["BERT"], "unhappily!")
    assert [row[0] for row in pieces] == ["un", "##ha", "##pp", "##ily", "!"]
    assert [row[3] for row in pieces] == [True, False, False, False, True]
    assert [row[2] for row in pieces][1] == b"ha".hex(" ")
    assert [row[0] for row in strip(Tokenizer.train_char(["to be"]), "to be")] == list("to be")
    assert strip(READERS["BERT"], "a 🙂")[1] == ["[UNK]", 100, "🙂".encode().hex(" "), True, True, 0]
    half = strip(OURS, "🙂")
    assert half[0][0] == "‹F0›" and bytes.fromhex("".join(row[2] for row in half)).decode() == "🙂"


def test_the_kernel_splits_the_readers_own_text_or_two():
    widget = TokenStrips({"BERT": READERS["BERT"], "GPT": OURS}, ["Today.", ("How?", "So.")])
    assert widget.texts == ["Today.", "How? | So."]
    assert widget.vocabularies == {"BERT": "bert-base-uncased", "GPT": "course"}
    widget.own = ["She slept.", "So"]
    assert [row[0] for row in widget.own_strips["BERT"]] == ["[CLS]", "she", "slept", ".", "[SEP]", "so", "[SEP]"]
    assert widget.own_strips["GPT"] == framed_strip(OURS, ["She slept.", "So"], causal=True)
    widget.own = []
    assert widget.own_strips == {}
    assert TokenStrips({"GPT": Tokenizer.train_bpe(["a b"], 270)}, ["a"]).vocabularies == {}  # not published


OWN = [
    ["She's unhappily said: “I'd go”, didn't I?  Yes 1815!"],
    ["Zoë 🙂 naïve [MASK] sat"],
    ["a"],
    ["  two  spaces "],
    ["don't <eos> [SEP] x_y z"],
    ["漢字 und ¿qué?"],
    ["[MASK]"],
    ["How are you?", "Fine 🙂."],
    ["1\t2\u00a03"],
    ["e \u0301 z𝄞", "e\u0301 É𝄞 z\u0301𝄞b❤\ufe0f"],
    ["𠀀𠀁 a𠀀"],
    ["a≠b𝄞 \u200b 🙂\uf900🙂"],
    ["constructor"],  # which each JavaScript object has
]


@pytest.mark.slow
def test_the_page_splits_the_readers_own_text_as_python_does(in_node):
    readers = {"bert-base-uncased": READERS["BERT"], "gpt2": READERS["GPT-2"], "course": OURS}
    ways = [("bert-base-uncased", True), ("course", True), ("course", False), ("gpt2", False)]
    cases = [(name, bert, texts) for name, bert in ways for texts in OWN]
    backends = {name: json.loads(reader.backend.to_str()) for name, reader in readers.items()}
    found = in_node(
        ("cutting.js", "engine/vendor/tokenizers.min.cjs"),
        """const readers = {}, rows = [];
        for (const [name, json] of Object.entries(given.backends)) {
          const tokenizer = new page.default.Tokenizer(json, {});
          readers[name] = { byteLevel: json.decoder.type === "ByteLevel", unknown: json.model.unk_token ?? "",
            special: Object.fromEntries(json.added_tokens.map(({ content, id }) => [content, id])),
            cut: (text) => Promise.resolve(tokenizer.encode(text, { add_special_tokens: false })) };
        }
        for (const [name, bert, texts] of given.cases) rows.push(await page.framedRows(texts, readers[name], bert));
        return rows;""",
        {"backends": backends, "cases": cases},
    )

    def comparable(rows):
        """Leave out the bytes of special tokens, which the page does not show."""
        return [[*row[:2], "" if row[4] else row[2], *row[3:]] for row in rows]

    for rows, (name, bert, texts) in zip(found, cases, strict=True):
        expected = framed_strip(readers[name], texts, causal=not bert)
        assert comparable(rows) == comparable(expected), (name, texts)
