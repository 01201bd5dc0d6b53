"""Seven hacks: one prompt, seven ways to make BERT continue it, and GPT, token by token under one judge."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
import traitlets
from torch import Tensor

from bertgpt.inference.decoding import sample_next_token
from bertgpt.text.tokenizer import Tokenizer

from .base import module, most_probable, readable, rounded, style
from .live import PAIR, LiveWidget
from .pair import logits_under

MASK, ROOM = "[MASK]", 10  # how many blanks follow the text in "rolling blanks"
GROWING = {  # ways to write that append a token at a time -> what they show after the text
    "no mask": "",
    "[MASK] at the end": MASK,
    "[MASK] and a full stop": f"{MASK}.",
    "rolling blanks": ROOM * MASK,
    "GPT": "",
}
FILLING = ["all blanks at once", "left to right", "Gibbs sampling"]  # begin with blanks and a full stop
HACKS = ["no mask", "[MASK] at the end", "[MASK] and a full stop", *FILLING, "rolling blanks"]
TEMPERATURES = {"the most probable": 0.0, "a draw": 1.0}  # what a page calls each


def slot_order(hack: str, length: int, sweeps: int, generator: torch.Generator | None = None) -> list[int]:
    """Return the slot of each step: from left to right, or by Gibbs in a new random order each sweep."""
    if hack != "Gibbs sampling":
        return list(range(length))
    return [slot for _ in range(sweeps) for slot in torch.randperm(length, generator=generator).tolist()]


def write(
    models: dict, tokenizer: Tokenizer, prompt: Sequence[int], way: str, order: Sequence[int], choose: Callable
) -> list[tuple[int, int, Tensor]]:
    """Continue a prompt by one of the seven hacks with BERT, or with GPT.

    models: {"BERT": ..., "GPT": ...}; order: the slot of each step; choose: (1, V) -> (1,)
    -> for each step the slot, the id put there, and the probabilities (V,) it was chosen from
    """
    stop, n = tokenizer.encode("."), len(prompt)
    slots = [] if way in GROWING else [tokenizer.mask_id] * (max(order) + 1)
    steps = []
    for slot in order:
        row, position = [*prompt, *slots], n + slot
        if way in ("no mask", "GPT"):
            position -= 1
        elif way in GROWING:
            row += [tokenizer.mask_id] * GROWING[way].count(MASK) + (stop if "full stop" in way else [])
        elif way == "all blanks at once":
            row = [*prompt, *[tokenizer.mask_id] * len(slots), *stop]
        else:
            row[position] = tokenizer.mask_id
            row += stop
        if way == "GPT":
            logits = logits_under(models["GPT"], row, "causal")[-1]  # (V,)
        else:
            framed = [tokenizer.cls_id, *row, tokenizer.sep_id]
            logits = logits_under(models["BERT"], framed, "bidirectional")[position + 1]  # (V,)
        new = int(choose(logits[None]))
        slots[slot : slot + 1] = [new]  # replaces the blank, or is appended
        steps.append((slot, new, logits.softmax(dim=-1)))
    return steps


class SevenHacks(LiveWidget):
    """Choose a prompt and a method to continue it, and step through the text token by token.

    judge: has `log_probs(ids)`; prompts: a str each, begun with a space where they begin with a word
    length: tokens to write; sweeps: of Gibbs sampling; top: words to list
    All this is computed beforehand; the reader's own prompt is continued in the browser, unjudged.
    """

    _esm = module("seven_hacks.js")
    _css = style("live.css")

    label = traitlets.Unicode("Seven hacks").tag(sync=True)
    prompts = traitlets.List(traitlets.List(), help="for each prompt, its tokens").tag(sync=True)
    ways = traitlets.List(traitlets.List(), help="[name, text after the slots, blanks at first]").tag(sync=True)
    rules = traitlets.List(traitlets.Unicode()).tag(sync=True)
    temperatures = traitlets.List(traitlets.Float(), help="for each rule").tag(sync=True)
    traces = traitlets.List(traitlets.List(), help="steps by prompt, way and rule").tag(sync=True)
    prompt = traitlets.Int(0, min=0).tag(sync=True)
    way = traitlets.Int(0, min=0).tag(sync=True)
    rule = traitlets.Int(0, min=0).tag(sync=True)
    step = traitlets.Int(1, min=0, help="how many steps are shown; beyond the last: all").tag(sync=True)

    def __init__(
        self, bert, gpt, tokenizer: Tokenizer, judge, prompts: Sequence[str], length=8, sweeps=3, top=6, **traits
    ):
        rows = [tokenizer.encode(prompt) for prompt in prompts]
        models, ways = {"BERT": bert, "GPT": gpt}, [*HACKS, "GPT"]

        def trace(row: list[int], way: str, temperature: float) -> list[dict]:
            """Continue a prompt, and list each step as the page shows it."""
            generator = torch.Generator().manual_seed(0)
            order = slot_order(way, length, sweeps, generator)
            choose = partial(sample_next_token, temperature=temperature, generator=generator)
            slots, steps = {}, []
            for at, new, p in write(models, tokenizer, row, way, order, choose):
                slots[at], judged = new, None
                if way in GROWING or len(slots) == length:
                    log_probs = judge.log_probs([*row, *(slots[i] for i in sorted(slots))])
                    judged = rounded(torch.as_tensor(log_probs[len(row) :]), decimals=2)
                token = {"token": readable(tokenizer.decode([new])), "p": rounded(p[new], significant=4)}
                steps.append({"at": at, **token, "top": most_probable(p, tokenizer, top), "judged": judged})
            return steps

        super().__init__(
            {PAIR[name]: model for name, model in models.items()},
            tokenizer,
            prompts=[[readable(token) for token in tokenizer.tokens(row)] for row in rows],
            ways=[[way, GROWING.get(way, "."), 0 if way in GROWING else length] for way in ways],
            rules=list(TEMPERATURES),
            temperatures=list(TEMPERATURES.values()),
            traces=[[[trace(row, way, each) for each in TEMPERATURES.values()] for way in ways] for row in rows],
            **traits,
        )
