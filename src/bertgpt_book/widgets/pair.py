"""The pair: one sentence with a blank, two models, and a mask for each that can be flipped."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from bertgpt.device import device_of, evaluation_mode
from bertgpt.inference.probes import masked_by
from bertgpt.model.masks import bidirectional_mask, causal_mask
from bertgpt.text.tokenizer import Tokenizer, with_leading_space

from ..records import load_results
from .base import module, most_probable, source
from .engine.real.files import MEGABYTES
from .live import PAIR, LiveWidget

FLIPS = {"bidirectional": bidirectional_mask, "causal": causal_mask}
OWN = {"BERT": "bidirectional", "GPT": "causal"}  # each model's own mask; as in masks.js
# What stands left of a blank, and two endings. Chosen by search: with each ending BERT gives another word more than
# half of its probability; with the first, either mask that is switched changes its model's word; and at the first
# sentence GPT, given the square, has BERT's word, and BERT, given the triangle, GPT's (test_pair.py).
SENTENCES = (
    ("Tim was very", " because his toy was broken.", " and laughed."),
    ("The", " barked.", " flew to its nest."),
    ("Tom wanted to", " his bike.", " a song."),
    ("Can we", " my bike?", " a game?"),
)


def many_blanks() -> dict:
    """Look up how often each model's first word is the right one: -> blanks, right (name -> mask -> percent)."""
    record = load_results("switched")
    right: dict[str, dict[str, int]] = {name: {} for name in OWN}
    for row in record["rows"]:
        name, mask = row["name"].split(", ")
        right[name][mask] = round(row["right, %"])
    return {"blanks": record["about"]["sentences"], "right": right}


def blank_inputs(tokenizer: Tokenizer, left: str, right: str) -> dict[str, tuple[list[int], int]]:
    """Encode a sentence with a blank for both models: -> name -> input ids, and the row that predicts.

    BERT reads [MASK] at the blank. GPT reads the words alone; the last word before the blank
    predicts what comes next, or <eos>, which began every training text, where there is none.
    """
    left = left.rstrip()
    framed, _ = tokenizer.encode_pair(f"{with_leading_space(left) if left else ''} [MASK]{right}")
    before = tokenizer.encode(with_leading_space(left)) if left else [tokenizer.eos_id]
    return {
        "BERT": (framed, framed.index(tokenizer.mask_id)),
        "GPT": (before + tokenizer.encode(right), len(before) - 1),
    }


@torch.inference_mode()
def logits_under(model, ids: Sequence[int], mask: str) -> Tensor:
    """Compute a model's logits for one text under one of FLIPS: -> (T, V)."""
    device = device_of(model)
    with evaluation_mode(model), masked_by(model, FLIPS[mask](len(ids)).to(device)):
        logits = model(torch.tensor([ids], device=device))
    return (logits[0] if isinstance(logits, tuple) else logits)[0]  # (T, V)


def blank_answers(bert, gpt, tokenizer: Tokenizer, left: str, right: str, top: int = 4) -> dict[str, dict[str, list]]:
    """Predict the word at a blank with both models, each under both masks.

    -> name -> mask -> the `top` most probable tokens in order, with probabilities: [[token, p], ...]
    """
    models, answers = {"BERT": bert, "GPT": gpt}, {}
    for name, (ids, row) in blank_inputs(tokenizer, left, right).items():
        probs = {mask: logits_under(models[name], ids, mask)[row].softmax(dim=-1) for mask in FLIPS}
        answers[name] = {mask: most_probable(p, tokenizer, top) for mask, p in probs.items()}
    return answers


class Pair(LiveWidget):
    """Switch either mask, change what follows a blank, ask many sentences, type one: BERT fills, GPT continues.

    sentences: for each, what stands left of the blank, and two endings
    The answers to these are computed beforehand; the models are fetched when the reader types a word.
    """

    _esm = module("pair.js")
    _css = source("common.css") + source("pair.css")

    label = traitlets.Unicode("One sentence, two models, two masks").tag(sync=True)
    sentences = traitlets.List(traitlets.Dict(), help="left, endings, `blank_answers` to each").tag(sync=True)
    chosen = traitlets.Int(0, min=0, help="which of them was chosen last").tag(sync=True)
    left = traitlets.Unicode(help="the text before the blank").tag(sync=True)
    right = traitlets.Unicode(help="the text after it").tag(sync=True)
    masks = traitlets.Dict(OWN, help='name -> "bidirectional" or "causal"').tag(sync=True)
    did = traitlets.Unicode(help='the last click: "BERT", "GPT", "ending", "many" or ""').tag(sync=True)
    done = traitlets.List(traitlets.Int(), help="0, 1: the masks, 2: the ending, 3: many sentences").tag(sync=True)
    many = traitlets.Dict(help="what `many_blanks` finds; {} does not ask them").tag(sync=True)
    megabytes = traitlets.Int(MEGABYTES, help="of the real model that may stand on the page").tag(sync=True)

    @traitlets.default("many")
    def _from_the_record(self) -> dict:
        return many_blanks()

    def __init__(self, bert, gpt, tokenizer: Tokenizer, sentences: Sequence[Sequence[str]] = SENTENCES, **traits):
        offered = []
        for left, *endings in sentences:
            stored = [blank_answers(bert, gpt, tokenizer, left, ending) for ending in endings]
            offered.append({"left": left, "endings": endings, "stored": stored})
        super().__init__(
            {PAIR["BERT"]: bert, PAIR["GPT"]: gpt},
            tokenizer,
            sentences=offered,
            left=offered[0]["left"],
            right=offered[0]["endings"][0],
            **traits,
        )
