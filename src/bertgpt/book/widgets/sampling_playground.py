"""The sampling playground: a GPT's next tokens under temperature, top-k and top-p, and seeded draws from them."""

from collections.abc import Sequence

import torch
import traitlets

from ...device import device_of, evaluation_mode
from ...text.tokenizer import Tokenizer
from .base import module, readable, rounded, softmax, style
from .live import PAIR, LiveWidget

TENTHS = 20        # temperatures from 0 to 2.0


@torch.inference_mode()
def look_ahead(model, tokenizer: Tokenizer, text: str, places: int, top: int) -> list[dict]:
    """Ask a GPT for the next token at the last `places` tokens of a text.

    -> of each place: the text so far, the token that truly follows ("" at the end), the `top` likeliest tokens and
    their logits, and of all others together, at temperatures 0.1, 0.2, ... 2.0, log sum exp(logit / temperature)
    """
    ids = tokenizer.encode(text)
    with evaluation_mode(model):
        logits = model(torch.tensor([ids], device=device_of(model)))[0].cpu()              # (T, V)
    tenths = torch.arange(1, TENTHS + 1)[:, None] / 10                                     # (20, 1)
    found = []
    for t in range(max(len(ids) - places, 0), len(ids)):
        ordered, order = logits[t].sort(descending=True)                                   # (V,)
        rest = (ordered[top:] / tenths).logsumexp(dim=-1)                                  # (20,)
        found.append({
            "text": tokenizer.decode(ids[:t + 1]).strip(), "truth": readable(tokenizer.decode(ids[t + 1:t + 2])),
            "tokens": [readable(token) for token in tokenizer.tokens(order[:top])],
            "logits": rounded(ordered[:top], decimals=4), "rest": rounded(rest, decimals=4)})
    return found


def shares(logits: Sequence[float], rest: Sequence[float], temperature: float, top_k: int,
           top_p: float) -> tuple[list[float], list[float]]:
    """Share out 1 among the likeliest tokens, falling logits, and all the others, which come last, as one.

    -> their probabilities at this temperature, and what they are once top-k and then top-p have cut;
    a top_k of 0, or beyond the number of logits, cuts nothing. Of the others top-p may leave a part.
    """
    n = len(logits)
    if temperature == 0:
        return [1.0, *[0.0] * n], [1.0, *[0.0] * n]
    scaled = [*(logit / temperature for logit in logits), rest[round(10 * temperature) - 1]]
    before = softmax(scaled)
    kept = normalised([p if i < top_k else 0.0 for i, p in enumerate(before)]) if 0 < top_k <= n else before
    if top_p < 1:
        reached, left = 0.0, []
        for p in kept[:n]:
            left.append(p if reached < top_p else 0.0)
            reached += p
        kept = normalised([*left, max(0.0, min(kept[n], top_p - reached))])
    return before, kept


def normalised(parts: list[float]) -> list[float]:
    total = sum(parts)
    return [part / total for part in parts]


def random_numbers(seed: int, n: int) -> list[float]:
    """Draw n numbers from [0, 1) as the page does: Mulberry32, a generator that fits in four lines of any language."""
    numbers, state = [], seed
    for _ in range(n):
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ state >> 15) * (state | 1)) & 0xFFFFFFFF
        t = (t + ((t ^ t >> 7) * (t | 61) & 0xFFFFFFFF) ^ t) & 0xFFFFFFFF
        numbers.append((t ^ t >> 14) / 2**32)
    return numbers


def pick(kept: list[float], number: float) -> int:
    """Lay the shares end to end and return whose stretch the number falls into."""
    reached = 0.0
    for i, share in enumerate(kept):
        reached += share
        if number < reached:
            return i
    return max(i for i, share in enumerate(kept) if share)      # the shares summed to a hair less than 1


class SamplingPlayground(LiveWidget):
    """Turn temperature, top-k and top-p, watch the next tokens' probabilities, and draw from them with a seed.

    texts: a str each, begun with a space where they begin with a word; each is asked at its last `places` tokens
    top: how many tokens are shown one by one; all the others are one row. Everything is computed beforehand.
    Raises ValueError where there is nothing to show.
    """

    _esm = module("sampling_playground.js")
    _css = style("live.css")

    texts = traitlets.List(traitlets.Unicode(), help="what each text is called in the picker").tag(sync=True)
    looks = traitlets.List(traitlets.List(), help="of each text, what `look_ahead` says").tag(sync=True)
    others = traitlets.Int(help="how many tokens the last row stands for").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the text that is shown").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the place in it").tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.0, max=TENTHS / 10, help="in tenths").tag(sync=True)
    top_k = traitlets.Int(0, min=0, help="0: no cut").tag(sync=True)
    top_p = traitlets.Float(1.0, min=0.05, max=1.0, help="1: no cut").tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**32 - 1, help="of the draws").tag(sync=True)
    draws = traitlets.Int(0, min=0, max=10_000, help="how many tokens have been drawn").tag(sync=True)

    def __init__(self, model, tokenizer: Tokenizer, texts: Sequence[str], places: int = 6, top: int = 40, **traits):
        if not texts or places < 1 or top < 1 or not all(tokenizer.encode(text) for text in texts):
            raise ValueError("the sampling playground needs a text with a token in it, a place and a row")
        looks = [look_ahead(model, tokenizer, text, places, top) for text in texts]
        traits = {"label": "Sampling playground", "place": len(looks[traits.get("text", 0)]) - 1, **traits}
        super().__init__({PAIR["GPT"]: model}, tokenizer, texts=[text.strip() for text in texts], looks=looks,
                         others=tokenizer.vocab_size - top, **traits)

    def look(self) -> dict:
        """Give the place that is shown; a shorter text than the last one shows its last."""
        looks = self.looks[self.text]
        return looks[min(self.place, len(looks) - 1)]

    def shown(self) -> tuple[list[float], list[float]]:
        """Give the probabilities that the page shows, before and after the cuts."""
        look = self.look()
        return shares(look["logits"], look["rest"], self.temperature, self.top_k, self.top_p)

    def tally(self) -> list[int]:
        """Count how often each row was drawn."""
        kept = self.shown()[1]
        drawn = [pick(kept, number) for number in random_numbers(self.seed, self.draws)]
        return [drawn.count(i) for i in range(len(kept))]

    def _summary(self) -> str:
        return f"texts={len(self.texts)}, tokens={len(self.look()['tokens'])}"
