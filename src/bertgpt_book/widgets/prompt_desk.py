"""The prompt desk: one prompt for both models, GPT's text token by token beside what BERT can answer."""

from collections.abc import Mapping, Sequence

import torch
import traitlets

from bertgpt.device import device_of, evaluation_mode
from bertgpt.inference.decoding import generate
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.finetuning import build_inputs

from .base import module, most_probable, rounded, style
from .live import PAIR, LiveWidget

# What a page calls each rule -> temperature, seed.
DECODING = {
    "the most probable": (0.0, 0),
    "a draw, τ = 0.8": (0.8, 1),
    "a draw, τ = 1": (1.0, 2),
    "another, τ = 1": (1.0, 3),
}


@torch.inference_mode()
def continue_text(gpt, tokenizer: Tokenizer, text: str, n_new: int, temperature: float, seed: int) -> dict[str, list]:
    """Let a GPT continue a text: -> "tokens", and "p", their probabilities at temperature 1."""
    prompt = torch.tensor([tokenizer.encode(text)], device=device_of(gpt))  # (1, T)
    rng = torch.Generator().manual_seed(seed)
    new = generate(gpt, prompt, n_new, temperature=temperature, generator=rng, eos_id=tokenizer.eos_id)[0]
    with evaluation_mode(gpt):
        logits = gpt(new[None])[0, prompt.size(1) - 1 : -1]  # (n_new, V)
    new = new[prompt.size(1) :]  # (n_new,)
    p = logits.softmax(dim=-1).gather(1, new[:, None])[:, 0]  # (n_new,)
    return {"tokens": tokenizer.tokens(new), "p": rounded(p)}


@torch.inference_mode()
def fill_blank(bert, tokenizer: Tokenizer, text: str, top: int) -> dict[str, list]:
    """Predict the one [MASK] of a text: -> "names", the most probable tokens, and "shares"."""
    ids = torch.tensor([build_inputs(bert, tokenizer, text)[0]], device=device_of(bert))  # (1, T)
    with evaluation_mode(bert):
        logits = bert(ids, positions=ids == tokenizer.mask_id)[0][0]  # (V,)
    names, shares = zip(*most_probable(logits.softmax(dim=-1), tokenizer, top))
    return {"names": list(names), "shares": list(shares)}


@torch.inference_mode()
def is_next(bert, tokenizer: Tokenizer, text: str, candidates: Sequence[str]) -> dict[str, list]:
    """Score each candidate with BERT's next-sentence head: -> "names", "shares": P("is next")."""
    shares = []
    for candidate in candidates:
        inputs = build_inputs(bert, tokenizer, text, candidate)
        ids, segments = torch.tensor(inputs, device=device_of(bert))[:, None]  # (1, T) each
        with evaluation_mode(bert):
            logits = bert(ids, segment_ids=segments)[1]  # (1, 2)
        shares.append(logits.softmax(dim=-1)[0, 0])
    return {"names": list(candidates), "shares": rounded(torch.stack(shares))}


def rank_continuations(
    gpt, tokenizer: Tokenizer, text: str, candidates: Sequence[str], without: str
) -> dict[str, list]:
    """Compare continuations by log P(c | text) - log P(c | without): -> "names", "shares", the softmax."""
    answers = [tokenizer.encode(candidate) for candidate in candidates]

    def total(prompt: str):
        scores = log_likelihoods(gpt, [tokenizer.encode(prompt)] * len(answers), answers)
        return torch.stack([score.sum() for score in scores])  # (candidates,)

    return {"names": list(candidates), "shares": rounded((total(text) - total(without)).softmax(dim=0))}


class PromptDesk(LiveWidget):
    """Choose a prompt and compare both models' answers, computed beforehand; or type one for the page's models.

    prompts: mappings with "name" and "text", GPT's prompt, and optionally
        "blank": a text with one [MASK] for BERT
        "candidates": possible next texts, for both models; BERT reads "first" before them
            (default: "text"), GPT's baseline prompt is "without"
        "notes": model -> what it cannot do here, and why
        "written": rule -> {"tokens", "p"}, texts by other weights, in place of gpt's own
    Raises ValueError for a text that leaves no room for n_new tokens.
    """

    _esm = module("prompt_desk.js")
    _css = style("live.css")

    desk = traitlets.List(traitlets.Dict(), help="name, text, runs, BERT, GPT, notes").tag(sync=True)
    rules = traitlets.List(traitlets.List(), help="name, temperature, seed").tag(sync=True)
    length = traitlets.Int(help="how many tokens GPT writes").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the prompt shown").tag(sync=True)
    rule = traitlets.Int(0, min=0, help="index of the run shown").tag(sync=True)
    shown = traitlets.Int(12, min=0, help="how many of its tokens are shown").tag(sync=True)

    def __init__(
        self, bert, gpt, tokenizer: Tokenizer, prompts: Sequence[Mapping], n_new: int = 32, top: int = 5, **traits
    ):
        desk = []
        for prompt in prompts:
            text, candidates = prompt["text"], prompt.get("candidates", [])
            runs = prompt.get("written") or {
                name: continue_text(gpt, tokenizer, text, n_new, *rule) for name, rule in DECODING.items()
            }
            entry = {
                "name": prompt["name"],
                "text": text,
                "notes": dict(prompt.get("notes", {})),
                "runs": [{"rule": name, **run} for name, run in runs.items()],
                "BERT": None,
                "GPT": None,
            }
            if candidates:
                first, without = prompt.get("first", text), prompt.get("without", "\n")
                entry["GPT"] = {"asked": "", **rank_continuations(gpt, tokenizer, text, candidates, without)}
                entry["BERT"] = {"asked": first, **is_next(bert, tokenizer, first, candidates)}
            if "blank" in prompt:
                entry["BERT"] = {"asked": prompt["blank"], **fill_blank(bert, tokenizer, prompt["blank"], top)}
            desk.append(entry)
        super().__init__(
            {PAIR["BERT"]: bert, PAIR["GPT"]: gpt},
            tokenizer,
            desk=desk,
            length=n_new,
            rules=[[name, *rule] for name, rule in DECODING.items()],
            **{"label": "Prompt desk", **traits},
        )

    def _summary(self) -> str:
        return f"prompts={len(self.desk)}"
