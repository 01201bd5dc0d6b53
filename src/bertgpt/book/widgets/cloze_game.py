"""The cloze game: fill a blank or say the next word, then see what BERT and GPT would have said."""

from collections.abc import Sequence

import torch
import traitlets

from ...device import device_of, evaluation_mode
from ...text.tokenizer import Tokenizer
from .base import StaticWidget, module, most_probable

MODELS = ("BERT", "GPT")
ROUNDS = ("blank", "end")


@torch.inference_mode()
def answers(bert, gpt, tokenizer: Tokenizer, left: str, right: str, top: int) -> dict[str, dict[str, list]]:
    """Ask BERT for the word between two sides, "" where a side is empty, and GPT for the one after the left side.

    -> model -> the `top` likeliest tokens, likeliest first, and their probabilities
    Raises ValueError when BERT has no room for the text; GPT, with less to read, then has.
    """
    ids, _ = tokenizer.encode_pair(f"{left} [MASK]{right}")
    room = min(bert.config.max_len, gpt.config.max_len)
    if len(ids) > room:
        raise ValueError(f"{len(ids)} tokens do not fit into max_len = {room}: shorten {left.strip()[:40]!r}...")
    framed = torch.tensor([ids], device=device_of(bert))                                   # (1, T)
    before = torch.tensor([tokenizer.encode(left)], device=device_of(gpt))                 # (1, T)
    with evaluation_mode(bert), evaluation_mode(gpt):
        logits = {"BERT": bert(framed, positions=framed == tokenizer.mask_id)[0][0],       # (V,)
                  "GPT": gpt(before)[0, -1]}                                               # (V,)
    found = {}
    for name in MODELS:
        words = most_probable(logits[name].softmax(dim=-1), tokenizer, top, significant=4)
        found[name] = {"tokens": [token for token, _ in words], "p": [p for _, p in words]}
    return found


def same(word: str, other: str) -> bool:
    """Tell whether two words are the same to the game: capitals and outer spaces do not count."""
    return word.strip().lower() == other.strip().lower()


def place_of(tokens: Sequence[str], word: str) -> int | None:
    """Find a word among tokens, likeliest first: its first place, or None.

    >>> place_of(["…ing", "Sea", "sea"], " sea "), place_of(["…ing"], "ing")
    (1, None)
    """
    return next((place for place, token in enumerate(tokens) if same(token, word)), None)


def score(puzzles: Sequence[dict], guesses: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count right first guesses in each round, of the texts that have been played: those with a guess.

    -> round -> "played", "reader", "BERT", "GPT"
    """
    counts = {kind: {"played": 0, "reader": 0, "BERT": 0, "GPT": 0} for kind in ROUNDS}
    for puzzle, guess in zip(puzzles, guesses):
        if guess:
            row = counts[puzzle["round"]]
            row["played"] += 1
            row["reader"] += same(guess, puzzle["truth"])
            for name in MODELS:
                row[name] += same(puzzle["answers"][name]["tokens"][0], puzzle["truth"])
    return counts


def choices(truth: str, found: dict[str, dict[str, list]], n: int = 6) -> list[str]:
    """Offer a few words in alphabetical order: the true one, and what comes first to either model's mind."""
    offered = {truth.lower(): truth}
    for pair in zip(*(found[name]["tokens"] for name in MODELS)):
        for token in pair:
            if len(offered) < n and token[:1].isalpha():
                offered.setdefault(token.lower(), token)
    return [offered[key] for key in sorted(offered)]


class ClozeGame(StaticWidget):
    """Guess a hidden word before BERT and GPT do: at a blank in the middle, and where a text stops.

    blanks, ends: texts, begun with a space where they begin with a word, the word to guess in braces,
    " He took her {hand}, and kissed it."; at an end what follows the brace is kept from reader and models alike
    top: how many tokens of each model are stored; everything is computed beforehand
    Raises ValueError where there is nothing to guess, a guess that is not one token, or no room for a text.
    """

    _esm = module("cloze_game.js")

    puzzles = traitlets.List(traitlets.Dict(), help="round, left, right, truth, choices, answers").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the text that is shown").tag(sync=True)
    guesses = traitlets.List(traitlets.Unicode(), help='the reader\'s words; "" before one is given').tag(sync=True)

    def __init__(self, bert, gpt, tokenizer: Tokenizer, blanks: Sequence[str] = (), ends: Sequence[str] = (),
                 top: int = 200, **traits):
        puzzles = []
        for kind, texts in zip(ROUNDS, (blanks, ends)):
            for text in texts:
                before, _, rest = text.partition("{")
                truth, brace, right = rest.partition("}")
                left = before.rstrip()
                if not left or not brace or len(tokenizer.encode(f" {truth}")) != 1:
                    raise ValueError(f"{text!r} needs some words, then one word of a single token in braces")
                found = answers(bert, gpt, tokenizer, left, right if kind == "blank" else "", top)
                puzzles.append({"round": kind, "left": left.strip(), "right": right, "truth": truth,
                                "choices": choices(truth, found), "answers": found})
        if not puzzles:
            raise ValueError("the cloze game needs a text")
        traits = {"label": "Cloze game", "guesses": [""] * len(puzzles), **traits}
        super().__init__(puzzles=puzzles, **traits)

    @traitlets.validate("guesses")
    def _one_each(self, proposal):
        if self.puzzles and len(proposal.value) != len(self.puzzles):
            raise traitlets.TraitError(f"{len(proposal.value)} guesses for {len(self.puzzles)} texts")
        return proposal.value

    def score(self) -> dict[str, dict[str, int]]:
        """Give the score that the page shows."""
        return score(self.puzzles, self.guesses)

    def _summary(self) -> str:
        kinds = [puzzle["round"] for puzzle in self.puzzles]
        return ", ".join(f"{kind}s={kinds.count(kind)}" for kind in ROUNDS)
