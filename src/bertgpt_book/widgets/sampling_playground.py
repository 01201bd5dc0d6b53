"""The sampling playground: next-token probabilities under temperature, top-k and top-p, and seeded draws."""

from collections.abc import Sequence

import torch
import traitlets

from bertgpt.text.tokenizer import Tokenizer

from .base import module, readable, rounded, style
from .live import PAIR, LiveWidget
from .pair import logits_under

TENTHS = 20  # temperatures from 0 to 2.0


def look_ahead(model, tokenizer: Tokenizer, text: str, n_positions: int, top: int) -> list[dict]:
    """Predict the next token at the last `n_positions` tokens of a text.

    -> for each position: the text so far; "truth", the next token ("" at the end); the `top` most
    probable tokens with their logits; and "rest", log sum exp(logit / temperature) over all other
    tokens at temperatures 0.1, 0.2, ... 2.0
    """
    ids = tokenizer.encode(text)
    logits = logits_under(model, ids, "causal").cpu()  # (T, V)
    temperatures = torch.arange(1, TENTHS + 1)[:, None] / 10  # (20, 1)
    looks = []
    for t in range(max(len(ids) - n_positions, 0), len(ids)):
        ordered, order = logits[t].sort(descending=True)  # (V,)
        rest = (ordered[top:] / temperatures).logsumexp(dim=-1)  # (20,)
        look = {
            "text": tokenizer.decode(ids[: t + 1]).strip(),
            "truth": readable(tokenizer.decode(ids[t + 1 : t + 2])),
            "tokens": [readable(token) for token in tokenizer.tokens(order[:top])],
            "logits": rounded(ordered[:top], decimals=4),
            "rest": rounded(rest, decimals=4),
        }
        looks.append(look)
    return looks


class SamplingPlayground(LiveWidget):
    """Turn temperature, top-k and top-p, watch the next token's probabilities, and sample with a seed.

    texts: a str each, begun with a space where they begin with a word; each is shown at its last
    `places` tokens; top: how many tokens have a row of their own, all others share one
    """

    _esm = module("sampling_playground.js")
    _css = style("live.css")

    label = traitlets.Unicode("Sampling playground").tag(sync=True)
    texts = traitlets.List(traitlets.Unicode(), help="the texts to choose from").tag(sync=True)
    looks = traitlets.List(traitlets.List(), help="for each text, its `look_ahead`").tag(sync=True)
    others = traitlets.Int(help="how many tokens share the last row").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the text shown").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the position in it").tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.0, max=TENTHS / 10, help="in tenths").tag(sync=True)
    top_k = traitlets.Int(0, min=0, help="0: all").tag(sync=True)
    top_p = traitlets.Float(1.0, min=0.05, max=1.0, help="1: all").tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**32 - 1, help="of the draws").tag(sync=True)
    draws = traitlets.Int(0, min=0, max=10_000, help="how many tokens have been drawn").tag(sync=True)

    def __init__(self, model, tokenizer: Tokenizer, texts: Sequence[str], places: int = 6, top: int = 40, **traits):
        looks = [look_ahead(model, tokenizer, text, places, top) for text in texts]
        traits = {"place": len(looks[traits.get("text", 0)]) - 1, **traits}
        super().__init__(
            {PAIR["GPT"]: model},
            tokenizer,
            texts=[text.strip() for text in texts],
            looks=looks,
            others=tokenizer.vocab_size - top,
            **traits,
        )
