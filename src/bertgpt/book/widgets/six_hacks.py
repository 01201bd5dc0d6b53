"""Six hacks: one beginning, six ways to make BERT go on from it, and GPT, token by token under one judge."""

from collections.abc import Callable, Sequence

import torch
import traitlets
from torch import Tensor

from ...device import device_of, evaluation_mode
from ...inference.decoding import sample_next_token
from ...text.tokenizer import Tokenizer
from .base import module, readable, rounded, style
from .live import PAIR, LiveWidget

GROWING = {      # ways to write that append a token at a time -> what they show behind the text
    "no mask": "", "[MASK] at the end": "[MASK]", "[MASK] and a full stop": "[MASK].", "GPT": ""}
FILLING = ["all blanks at once", "left to right", "Gibbs sampling"]      # begin with blanks and a full stop
HACKS = [name for name in GROWING if name != "GPT"] + FILLING
TEMPERATURES = {"the likeliest": 0.0, "a draw": 1.0}


def visits(hack: str, length: int, sweeps: int, generator: torch.Generator | None = None) -> list[int]:
    """Say which slot is asked at each step: each once and in order, or by Gibbs in a new random order each sweep."""
    if hack != "Gibbs sampling":
        return list(range(length))
    return [slot for _ in range(sweeps) for slot in torch.randperm(length, generator=generator).tolist()]


@torch.inference_mode()
def logits_at(bert, tokenizer: Tokenizer, row: Sequence[int], place: int) -> Tensor:
    """Read BERT's masked-LM head at one place of a framed row: ids, the place among them -> (1, V)."""
    ids = torch.tensor([[tokenizer.cls_id, *row, tokenizer.sep_id]], device=device_of(bert))    # (1, T)
    with evaluation_mode(bert):
        return bert(ids, positions=torch.arange(ids.size(1), device=ids.device)[None] == place + 1)[0]


@torch.inference_mode()
def write(models: dict, tokenizer: Tokenizer, prompt: Sequence[int], way: str, order: Sequence[int],
          pick: Callable[[Tensor], Tensor]) -> list[tuple[int, int, Tensor]]:
    """Go on from a prompt in one of the six ways with BERT, or with GPT.

    models: {"BERT": ..., "GPT": ...}; order: the slots in the order in which they are asked; pick: (1, V) -> (1,)
    -> of each step the slot, the id that was put there, and the probabilities (V,) it was chosen from
    """
    stop, n = tokenizer.encode("."), len(prompt)
    slots = [] if way in GROWING else [tokenizer.mask_id] * (max(order) + 1)
    taken = []
    for slot in order:
        row, place = [*prompt, *slots], n + slot
        if way in ("no mask", "GPT"):
            place -= 1
        elif way in GROWING:
            row += [tokenizer.mask_id, *(stop if "full stop" in way else [])]
        elif way == "all blanks at once":
            row = [*prompt, *[tokenizer.mask_id] * len(slots), *stop]
        else:
            row[place] = tokenizer.mask_id
            row += stop
        if way == "GPT":
            ids = torch.tensor([row], device=device_of(models["GPT"]))                     # (1, T)
            with evaluation_mode(models["GPT"]):
                logits = models["GPT"](ids)[:, -1]                                         # (1, V)
        else:
            logits = logits_at(models["BERT"], tokenizer, row, place)                      # (1, V)
        new = int(pick(logits))
        slots[slot:slot + 1] = [new]             # takes the blank's place, or is appended
        taken.append((slot, new, logits[0].softmax(dim=-1)))
    return taken


def replay(steps: Sequence[dict], n: int, blanks: int) -> dict:
    """Put the first n steps together: what stands in each slot (None: a blank), and the measures of it.

    -> slots; the judge's mean log-probability (None where nobody judged), the share of signs, and of tokens that stood
    there before; all None while a blank is left or nothing is written
    """
    slots: list[str | None] = [None] * blanks
    for step in steps[:n]:
        slots[step["at"]:step["at"] + 1] = [step["token"]]
    if not n or None in slots:
        return {"slots": slots, "mean": None, "signs": None, "repeats": None}
    words, judged = [token for token in slots if token is not None], steps[n - 1]["judged"]
    signs = sum(not any(c.isalnum() for c in token) for token in words)
    return {"slots": slots, "mean": judged and sum(judged) / len(judged), "signs": signs / len(words),
            "repeats": 1 - len(set(words)) / len(words)}


class SixHacks(LiveWidget):
    """Choose a beginning and a way to go on from it, and step through the text token by token.

    judge: has `log_probs(ids)`; prompts: a str each, begun with a space where they begin with a word
    length: how many tokens are written; sweeps: of Gibbs sampling; top: how many words are listed; seed: of the draws
    All this is computed beforehand; on a beginning of their own, the reader's browser goes on, and nobody judges it.
    Raises ValueError where there is nothing to show.
    """

    _esm = module("six_hacks.js")
    _css = style("live.css")

    prompts = traitlets.List(traitlets.List(), help="of each prompt, its tokens").tag(sync=True)
    ways = traitlets.List(traitlets.List(), help="[name, text behind the slots, blanks at the start]").tag(sync=True)
    rules = traitlets.List(traitlets.Unicode()).tag(sync=True)
    temperatures = traitlets.List(traitlets.Float(), help="of each rule").tag(sync=True)
    traces = traitlets.List(traitlets.List(), help="of each prompt, way, rule: the steps").tag(sync=True)
    prompt = traitlets.Int(0, min=0).tag(sync=True)
    way = traitlets.Int(0, min=0).tag(sync=True)
    rule = traitlets.Int(0, min=0).tag(sync=True)
    step = traitlets.Int(1, min=0, help="how many steps are shown; beyond the last: all").tag(sync=True)

    def __init__(self, bert, gpt, tokenizer: Tokenizer, judge, prompts: Sequence[str], length: int = 8,
                 sweeps: int = 3, top: int = 6, seed: int = 0, **traits):
        rows = [tokenizer.encode(prompt) for prompt in prompts]
        if not rows or min(length, sweeps, top) < 1 or not all(rows):
            raise ValueError("six hacks need a prompt with a token in it, a slot, a sweep and a word to list")
        if max(map(len, rows)) + length + 3 > min(bert.config.max_len, gpt.config.max_len):
            raise ValueError(f"a prompt and {length} slots do not fit into the models' contexts: shorten one of them")
        models, ways = {"BERT": bert, "GPT": gpt}, [*HACKS, "GPT"]

        def trace(row, way, temperature):
            generator = torch.Generator().manual_seed(seed)
            order = visits(way, length, sweeps, generator)
            taken = write(models, tokenizer, row, way, order,
                          lambda logits: sample_next_token(logits, temperature, generator=generator))
            slots, steps = {}, []
            for at, new, p in taken:
                slots[at] = new
                whole = way in GROWING or len(slots) == length
                judged = judge.log_probs([*row, *(slots[i] for i in sorted(slots))])[len(row):] if whole else None
                best = p.topk(top)
                steps.append({
                    "at": at, "token": readable(tokenizer.decode([new])), "p": rounded(p[new]),
                    "top": [[readable(token), share] for token, share in
                            zip(tokenizer.tokens(best.indices), rounded(best.values))],
                    "judged": None if judged is None else rounded(torch.as_tensor(judged), decimals=2)})
            return steps

        traces = [[[trace(row, way, temperature) for temperature in TEMPERATURES.values()] for way in ways]
                  for row in rows]
        super().__init__(
            {PAIR[name]: model for name, model in models.items()}, tokenizer, temperatures=list(TEMPERATURES.values()),
            prompts=[[readable(token) for token in tokenizer.tokens(row)] for row in rows], rules=list(TEMPERATURES),
            ways=[[way, GROWING.get(way, "."), 0 if way in GROWING else length] for way in ways], traces=traces,
            **{"label": "Six hacks", **traits})

    def steps(self, way: int | None = None) -> list[dict]:
        """Give the steps of a way, the shown one by default, under the shown prompt and rule."""
        return self.traces[self.prompt][self.way if way is None else way][self.rule]

    def shown(self) -> dict:
        """Give what the page shows: this way's slots and measures, and GPT's when it is done."""
        steps, gpt = self.steps(), self.steps(len(self.ways) - 1)
        n = min(self.step, len(steps))
        return {"step": n, **replay(steps, n, self.ways[self.way][2]), "GPT": replay(gpt, len(gpt), 0)}

    def _summary(self) -> str:
        return f"prompts={len(self.prompts)}, ways={len(self.ways)}"
