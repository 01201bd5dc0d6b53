"""The mask-rate slider: a text, the tokens that BERT must predict at each rate, and its answers."""

from collections.abc import Sequence

import torch
import traitlets

from bertgpt.device import device_of, evaluation_mode
from bertgpt.text.batching import IGNORED
from bertgpt.text.data import hide_tokens
from bertgpt.text.tokenizer import Tokenizer

from .base import module, most_probable, readable, style
from .live import PAIR, LiveWidget

RATES = tuple(range(5, 105, 5))  # per cent


@torch.inference_mode()
def mask_and_predict(model, tokenizer: Tokenizer, text: str, rate: float, seed: int = 0) -> list[list]:
    """Mask a share of a text and predict all masked tokens in one pass.

    -> for each token to predict [position, the token BERT sees there, kind, its 3 most probable tokens as
    [[token, probability], ...], whether the first is right]; kind: "mask", "random" or "kept".
    With the same seed a higher rate masks what a lower rate masks, and more.
    """
    ids = torch.tensor([tokenizer.encode_pair(text)[0]], device=device_of(model))  # (1, T)
    generator = torch.Generator().manual_seed(seed)
    seen, labels = hide_tokens(tokenizer, ids, rate, generator)
    targets = labels != IGNORED  # (1, T)
    with evaluation_mode(model):
        mlm_logits, _ = model(seen, positions=targets)  # (N, V)
    positions = targets[0].nonzero().flatten().tolist()
    probs = mlm_logits.softmax(dim=-1)  # (N, V)
    rows = []
    for position, true, shown, p in zip(positions, labels[targets], seen[targets], probs):
        kind = "mask" if shown == tokenizer.mask_id else "kept" if shown == true else "random"
        words = most_probable(p, tokenizer, 3)
        rows.append([position - 1, readable(tokenizer.decode([shown])), kind, words, bool(p.argmax() == true)])
    return rows


class MaskRate(LiveWidget):
    """Slide the share of tokens that are masked, or hide them one by one, and see what the model predicts.

    texts: a str each, beginning with a space where they begin with a word; draws: how many maskings of each
    The answers at each of RATES are computed beforehand; the model is fetched when the reader hides a token.
    """

    _esm = module("mask_rate.js")
    _css = style("live.css")

    label = traitlets.Unicode("Mask rate").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="of each masking, in the picker").tag(sync=True)
    texts = traitlets.List(traitlets.Unicode(), help="of each masking").tag(sync=True)
    rates = traitlets.List(traitlets.Int(), list(RATES), help="per cent").tag(sync=True)
    tokens = traitlets.List(traitlets.List(), help="of each masking").tag(sync=True)
    answers = traitlets.List(traitlets.List(), help="masking -> rate -> rows").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the masking that is shown").tag(sync=True)
    rate = traitlets.Int(15, help="per cent").tag(sync=True)

    def __init__(self, model, tokenizer: Tokenizer, texts: Sequence[str], draws: int = 1, **traits):
        maskings = [(text, draw) for text in texts for draw in range(draws)]
        super().__init__(
            {PAIR["BERT"]: model},
            tokenizer,
            names=[text.strip() if draw == 0 else f"(draw {draw + 1}) {text.strip()}" for text, draw in maskings],
            texts=[text for text, _ in maskings],
            tokens=[tokenizer.tokens(tokenizer.encode(text)) for text, _ in maskings],
            answers=[
                [mask_and_predict(model, tokenizer, text, rate / 100, seed) for rate in RATES]
                for seed, (text, _) in enumerate(maskings)
            ],
            **traits,
        )
