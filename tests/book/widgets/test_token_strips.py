"""The token strips without a browser: what a strip holds, its HTML twin, the words the page says."""

import json
from pathlib import Path

import pytest
from harmless import HOSTILE, assert_harmless
from hypothesis import assume, given
from hypothesis import strategies as st

from bertgpt import Tokenizer, load_tokenizer
from bertgpt.book.widgets import TokenStrips
from bertgpt.book.widgets.engine import files
from bertgpt.book.widgets.token_strips import byte_values, framed_strip, strip
from bertgpt.training.finetuning import build_inputs

OURS = load_tokenizer()
READERS = {
    "BERT": load_tokenizer("google-bert/bert-base-uncased"),
    "GPT-2": load_tokenizer("openai-community/gpt2"),
    "BERT, our vocabulary": OURS,
    "GPT, our vocabulary": OURS,
}
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "<eos>", "<|endoftext|>"]


def test_every_byte_has_its_character():
    values = byte_values()
    assert sorted(values.values()) == list(range(256))
    assert (values["a"], values["Ġ"], values["Ċ"]) == (ord("a"), ord(" "), ord("\n"))


@pytest.mark.parametrize("name", ["GPT-2", "GPT, our vocabulary"])
@given(text=st.text())
def test_the_bytes_of_a_byte_level_strip_are_the_text(name, text):
    assume(not any(special in text for special in SPECIAL))
    rows = strip(READERS[name], text)
    assert bytes.fromhex(" ".join(row[2] for row in rows)) == text.encode()
    assert [row[1] for row in rows] == READERS[name].encode(text)


def test_a_framed_strip_is_the_pair_the_tokenizer_makes():
    for name in ("BERT", "BERT, our vocabulary"):
        for pair in (("How are you?", "Fine."), ("Fine.",)):
            rows = framed_strip(READERS[name], pair, causal=False)
            assert ([row[1] for row in rows], [row[5] for row in rows]) == READERS[name].encode_pair(*pair)


def test_gpt_reads_a_text_behind_end_of_text():
    rows = framed_strip(OURS, ("How are you?", "Fine."), causal=True)
    assert [row[1] for row in rows] == [
        OURS.eos_id, *OURS.encode("How are you?"), OURS.eos_id, *OURS.encode("Fine.")]
    assert {row[5] for row in rows} == {0}
    assert [row[0] for row in framed_strip(OURS, ["Fine."], causal=True)] == ["<eos>", "F", "ine", "."]


@pytest.mark.parametrize("texts", [[" Anne", " slept"], [" Anne slept"]])
def test_a_strip_holds_the_ids_that_a_head_reads(texts, bert, gpt):
    for model in (bert, gpt):
        rows = framed_strip(OURS, texts, causal=model is gpt)
        assert ([row[1] for row in rows], [row[5] for row in rows]) == build_inputs(model, OURS, *texts)


def test_a_strip_says_what_each_token_is():
    today = strip(OURS, "Today it is")
    assert [row[0] for row in today] == ["T", "od", "ay", "␣it", "␣is"]
    assert [row[3] for row in today] == [True, False, False, True, True]
    assert today[3][2] == "20 69 74"
    pieces = strip(READERS["BERT"], "unhappily!")
    assert [row[0] for row in pieces] == ["un", "##ha", "##pp", "##ily", "!"]
    assert [row[3] for row in pieces] == [True, False, False, False, True]
    assert [row[2] for row in pieces][1] == b"ha".hex(" ")


def test_what_cannot_be_spelt_shows_its_bytes():
    assert strip(READERS["BERT"], "a 🙂")[1] == ["[UNK]", 100, "🙂".encode().hex(" "), True, True, 0]
    half = strip(OURS, "🙂")
    assert half[0][0] == "‹F0›" and bytes.fromhex("".join(row[2] for row in half)).decode() == "🙂"


@pytest.mark.parametrize("causal, lacking", [(False, "GPT-2"), (True, "BERT")])
def test_a_vocabulary_without_the_token_is_named(causal, lacking):
    with pytest.raises(ValueError, match="this vocabulary has no"):
        framed_strip(READERS[lacking], "ab", causal)


def test_the_widget_shows_all_readers_and_one_text_at_a_time():
    widget = TokenStrips({"BERT": READERS["BERT"], "GPT": OURS}, ["Today.", ("How?", "So.")])
    assert repr(widget) == "TokenStrips(readers=2, texts=2)"
    assert [row[0] for row in widget.shown()["BERT"]] == ["[CLS]", "today", ".", "[SEP]"]
    widget.text = 1
    assert "<eos>" in [row[0] for row in widget.shown()["GPT"]]
    assert widget.texts[1] == "How? | So."


def test_a_kernel_cuts_the_reader_s_own_text_or_two():
    widget = TokenStrips({"BERT": READERS["BERT"], "GPT": OURS}, ["Today."])
    assert widget.vocabularies == {"BERT": "bert-base-uncased", "GPT": "course"}
    widget.own = ["She slept.", "So"]
    assert [row[0] for row in widget.own_strips["BERT"]] == ["[CLS]", "she", "slept", ".", "[SEP]", "so", "[SEP]"]
    assert widget.own_strips["GPT"] == framed_strip(OURS, ["She slept.", "So"], causal=True)
    widget.own = []
    assert widget.own_strips == {}
    assert TokenStrips({"GPT": Tokenizer.train_bpe(["a b"], 270)}, ["a"]).vocabularies == {}     # nobody published it


@pytest.mark.parametrize("readers, texts", [({}, ["a"]), ({"GPT": OURS}, [])])
def test_nothing_to_show_is_refused(readers, texts):
    with pytest.raises(ValueError, match="a reader and a text"):
        TokenStrips(readers, texts)


def test_the_html_is_stable_and_asks_nobody_for_anything():
    assert_harmless(lambda: TokenStrips({"GPT": OURS}, [HOSTILE]))


def test_the_page_describes_a_token(in_node):
    rows = [(framed_strip(READERS["BERT"], ["Today 🙂"], False)[i], i + 1, True) for i in range(3)]
    rows += [(strip(OURS, "Today,")[i], i + 1, False) for i in (1, 3)]
    answer = in_node(
        "token_strips.js",
        f'import {{ describe }} from "./widget.mjs"; const rows = {json.dumps(rows)};'
        "console.log(JSON.stringify(rows.map((row) => describe(...row))));")
    assert answer == [
        "token 1: [CLS] · id 101 · a special token: no text · segment 0",
        "token 2: today · id 2651 · bytes 74 6F 64 61 79 · begins a word · segment 0",
        "token 3: [UNK] · id 100 · bytes F0 9F 99 82 · begins a word · segment 0",
        "token 2: od · id 543 · bytes 6F 64 · goes on with it",
        "token 4: , · id 16 · byte 2C · begins a sign",
    ]


OWN = [["She's unhappily said: “I'd go”, didn't I?  Yes 1815!"], ["Zoë 🙂 naïve [MASK] sat"], ["a"], ["  two  spaces "],
       ["don't <eos> [SEP] x_y z"], ["漢字 und ¿qué?"], ["[MASK]"], ["How are you?", "Fine 🙂."], ["1\t2\u00a03"],
       ["e \u0301 z𝄞", "e\u0301 É𝄞 z\u0301𝄞b❤\ufe0f"], ["𠀀𠀁 a𠀀"], ["a≠b𝄞 \u200b 🙂\uf900🙂"]]


def test_a_page_cuts_a_text_of_the_reader_s_as_python_does(in_node):
    known = {"bert-base-uncased": READERS["BERT"], "gpt2": READERS["GPT-2"], "course": OURS}
    vendored = Path(files.__file__).with_name("vendor") / "tokenizers.min.cjs"
    cases = [(name, name != "gpt2", texts) for name in known for texts in OWN]
    cases += [(name, False, texts) for name in ("gpt2", "course") for texts in OWN]
    cases = [case for case in cases if case[:2] != ("gpt2", True)]
    found = in_node(("engine/client.js", "live.js", "cutting.js", "token_strips.js"), f"""
        import {{ createRequire }} from "node:module"; import {{ framedRows }} from "./widget.mjs";
        const {{ Tokenizer }} = createRequire(import.meta.url)({json.dumps(str(vendored))});
        const readers = {{}};
        for (const [name, json] of Object.entries({json.dumps({n: json.loads(t.backend.to_str())
                                                               for n, t in known.items()})})) {{
          const tokenizer = new Tokenizer(json, {{}});
          readers[name] = {{ byteLevel: json.decoder.type === "ByteLevel", unknown: json.model.unk_token ?? "",
            special: Object.fromEntries(json.added_tokens.map(({{ content, id }}) => [content, id])),
            cut: (text) => Promise.resolve(tokenizer.encode(text, {{ add_special_tokens: false }})) }};
        }}
        const rows = [];
        for (const [name, bert, texts] of {json.dumps(cases)}) rows.push(await framedRows(texts, readers[name], bert));
        console.log(JSON.stringify(rows));""")
    for rows, (name, bert, texts) in zip(found, cases, strict=True):
        expected = framed_strip(known[name], texts, causal=not bert)
        spelt = [[row[2] if not row[4] or row[0] == "[UNK]" else "" for row in strip] for strip in (rows, expected)]
        assert spelt[0] == spelt[1], (name, texts)             # no bytes are shown of a special token
        assert [[*row[:2], *row[3:]] for row in rows] == [[*row[:2], *row[3:]] for row in expected], (name, texts)


def test_characters_too():
    characters = Tokenizer.train_char(["to be"])
    assert [row[0] for row in strip(characters, "to be")] == list("to be")
