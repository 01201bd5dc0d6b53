"""The hybrid: one checkpoint under three masks, which fills blanks step by step, and continues a text."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from bertgpt.device import device_of, evaluation_mode
from bertgpt.inference.filling import unmask
from bertgpt.model.both import Both
from bertgpt.text.tokenizer import Tokenizer

from .base import module, most_probable, style
from .live import LiveWidget

ORDERS = ("bidirectional", "causal", "prefix")
SHOWN = 5  # tokens listed for each position


def as_step(tokenizer: Tokenizer, positions: Tensor, ids: Tensor, probs: Tensor) -> dict:
    """Write one step as the page reads it; positions, ids: (k,), probs: (k, V)."""
    return {"at": positions.tolist(), "ids": ids.tolist(), "words": [most_probable(p, tokenizer, SHOWN) for p in probs]}


def fill(model: Both, tokenizer: Tokenizer, ids: Sequence[int], order: str | int, n_steps: int) -> list[dict]:
    """Fill the blanks of a text by unmasking, in n_steps passes under one order: -> the steps."""
    steps: list[tuple] = []
    row = torch.tensor([list(ids)], device=device_of(model))  # (1, T)
    unmask(model, row, tokenizer.mask_id, n_steps, order=order, on_step=lambda *step: steps.append(step))
    return [as_step(tokenizer, *step) for step in steps]


@torch.inference_mode()
def write_on(model: Both, tokenizer: Tokenizer, ids: Sequence[int], order: str | int, count: int) -> list[dict]:
    """Append the most probable token, count times, each time reading the whole text anew: -> the steps."""
    steps = []
    row = torch.tensor([list(ids)], device=device_of(model))  # (1, T)
    with evaluation_mode(model):
        for _ in range(count):
            logits = model.lm_head(model.encode(row, order=order)[:, -1])  # (1, V)
            logits[:, tokenizer.mask_id] = -torch.inf  # a blank is no answer
            new = logits.argmax(dim=-1)  # (1,)
            steps.append(as_step(tokenizer, torch.tensor([row.size(1)]), new, logits.softmax(dim=-1)))
            row = torch.cat([row, new[None]], dim=1)  # (1, T + 1)
    return steps


class Hybrid(LiveWidget):
    """Choose a game and a mask for one checkpoint, and walk through what it does to a text.

    text: holds [MASK] where a word is missing, beginning with a space where it begins with a word
    count: how many tokens continue it; prefix: how many tokens of the text a prefix mask shows to all
    What is shown first was computed beforehand; the reader's own text is answered in the page, by the model
    called `name` there. Raises ValueError for a text without a blank.
    """

    _esm = module("hybrid.js")
    _css = style("live.css", "hybrid.css")

    label = traitlets.Unicode("One model, three masks").tag(sync=True)
    name = traitlets.Unicode("littleboth", help="what the page calls the model").tag(sync=True)
    text = traitlets.Unicode(help="what is shown first").tag(sync=True)
    ids = traitlets.List(traitlets.Int(), help="its tokens").tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    runs = traitlets.Dict(help="game and mask -> steps").tag(sync=True)
    words = traitlets.Dict(help="id -> token, of all that was written").tag(sync=True)
    count = traitlets.Int(12, min=1).tag(sync=True)
    prefix = traitlets.Int(4, min=0).tag(sync=True)
    stored_prefix = traitlets.Int(help="what `runs` were computed with").tag(sync=True)
    game = traitlets.Enum(["fill", "go on"], "fill").tag(sync=True)
    order = traitlets.Enum(ORDERS, "bidirectional").tag(sync=True)
    step = traitlets.Int(1, min=0, help="how many steps are shown; beyond the last: all").tag(sync=True)

    def __init__(self, model: Both, tokenizer: Tokenizer, text: str, count: int = 12, prefix: int = 4, **traits):
        ids = [tokenizer.eos_id, *tokenizer.encode(text)]
        if (n_blanks := ids.count(tokenizer.mask_id)) == 0:
            raise ValueError(f"the hybrid fills blanks, and {text!r} has none: put [MASK] where a word is missing")
        prompt = ids[: ids.index(tokenizer.mask_id)]  # what is continued
        runs = {}
        for order in ORDERS:
            seen = min(prefix, len(ids)) if order == "prefix" else order
            runs[f"fill, {order}"] = fill(model, tokenizer, ids, seen, n_blanks)
            seen = min(prefix, len(prompt)) if order == "prefix" else order
            runs[f"go on, {order}"] = write_on(model, tokenizer, prompt, seen, count)
        written = {id_ for steps in runs.values() for step in steps for id_ in step["ids"]}
        words = {str(id_): tokenizer.decode([id_]) for id_ in sorted(written)}
        super().__init__(
            {"littleboth": model},
            tokenizer,
            text=text.strip(),
            ids=ids,
            tokens=tokenizer.tokens(ids),
            runs=runs,
            count=count,
            prefix=prefix,
            stored_prefix=prefix,
            words=words,
            **traits,
        )
