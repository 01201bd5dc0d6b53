"""The pair: one sentence with a blank, two models, and a mask for each that can be flipped."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from ...device import device_of, evaluation_mode
from ...inference.probes import masked_by
from ...model.masks import bidirectional_mask, causal_mask
from ...text.tokenizer import Tokenizer, spaced
from .base import module, readable, rounded, source
from .live import PAIR, LiveWidget

BLANK = "▁"
FLIPS = {"bidirectional": bidirectional_mask, "causal": causal_mask}
LEFT = "She had a"
ENDINGS = (" in her hand, and unfolded it.", " and two sons, and was very happy.")


def blank_inputs(tokenizer: Tokenizer, left: str, right: str) -> dict[str, tuple[list[int], int]]:
    """Put a blank to both models: -> name -> the ids that it reads, and the row that answers.

    BERT reads [MASK] at the blank. GPT reads the words alone and answers at the last one before the blank, where it
    names what comes next; where none is before it, at <eos>, which began every text in its training.
    """
    left = left.rstrip()
    framed, _ = tokenizer.encode_pair(f"{spaced(left) if left else ''} [MASK]{right}")
    before = tokenizer.encode(spaced(left)) if left else [tokenizer.eos_id]
    return {"BERT": (framed, framed.index(tokenizer.mask_id)),
            "GPT": (before + tokenizer.encode(right), len(before) - 1)}


@torch.inference_mode()
def logits_under(model, ids: Sequence[int], mask: str) -> Tensor:
    """Score the vocabulary at every token of one text, read under one of FLIPS: -> (T, V)."""
    device = device_of(model)
    with evaluation_mode(model), masked_by(model, FLIPS[mask](len(ids)).to(device)):
        logits = model(torch.tensor([ids], device=device))
    return (logits[0] if isinstance(logits, tuple) else logits)[0]                         # (T, V)


def blank_answers(bert, gpt, tokenizer: Tokenizer, left: str, right: str, top: int = 4) -> dict[str, dict[str, list]]:
    """Ask both models for the word at a blank, each under both masks.

    -> name -> mask -> the `top` likeliest tokens, likeliest first, and their probabilities: [[token, p], ...]
    """
    found: dict[str, dict[str, list]] = {}
    for name, (ids, row) in blank_inputs(tokenizer, left, right).items():
        model, found[name] = {"BERT": bert, "GPT": gpt}[name], {}
        for kind in FLIPS:
            p, best = logits_under(model, ids, kind)[row].softmax(dim=-1).topk(top)        # (top,)
            words = [readable(token) for token in tokenizer.tokens(best)]
            found[name][kind] = [list(pair) for pair in zip(words, rounded(p, significant=3))]
    return found


class Pair(LiveWidget):
    """Type a sentence, put a blank anywhere, flip either mask: BERT fills, GPT continues.

    What stands there at first was computed beforehand, for every ending and both masks: the models themselves come
    to the page with the reader's first own word.
    """

    _esm = module("pair.js")
    _css = source("common.css") + source("pair.css")

    left = traitlets.Unicode(help="what stands before the blank").tag(sync=True)
    right = traitlets.Unicode(help="what stands behind it").tag(sync=True)
    endings = traitlets.List(traitlets.Unicode(), help="what can stand behind it at a click").tag(sync=True)
    stored = traitlets.List(traitlets.Dict(), help="of each ending: name -> mask -> words").tag(sync=True)
    masks = traitlets.Dict(help='name -> "bidirectional" or "causal"').tag(sync=True)

    def __init__(self, bert, gpt, tokenizer: Tokenizer, left: str = LEFT, endings: Sequence[str] = ENDINGS, **traits):
        traits = {"label": "One sentence, two models, two masks",
                  "masks": {"BERT": "bidirectional", "GPT": "causal"}, **traits}
        stored = [blank_answers(bert, gpt, tokenizer, left, ending) for ending in endings]
        super().__init__({PAIR["BERT"]: bert, PAIR["GPT"]: gpt}, tokenizer, left=left, right=endings[0],
                         endings=list(endings), stored=stored, **traits)

    def _summary(self) -> str:
        return f"left={self.left!r}, endings={len(self.endings)}"
