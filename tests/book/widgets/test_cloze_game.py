"""The cloze game without a browser: what is asked and stored, and the arithmetic of game and page."""

import json
import re

import pytest
import torch
import traitlets
from harmless import HOSTILE, assert_harmless

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.book.widgets import ClozeGame
from bertgpt.book.widgets.base import readable
from bertgpt.book.widgets.cloze_game import choices, place_of, score

TOKENIZER = load_tokenizer()
BLANKS = [" He took her {hand}, and kissed it.", " She opened the {letter} and read it."]
ENDS = [" She could not {help} it."]
TOP = 30


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(1)
    sizes = dict(vocab_size=TOKENIZER.vocab_size, max_len=24, d_model=12, n_layers=1, n_heads=3, d_ff=20)
    models = BERTForPreTraining(TransformerConfig.bert(**sizes)), GPT(TransformerConfig.gpt(**sizes))
    return [model.eval() for model in models]


def game(pair, **traits):
    return ClozeGame(*pair, TOKENIZER, BLANKS, ENDS, top=TOP, **traits)


@torch.inference_mode()
def ask_gpt(gpt, text):
    return gpt(torch.tensor([TOKENIZER.encode(text)]))[0, -1].softmax(dim=-1).sort(descending=True)


@torch.inference_mode()
def ask_bert(bert, text):
    """Put the text through BERT by hand and read it where [MASK] stands."""
    ids = torch.tensor([[TOKENIZER.cls_id, *TOKENIZER.encode(text), TOKENIZER.sep_id]])
    (place,) = (ids[0] == TOKENIZER.mask_id).nonzero().flatten().tolist()
    return bert(ids)[0][0, place].softmax(dim=-1).sort(descending=True)


@pytest.mark.parametrize("number, left, framed", [
    (0, " He took her", " He took her [MASK], and kissed it."),
    (1, " She opened the", " She opened the [MASK] and read it."),
    (2, " She could not", " She could not [MASK]"),         # at an end the right side is kept back
])
def test_the_answers_are_the_models_and_each_saw_what_it_may(pair, number, left, framed):
    puzzle = game(pair).puzzles[number]
    for name, (p, ids) in {"BERT": ask_bert(pair[0], framed), "GPT": ask_gpt(pair[1], left)}.items():
        stored = puzzle["answers"][name]
        assert stored["p"] == pytest.approx(p[:TOP].tolist(), rel=1e-3)
        assert stored["tokens"] == [readable(token) for token in TOKENIZER.tokens(ids[:TOP])]
        assert stored["p"] == sorted(stored["p"], reverse=True) and sum(stored["p"]) <= 1


def test_a_puzzle_keeps_its_text_whole(pair):
    for text, puzzle in zip([*BLANKS, *ENDS], game(pair).puzzles):
        assert f"{puzzle['left']} {puzzle['truth']}{puzzle['right']}" == re.sub("[{}]", "", text).strip()
        assert puzzle["truth"] in puzzle["choices"] == sorted(puzzle["choices"], key=str.lower)
        assert len(puzzle["choices"]) == len(set(puzzle["choices"])) <= 6


def test_a_word_is_looked_up_without_its_capitals():
    tokens = ["the", "…sea", "Sea", ",", "sea"]
    assert place_of(tokens, "sea") == place_of(tokens, " SEA ") == 2
    assert place_of(tokens, ",") == 3 and place_of(tokens, "shore") is None


def test_choices_hold_the_truth_and_no_pieces():
    found = {"BERT": {"tokens": ["sea", "…ing", "house"]}, "GPT": {"tokens": ["Sea", ",", "room"]}}
    assert choices("shore", found) == ["house", "room", "sea", "shore"]
    assert choices("sea", found, n=2) == ["house", "sea"]


def puzzle(kind, truth, bert, gpt):
    return {"round": kind, "truth": truth, "answers": {"BERT": {"tokens": [bert]}, "GPT": {"tokens": [gpt]}}}


PLAYED = [puzzle("blank", "hand", "hand", "arm"), puzzle("blank", "sea", "lake", "Sea"),
          puzzle("end", "go", "go", "go"), puzzle("end", "be", "is", "be")]


def test_only_first_guesses_at_texts_that_were_played_count():
    counts = score(PLAYED, ["Hand ", "", "run", ""])
    assert counts == {"blank": {"played": 1, "reader": 1, "BERT": 1, "GPT": 0},
                      "end": {"played": 1, "reader": 0, "BERT": 1, "GPT": 1}}
    everything = score(PLAYED, ["x"] * 4)
    assert everything["blank"] == {"played": 2, "reader": 0, "BERT": 1, "GPT": 1} and everything["end"]["GPT"] == 2


def test_the_widget_keeps_score(pair):
    widget = game(pair)
    assert repr(widget) == "ClozeGame(blanks=2, ends=1)"
    assert widget.score()["blank"]["played"] == 0
    widget.guesses = ["hand", "", ""]
    assert widget.score()["blank"] == {"played": 1, "reader": 1} | {
        name: int(widget.puzzles[0]["answers"][name]["tokens"][0].lower() == "hand") for name in ("BERT", "GPT")}
    with pytest.raises(traitlets.TraitError, match="2 guesses for 3"):
        widget.guesses = ["hand", "letter"]


@pytest.mark.parametrize("blanks, complaint", [
    ([], "needs a text"), ([" no word to guess."], "in braces"), ([" {She} went."], "in braces"),
    ([" the {antidisestablishment} of"], "single token"), ([" word" * 24 + " {hand}."], "max_len = 24"),
])
def test_nothing_to_guess_is_refused(pair, blanks, complaint):
    with pytest.raises(ValueError, match=complaint):
        ClozeGame(*pair, TOKENIZER, blanks)


def test_the_html_is_stable_and_asks_nobody_for_anything(pair):
    assert_harmless(lambda: ClozeGame(*pair, TOKENIZER, [f"{HOSTILE} {{hand}}"], top=TOP))


def test_the_page_counts_as_python_does(in_node):
    tokens = ["the", "…sea", "Sea", ",", "sea", "hand", "go", "be", "on"]
    words = ["sea", " SEA ", ",", "shore", "ing", "the", ""]
    games = [["Hand ", "", "run", ""], ["hand", "sea", "go", "be"], ["", "", "", ""]]
    answer = in_node(
        "cloze_game.js",
        'import { placeOf, rowsOf, score } from "./widget.mjs";'
        f"const [tokens, words, puzzles, games] = {json.dumps([tokens, words, PLAYED, games])};"
        "console.log(JSON.stringify([words.map((w) => placeOf(tokens, w)), games.map((g) => score(puzzles, g)),"
        'rowsOf({ tokens }, "go", "on"), rowsOf({ tokens }, "sea", "be"), rowsOf({ tokens }, "on", "ON")]));')
    places, counts, *rows = answer
    assert places == [place_of(tokens, word) for word in words]
    assert counts == [score(PLAYED, guesses) for guesses in games]
    first = list(range(6))
    assert rows == [[*first, 6, 8], [*first, 7], [*first, 8]]
