"""How each model frames a text, and where it answers a blank: what its texts looked like in pre-training."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from ..model.bert import BERT
from ..model.both import Both
from ..model.gpt import GPT
from ..model.modern import Decoder, OpenDecoder
from ..text.tokenizer import CLS, EOS, SEP


@dataclass(frozen=True)
class Framing:
    """Name the special tokens around a text or two, and say how a model fills a blank."""

    opening: str
    separator: str
    closing: tuple[str, ...]  # empty where nothing follows a text
    head: str  # the module that scores the vocabulary, where the model has one
    answers_at: int  # the scores for the token at t are read at t + answers_at
    fills_blanks: bool = True  # whether it has learned to predict what a [MASK] hides
    blank_order: str | None = None  # the order in which `encode` reads a text with blanks, where it can be chosen

    def frame(self, texts: list[list[int]], special_id: Callable[[str], int]) -> tuple[list[int], list[int]]:
        """Put the special tokens around one text or two: -> ids, and segments, 1 after the first separator."""
        ids, segments = [special_id(self.opening), *texts[0]], [0] * (1 + len(texts[0]))
        for text in texts[1:]:
            ids += [special_id(self.separator), *text]
            segments += [0] + [1] * len(text)
        closing = [special_id(name) for name in self.closing]
        return ids + closing, segments + [len(texts) - 1] * len(closing)


FRAMINGS = {
    # Devlin et al. 2019, figure 2.
    BERT: Framing(CLS, SEP, (SEP,), head="mlm_head", answers_at=0),
    # Radford et al. 2018, section 3.3: a start and a delimiter. Here <eos>, which begins a text in pre-training.
    GPT: Framing(EOS, EOS, (), head="lm_head", answers_at=-1, fills_blanks=False),
    # Charpentier and Samuel 2024, section 2: a blank is the next token of the one before it.
    Both: Framing(EOS, EOS, (), head="lm_head", answers_at=-1, blank_order="bidirectional"),
    # The same two for a published decoder: as it is, and with its mask opened and an adapter that has learned to fill.
    Decoder: Framing(EOS, EOS, (), head="lm_head", answers_at=-1, fills_blanks=False),
    OpenDecoder: Framing(EOS, EOS, (), head="lm_head", answers_at=-1),
}


def framing_of(model: nn.Module) -> Framing:
    """Look up how a model frames a text; ValueError for one that is none of ours."""
    for kind in type(model).__mro__:
        if kind in FRAMINGS:
            return FRAMINGS[kind]
    raise ValueError(f"a {type(model).__name__} is neither BERT nor GPT: nothing says how it frames a text")
