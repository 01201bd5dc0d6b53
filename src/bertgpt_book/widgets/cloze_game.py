"""The cloze game: fill a blank or say the next word, then see what BERT and GPT predicted."""

import re
from collections.abc import Sequence

import traitlets

from bertgpt.text.tokenizer import Tokenizer

from .base import StaticWidget, module
from .pair import OWN, blank_answers


def choices(truth: str, guesses: dict[str, list[list]], n: int = 6) -> list[str]:
    """Offer n words in alphabetical order: the true one, and the top whole words of either model."""
    offered = {truth.lower(): truth}
    for pair in zip(guesses["BERT"], guesses["GPT"]):
        for token, _ in pair:
            if len(offered) < n and token[:1].isalpha():
                offered.setdefault(token.lower(), token)
    return [offered[key] for key in sorted(offered)]


def make_puzzle(bert, gpt, tokenizer: Tokenizer, kind: str, text: str, top: int) -> dict:
    """Split a text at the word in braces, and let each model guess it under its own mask; kind: "blank" or "end"."""
    left, truth, right = re.split("[{}]", text)
    said = blank_answers(bert, gpt, tokenizer, left, right if kind == "blank" else "", top)
    guesses = {name: said[name][mask] for name, mask in OWN.items()}
    parts = {"left": left.strip(), "truth": truth, "right": right}
    return {"round": kind, **parts, "choices": choices(truth, guesses), "answers": guesses}


class ClozeGame(StaticWidget):
    """Guess a hidden word before BERT and GPT do: at a blank in the middle, and where a text stops.

    blanks, ends: texts with the word to guess in braces, " He took her {hand}, and kissed it.", beginning
    with a space where they begin with a word; at an end neither reader nor models see what follows the brace
    top: how many tokens of each model are stored; everything is computed beforehand
    """

    _esm = module("cloze_game.js")

    label = traitlets.Unicode("Cloze game").tag(sync=True)
    puzzles = traitlets.List(traitlets.Dict(), help="round, left, right, truth, choices, answers").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the text that is shown").tag(sync=True)
    guesses = traitlets.List(traitlets.Unicode(), help='the reader\'s words; "" before one is given').tag(sync=True)

    def __init__(
        self, bert, gpt, tokenizer: Tokenizer, blanks: Sequence[str], ends: Sequence[str] = (), top: int = 200, **traits
    ):
        puzzles = [make_puzzle(bert, gpt, tokenizer, "blank", text, top) for text in blanks]
        puzzles += [make_puzzle(bert, gpt, tokenizer, "end", text, top) for text in ends]
        super().__init__(puzzles=puzzles, **{"guesses": [""] * len(puzzles), **traits})
