"""The prompt desk: one prompt for both models, GPT's text token by token beside what BERT can answer."""

from collections.abc import Mapping, Sequence

import torch
import traitlets

from bertgpt.device import device_of
from bertgpt.inference.decoding import generate
from bertgpt.inference.filling import fill_mask
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.text.tokenizer import Tokenizer, with_leading_space

from ..tasks.dialogue import NextSentenceScore, pair_scores
from ..tasks.finetuning import HeadedModel
from ..tasks.prompting import likelihood_scores
from .base import module, readable, rounded, style
from .live import PAIR, LiveWidget

# What a page calls each rule -> temperature, seed.
DECODING = {
    "the most probable": (0.0, 0),
    "a draw, τ = 0.8": (0.8, 1),
    "a draw, τ = 1": (1.0, 2),
    "another, τ = 1": (1.0, 3),
}


def continue_text(gpt, tokenizer: Tokenizer, text: str, n_new: int, temperature: float, seed: int) -> dict[str, list]:
    """Let a GPT continue a text: -> "tokens", and "p", their probabilities at temperature 1."""
    prompt = tokenizer.encode(text)
    ids = torch.tensor([prompt], device=device_of(gpt))  # (1, T)
    rng = torch.Generator().manual_seed(seed)
    ids = generate(gpt, ids, n_new, temperature=temperature, generator=rng, eos_id=tokenizer.eos_id)
    new = ids[0, len(prompt) :].tolist()
    (log_p,) = log_likelihoods(gpt, [prompt], [new])
    return {"tokens": tokenizer.tokens(new), "p": rounded(log_p.exp())}


def fill_blank(bert, tokenizer: Tokenizer, text: str, top: int) -> dict[str, list]:
    """Predict the one [MASK] of a text: -> "names", the most probable tokens, and "shares"."""
    tokens, p = zip(*fill_mask(bert, tokenizer, with_leading_space(text), top)[0])
    return {"names": [readable(token) for token in tokens], "shares": rounded(p)}


def is_next(bert, tokenizer: Tokenizer, text: str, candidates: Sequence[str]) -> dict[str, list]:
    """Score each candidate with BERT's next-sentence head: -> "names", "shares": P("is next")."""
    model = HeadedModel(bert, NextSentenceScore(bert))
    scores = pair_scores(model, tokenizer, [text], [list(candidates)])[0]  # (candidates,)
    return {"names": list(candidates), "shares": rounded(scores.sigmoid())}


def rank_continuations(
    gpt, tokenizer: Tokenizer, text: str, candidates: Sequence[str], without: str
) -> dict[str, list]:
    """Compare continuations by log P(c | text) - log P(c | without): -> "names", "shares", the softmax."""
    scores = likelihood_scores(gpt, tokenizer, [text], [without], [list(candidates)])["minus unconditional"][0]
    return {"names": list(candidates), "shares": rounded(scores.softmax(dim=0))}


class PromptDesk(LiveWidget):
    """Choose a prompt and compare both models' answers, computed beforehand; or type one for the page's models.

    prompts: mappings with "name" and "text", GPT's prompt, and optionally
        "blank": a text with one [MASK] for BERT
        "candidates": possible next texts, for both models; BERT reads "first" before them
            (default: "text"), GPT's baseline prompt is "without"
        "notes": model -> what it cannot do here, and why
    """

    _esm = module("prompt_desk.js")
    _css = style("live.css")

    label = traitlets.Unicode("Prompt desk").tag(sync=True)
    desk = traitlets.List(traitlets.Dict(), help="name, text, runs, BERT, GPT, notes").tag(sync=True)
    rules = traitlets.List(traitlets.List(), help="name, temperature, seed").tag(sync=True)
    length = traitlets.Int(help="how many tokens GPT writes").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the prompt shown").tag(sync=True)
    rule = traitlets.Int(0, min=0, max=len(DECODING) - 1, help="index of the run shown").tag(sync=True)
    shown = traitlets.Int(12, min=0, help="how many of its tokens are shown").tag(sync=True)

    def __init__(
        self, bert, gpt, tokenizer: Tokenizer, prompts: Sequence[Mapping], n_new: int = 32, top: int = 5, **traits
    ):
        desk = []
        for prompt in prompts:
            text, candidates = prompt["text"], prompt.get("candidates", [])
            entry = {
                "name": prompt["name"],
                "text": text,
                "notes": dict(prompt.get("notes", {})),
                "runs": [continue_text(gpt, tokenizer, text, n_new, *rule) for rule in DECODING.values()],
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
            **traits,
        )
