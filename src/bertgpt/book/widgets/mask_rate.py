"""The mask-rate slider: a text, the tokens that BERT is asked about at each rate, and what it answered.

In the page the reader hides tokens of this text, or of one of their own, and the model answers there.
"""

from collections.abc import Sequence

import torch
import traitlets

from ...device import device_of, evaluation_mode
from ...text.batching import IGNORED, mask_tokens
from ...text.tokenizer import Tokenizer
from .base import module, most_probable, readable, style
from .live import LiveWidget

RATES = tuple(range(5, 105, 5))     # per cent


@torch.inference_mode()
def ask(model, tokenizer: Tokenizer, text: str, rate: float, seed: int = 0, top_k: int = 3) -> list[list]:
    """Mask a share of a text and let the model answer, all blanks in one pass.

    -> a row a token asked: [place in the text, what stands there, its kind, [[guess, probability], ...], right?];
    kind: "mask", "random" or "kept". With one seed, what a rate hides a higher rate hides too.
    """
    ids = torch.tensor([tokenizer.encode_pair(text)[0]], device=device_of(model))          # (1, T)
    seen, labels = mask_tokens(ids, mask_id=tokenizer.mask_id, vocab_size=tokenizer.vocab_size, rate=rate,
                               special_ids=tokenizer.special_ids, generator=torch.Generator().manual_seed(seed))
    asked = labels != IGNORED                                                              # (1, T)
    with evaluation_mode(model):
        mlm_logits, _ = model(seen, positions=asked)                                       # (N, V)
    probs = mlm_logits.softmax(dim=-1)                                                     # (N, V)
    rows = []
    places = asked[0].nonzero().flatten().tolist()
    for place, true, found, p in zip(places, labels[asked], seen[asked], probs):
        kind = "mask" if found == tokenizer.mask_id else "kept" if found == true else "random"
        rows.append([place - 1, readable(tokenizer.decode([found])), kind,
                     most_probable(p, tokenizer, top_k, decimals=3), bool(p.argmax() == true)])
    return rows


class MaskRate(LiveWidget):
    """Slide the share of tokens that are asked, or hide them one by one, and see what the model answers.

    texts: a str each, begun with a space where they begin with a word; draws: how many maskings of each
    rates: per cent, rising in equal steps, computed beforehand; the model comes to the page with the first token that
    the reader hides
    Raises ValueError where there is nothing to show.
    """

    _esm = module("mask_rate.js")
    _css = style("live.css")

    names = traitlets.List(traitlets.Unicode(), help="what each masking is called in the picker").tag(sync=True)
    texts = traitlets.List(traitlets.Unicode(), help="of each masking").tag(sync=True)
    rates = traitlets.List(traitlets.Int(), help="per cent").tag(sync=True)
    tokens = traitlets.List(traitlets.List(), help="of each masking, [token, begins a word?]").tag(sync=True)
    answers = traitlets.List(traitlets.List(), help="of each masking, of each rate, the rows of `ask`").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the masking that is shown").tag(sync=True)
    rate = traitlets.Int(15, help="per cent").tag(sync=True)

    def __init__(self, model, tokenizer: Tokenizer, texts: Sequence[str], draws: int = 1,
                 rates: Sequence[int] = RATES, **traits):
        rates = list(rates)
        if not texts or draws < 1 or not rates:
            raise ValueError("the mask-rate slider needs a text, a draw and a rate")
        if len({after - before for before, after in zip(rates, rates[1:])}) > 1:
            raise ValueError(f"rates must rise in equal steps, not as {rates}")
        names, tokens, answers = [], [], []
        for number, text in enumerate(texts):
            pieces = tokenizer.tokens(tokenizer.encode(text))
            for draw in range(draws):
                names.append(text.strip() if draw == 0 else f"(draw {draw + 1}) {text.strip()}")
                tokens.append([[piece.strip() or readable(piece), i == 0 or piece[:1].isspace()]
                               for i, piece in enumerate(pieces)])
                seed = draws * number + draw
                answers.append([ask(model, tokenizer, text, rate / 100, seed) for rate in rates])
        traits = {"label": "Mask rate", "rate": 15 if 15 in rates else rates[0], **traits}
        super().__init__({"tinybert": model}, tokenizer, names=names, rates=rates, tokens=tokens, answers=answers,
                         texts=[text for text in texts for _ in range(draws)], **traits)

    @traitlets.validate("rate")
    def _stored(self, proposal):
        if self.rates and proposal.value not in self.rates:
            raise traitlets.TraitError(f"rate {proposal.value} is not stored; there are {self.rates}")
        return proposal.value

    def shown(self) -> list[list]:
        """Give the answers that the page shows."""
        return self.answers[self.text][self.rates.index(self.rate)]

    def tally(self) -> dict[str, int]:
        """Count what is shown: tokens asked, how they are hidden, and right first guesses."""
        rows = self.shown()
        kinds = [row[2] for row in rows]
        return {"asked": len(rows), **{kind: kinds.count(kind) for kind in ("mask", "random", "kept")},
                "right": sum(row[4] for row in rows)}

    def _summary(self) -> str:
        return f"texts={len(self.names)}, rates={len(self.rates)}"
