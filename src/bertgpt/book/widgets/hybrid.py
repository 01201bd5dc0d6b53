"""The hybrid: one checkpoint under three masks, which fills blanks, pass by pass, and goes on."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from ...device import device_of, evaluation_mode
from ...model.both import Both, Order
from ...text.tokenizer import Tokenizer
from .base import module, most_probable, style
from .live import LiveWidget

HYBRID_MASKS = ("bidirectional", "causal", "prefix")


@torch.inference_mode()
def next_words(model: Both, ids: Sequence[int], places: Sequence[int], order: Order, mask_id: int) -> Tensor:
    """Name the tokens at some places of a text, each from the state one token earlier: -> probabilities (N, V).

    A blank is no answer. The place behind the last token is named as all others are.
    """
    row = torch.tensor([list(ids)], device=device_of(model))                               # (1, T)
    with evaluation_mode(model):
        hidden = model.encode(row, order=order)[0]                                         # (T, D)
        before = torch.tensor(places, device=row.device) - 1                               # (N,)
        logits = model.lm_head(hidden[before])                                             # (N, V)
    logits[:, mask_id] = -torch.inf
    return logits.softmax(dim=-1)


def fill(model: Both, tokenizer: Tokenizer, ids: Sequence[int], order: Order, passes: int, top: int = 5) -> list[dict]:
    """Fill the blanks of a text in so many passes, an equal share in each, the surest first (filling.unmask).

    -> of each pass {"at": places, "ids", "words": of each place [[token, probability], ...], the likeliest first}
    """
    row, steps = list(ids), []
    n_blanks = row.count(tokenizer.mask_id)
    for step in range(1, passes + 1):
        blanks = [t for t, id_ in enumerate(row) if id_ == tokenizer.mask_id]
        p = next_words(model, row, blanks, order, tokenizer.mask_id)                       # (N, V)
        sure, guesses = p.max(dim=-1)                                                      # (N,) each
        n_kept = len(blanks) - n_blanks * (passes - step) // passes
        kept = sorted(sure.topk(n_kept).indices.tolist())
        for i in kept:
            row[blanks[i]] = int(guesses[i])
        steps.append({"at": [blanks[i] for i in kept], "ids": [int(guesses[i]) for i in kept],
                      "words": [most_probable(p[i], tokenizer, top) for i in kept]})
    return steps


def write_on(model: Both, tokenizer: Tokenizer, ids: Sequence[int], order: Order, count: int,
             top: int = 5) -> list[dict]:
    """Put the likeliest token behind a text, so many times: -> steps as `fill` gives them."""
    row, steps = list(ids), []
    for _ in range(count):
        [p] = next_words(model, row, [len(row)], order, tokenizer.mask_id)                 # (V,)
        row.append(int(p.argmax()))
        steps.append({"at": [len(row) - 1], "ids": row[-1:], "words": [most_probable(p, tokenizer, top)]})
    return steps


class Hybrid(LiveWidget):
    """Choose a game and a mask for one checkpoint, and walk through what it does to a text.

    text: holds [MASK] where a word is missing, begun with a space where it begins with a word; count: how many tokens
    it goes on by; prefix: how many tokens of the text a prefix mask shows to all. What is shown first was computed
    beforehand; the reader's own text is answered in the page, by the model that `name` stands for there.
    Raises ValueError where there is no blank, or no room for what is written.
    """

    _esm = module("hybrid.js")
    _css = style("live.css", "hybrid.css")

    name = traitlets.Unicode("tinyboth", help="what the page calls the model").tag(sync=True)
    text = traitlets.Unicode(help="what is shown first").tag(sync=True)
    ids = traitlets.List(traitlets.Int(), help="its tokens").tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    runs = traitlets.Dict(help="game and mask -> steps").tag(sync=True)
    words = traitlets.Dict(help="id -> token, of all that was written").tag(sync=True)
    count = traitlets.Int(12, min=1).tag(sync=True)
    prefix = traitlets.Int(4, min=0).tag(sync=True)
    stored_prefix = traitlets.Int(help="what `runs` were computed with").tag(sync=True)
    game = traitlets.Enum(["fill", "go on"], "fill").tag(sync=True)
    order = traitlets.Enum(HYBRID_MASKS, "bidirectional").tag(sync=True)
    step = traitlets.Int(1, min=0, help="how many steps are shown; beyond the last: all").tag(sync=True)

    def __init__(self, model: Both, tokenizer: Tokenizer, text: str, count: int = 12, prefix: int = 4, **traits):
        ids = [tokenizer.eos_id, *tokenizer.encode(text)]
        if (n_blanks := ids.count(tokenizer.mask_id)) == 0:
            raise ValueError(f"the hybrid fills blanks, and {text!r} has none: put [MASK] where a word is missing")
        if len(ids) + count > model.config.max_len:
            raise ValueError(f"{len(ids)} tokens and {count} more exceed max_len = {model.config.max_len}")
        known = ids[:ids.index(tokenizer.mask_id)]       # it goes on from what stands before the first blank
        runs = {}
        for order in HYBRID_MASKS:
            seen = min(prefix, len(ids)) if order == "prefix" else order
            runs[f"fill, {order}"] = fill(model, tokenizer, ids, seen, n_blanks)
            seen = min(prefix, len(known)) if order == "prefix" else order
            runs[f"go on, {order}"] = write_on(model, tokenizer, known, seen, count)
        written = {id_ for steps in runs.values() for step in steps for id_ in step["ids"]}
        super().__init__({traits.get("name", "tinyboth"): model}, tokenizer, text=text.strip(),
                         ids=ids, tokens=tokenizer.tokens(ids), runs=runs, count=count, prefix=prefix,
                         stored_prefix=prefix, words={str(id_): tokenizer.decode([id_]) for id_ in sorted(written)},
                         **{"label": "One model, three masks", **traits})

    def shown(self) -> list[dict]:
        """Give the steps that the page shows of the stored text."""
        return self.runs[f"{self.game}, {self.order}"][:self.step]

    def _summary(self) -> str:
        return f"tokens={len(self.ids)}, games=2, masks={len(HYBRID_MASKS)}"
