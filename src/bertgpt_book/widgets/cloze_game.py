"""The cloze game: fill a blank or say the next word, then see what BERT and GPT predicted."""

from collections.abc import Sequence

import torch
import traitlets

from bertgpt.device import device_of, evaluation_mode
from bertgpt.text.tokenizer import Tokenizer

from .base import StaticWidget, module, most_probable

MODELS = ("BERT", "GPT")
ROUNDS = ("blank", "end")


@torch.inference_mode()
def answers(bert, gpt, tokenizer: Tokenizer, left: str, right: str, top: int) -> dict[str, dict[str, list]]:
    """Let BERT predict the word between left and right ("" where there is none), and GPT the one after left.

    -> model -> its `top` most probable tokens and their probabilities, {"tokens": [...], "p": [...]}
    """
    ids, _ = tokenizer.encode_pair(f"{left} [MASK]{right}")
    framed = torch.tensor([ids], device=device_of(bert))  # (1, T)
    before = torch.tensor([tokenizer.encode(left)], device=device_of(gpt))  # (1, T)
    with evaluation_mode(bert), evaluation_mode(gpt):
        logits = {
            "BERT": bert(framed, positions=framed == tokenizer.mask_id)[0][0],  # (V,)
            "GPT": gpt(before)[0, -1],
        }  # (V,)
    found = {}
    for name in MODELS:
        words = most_probable(logits[name].softmax(dim=-1), tokenizer, top, significant=4)
        found[name] = {"tokens": [token for token, _ in words], "p": [p for _, p in words]}
    return found


def choices(truth: str, found: dict[str, dict[str, list]], n: int = 6) -> list[str]:
    """Offer n words in alphabetical order: the true one, and the top whole words of either model."""
    offered = {truth.lower(): truth}
    for pair in zip(*(found[name]["tokens"] for name in MODELS)):
        for token in pair:
            if len(offered) < n and token[:1].isalpha():
                offered.setdefault(token.lower(), token)
    return [offered[key] for key in sorted(offered)]


class ClozeGame(StaticWidget):
    """Guess a hidden word before BERT and GPT do: at a blank in the middle, and where a text stops.

    blanks, ends: texts with the word to guess in braces, " He took her {hand}, and kissed it.", beginning
    with a space where they begin with a word; at an end neither reader nor models see what follows the brace
    top: how many tokens of each model are stored; everything is computed beforehand
    Raises ValueError where a text has nothing before the braces, or not a single token in them.
    """

    _esm = module("cloze_game.js")

    puzzles = traitlets.List(traitlets.Dict(), help="round, left, right, truth, choices, answers").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the text that is shown").tag(sync=True)
    guesses = traitlets.List(traitlets.Unicode(), help='the reader\'s words; "" before one is given').tag(sync=True)

    def __init__(
        self,
        bert,
        gpt,
        tokenizer: Tokenizer,
        blanks: Sequence[str] = (),
        ends: Sequence[str] = (),
        top: int = 200,
        **traits,
    ):
        puzzles = []
        for kind, texts in zip(ROUNDS, (blanks, ends)):
            for text in texts:
                before, _, rest = text.partition("{")
                truth, brace, right = rest.partition("}")
                left = before.rstrip()
                if not left or not brace or len(tokenizer.encode(f" {truth}")) != 1:
                    raise ValueError(f"{text!r} needs some words, then one word of a single token in braces")
                found = answers(bert, gpt, tokenizer, left, right if kind == "blank" else "", top)
                puzzles.append(
                    {
                        "round": kind,
                        "left": left.strip(),
                        "right": right,
                        "truth": truth,
                        "choices": choices(truth, found),
                        "answers": found,
                    }
                )
        traits = {"label": "Cloze game", "guesses": [""] * len(puzzles), **traits}
        super().__init__(puzzles=puzzles, **traits)

    def _summary(self) -> str:
        kinds = [puzzle["round"] for puzzle in self.puzzles]
        return ", ".join(f"{kind}s={kinds.count(kind)}" for kind in ROUNDS)
