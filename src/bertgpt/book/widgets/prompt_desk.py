"""The prompt desk: one prompt put to both models, GPT's text token by token beside whatever BERT can say to it."""

import math
from collections.abc import Mapping, Sequence

import torch
import traitlets

from ...device import device_of, evaluation_mode
from ...inference.decoding import generate
from ...inference.scoring import log_likelihoods
from ...text.tokenizer import Tokenizer
from ...training.finetuning import build_inputs
from .base import module, readable, rounded, style
from .live import PAIR, LiveWidget

DECODING = {"the likeliest": (0.0, 0), "a draw, τ = 0.8": (0.8, 1), "a draw, τ = 1": (1.0, 2),
            "another, τ = 1": (1.0, 3)}


@torch.inference_mode()
def go_on(gpt, tokenizer: Tokenizer, text: str, n_new: int, temperature: float, seed: int) -> dict[str, list]:
    """Let a GPT continue a text: -> "tokens", and "p", what each had at temperature 1."""
    prompt = torch.tensor([tokenizer.encode(text)], device=device_of(gpt))                 # (1, T)
    dice = torch.Generator().manual_seed(seed)
    new = generate(gpt, prompt, n_new, temperature=temperature, generator=dice, eos_id=tokenizer.eos_id)[0]
    with evaluation_mode(gpt):
        logits = gpt(new[None])[0, prompt.size(1) - 1:-1]                                  # (n_new, V)
    new = new[prompt.size(1):]                                                             # (n_new,)
    p = logits.softmax(dim=-1).gather(1, new[:, None])[:, 0]                               # (n_new,)
    return {"tokens": tokenizer.tokens(new), "p": rounded(p)}


@torch.inference_mode()
def fill_blank(bert, tokenizer: Tokenizer, text: str, top: int) -> dict[str, list]:
    """Ask a BERT for the one [MASK] of a text: -> "names", the likeliest tokens, and "shares"."""
    ids = torch.tensor([build_inputs(bert, tokenizer, text)[0]], device=device_of(bert))   # (1, T)
    with evaluation_mode(bert):
        logits = bert(ids, positions=ids == tokenizer.mask_id)[0][0]                       # (V,)
    p, best = logits.softmax(dim=-1).topk(top)                                             # (top,)
    return {"names": [readable(token) for token in tokenizer.tokens(best)], "shares": rounded(p)}


@torch.inference_mode()
def follows(bert, tokenizer: Tokenizer, text: str, candidates: Sequence[str]) -> dict[str, list]:
    """Ask a BERT's next-sentence head which text follows: -> "names", "shares": its "is next", each by itself."""
    shares = []
    for candidate in candidates:
        framed = torch.tensor(build_inputs(bert, tokenizer, text, candidate), device=device_of(bert))    # (2, T)
        with evaluation_mode(bert):
            logits = bert(framed[:1], segment_ids=framed[1:])[1]                           # (1, 2)
        shares.append(logits.softmax(dim=-1)[0, 0])
    return {"names": list(candidates), "shares": rounded(torch.stack(shares))}


def likelier(gpt, tokenizer: Tokenizer, text: str, candidates: Sequence[str], without: str) -> dict[str, list]:
    """Ask a GPT which text goes on, what each has without the prompt taken off: -> "names", "shares": they sum to 1."""
    answers = [tokenizer.encode(candidate) for candidate in candidates]
    given, alone = (torch.stack([found.sum() for found in
                                 log_likelihoods(gpt, [tokenizer.encode(before)] * len(answers), answers)])
                    for before in (text, without))                                         # (candidates,)
    return {"names": list(candidates), "shares": rounded((given - alone).softmax(dim=0))}


def told(p: Sequence[float], n: int) -> dict[str, float]:
    """Sum up the first n tokens of a text: nats in all, and nats a token.

    >>> told([0.5, 0.25], 2)["nats"]
    2.0794
    """
    nats = sum(-math.log(max(share, 1e-12)) for share in p[:n])
    return {"nats": round(nats, 4), "each": round(nats / max(n, 1), 4)}


class PromptDesk(LiveWidget):
    """Choose a prompt and read both models' answers side by side, computed beforehand, or type one: the page asks them.

    prompts: each a mapping with "name" and "text", which GPT goes on from, and as wanted "blank", a text with one
    [MASK] for BERT; "candidates", texts that might follow, for both, with "first", what BERT reads before them
    (the text where left out), and "without", GPT's prompt that gives nothing away; "notes", model -> what it cannot do
    here, and why; "written", rule -> {"tokens", "p"}, texts of other weights than gpt's, in place of its own
    Raises ValueError where there is no prompt, or a text has no room for n_new tokens.
    """

    _esm = module("prompt_desk.js")
    _css = style("live.css")

    desk = traitlets.List(traitlets.Dict(), help="of each prompt: name, text, runs, BERT, GPT, notes").tag(sync=True)
    rules = traitlets.List(traitlets.List(), help="name, temperature, seed: of the reader's prompt").tag(sync=True)
    length = traitlets.Int(help="how many tokens GPT then writes").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the prompt that is shown").tag(sync=True)
    rule = traitlets.Int(0, min=0, help="index of the text that GPT wrote").tag(sync=True)
    shown = traitlets.Int(12, min=0, help="how many of its tokens are on the page").tag(sync=True)

    def __init__(self, bert, gpt, tokenizer: Tokenizer, prompts: Sequence[Mapping], n_new: int = 32, top: int = 5,
                 **traits):
        if not prompts:
            raise ValueError("the prompt desk needs a prompt")
        desk = []
        for prompt in prompts:
            text, candidates = prompt["text"], prompt.get("candidates", [])
            runs = prompt.get("written") or {
                name: go_on(gpt, tokenizer, text, n_new, *rule) for name, rule in DECODING.items()}
            entry = {"name": prompt["name"], "text": text, "notes": dict(prompt.get("notes", {})),
                     "runs": [{"rule": name, **run} for name, run in runs.items()], "BERT": None, "GPT": None}
            if "blank" in prompt:
                entry["BERT"] = {"asked": prompt["blank"], **fill_blank(bert, tokenizer, prompt["blank"], top)}
            if candidates:
                first = prompt.get("first", text)
                entry["GPT"] = {"asked": "", **likelier(gpt, tokenizer, text, candidates, prompt.get("without", "\n"))}
                entry["BERT"] = entry["BERT"] or {"asked": first, **follows(bert, tokenizer, first, candidates)}
            desk.append(entry)
        super().__init__({PAIR["BERT"]: bert, PAIR["GPT"]: gpt}, tokenizer, desk=desk, length=n_new,
                         rules=[[name, *rule] for name, rule in DECODING.items()],
                         **{"label": "Prompt desk", **traits})

    def told(self) -> dict[str, float]:
        """Sum up what is on the page of GPT's text."""
        runs = self.desk[self.place]["runs"]
        p = runs[min(self.rule, len(runs) - 1)]["p"]
        return told(p, min(self.shown, len(p)))

    def _summary(self) -> str:
        return f"prompts={len(self.desk)}"
