"""Your own minimal pair: a sentence, one of its words and a rival, as GPT and BERT find them."""

import re
from collections.abc import Sequence

import traitlets

from bertgpt.inference.scoring import log_likelihoods
from bertgpt.text.tokenizer import Tokenizer, with_leading_space

from ..exams.sentences import Encoded, difference_hidden
from .base import module, readable, rounded, style
from .live import PAIR, LiveWidget

# The word before the slash is the right one. Chosen by search, the first of each kind that disagrees from Zorro; the
# models differ by half a nat or more (tests: test_minimal_pair.py).
PAIRS = {
    "Only GPT is right": ("The stories/story that you like are silly.", "The old woman/man took her hat."),
    "Only BERT is right": ("The story/stories that you like is silly.", "That book/books can be solid."),
    "Both are right": ("The king/queen took off his crown.", "Tom and Lily were/was friends."),
}


def cut_pair(text: str) -> tuple[str, str, str, str]:
    """Cut a text with one slash into what comes before, the word, its rival, and what comes after."""
    match = re.fullmatch(r"([^/]*?)(\s*)([\w'’-]+)\s*/\s*([\w'’-]+)([^/]*)", text)
    if match is None:
        raise ValueError(f"no word and rival with a slash between them in {text!r}: write 'The dogs bark/barks.'")
    before, gap, word, rival, after = match.groups()
    space = " " if gap or not before else ""
    return (with_leading_space(before) if before else ""), space + word, space + rival, after


def surprisals(bert, gpt, tokenizer: Tokenizer, before: str, word: str, after: str) -> dict:
    """Compute -log p of each token under GPT, and of the word alone under BERT, which sees both sides; in nats.

    -> GPT's tokens, T; start and stop of the word; GPT: T numbers; BERT: one number
    BERT hides a word of several tokens whole, one blank a token, and fills the blanks from left to right: the
    pseudo-log-likelihood with the rest of the word hidden (Kauf and Ivanova 2023, section 3).
    """
    left, own, right = (tokenizer.encode(part) for part in (before, word, after))
    ids, start, stop = [*left, *own, *right], len(left), len(left) + len(own)
    by_bert = difference_hidden(bert, [Encoded(ids, start, stop, words=[])], [(start, stop)], tokenizer)  # (1,)
    if before:  # GPT's training texts had no space after <eos>
        left = tokenizer.encode(before.lstrip())
    else:
        own = tokenizer.encode(word.lstrip())
    ids = [*left, *own, *right]
    first, *others = tokenizer.tokens(ids)
    (by_gpt,) = log_likelihoods(gpt, [[tokenizer.eos_id]], [ids])  # (T,)
    return {
        "tokens": [readable(token) for token in (with_leading_space(first), *others)],
        "start": len(left),
        "stop": len(left) + len(own),
        "GPT": rounded(-by_gpt, decimals=3),
        "BERT": rounded(-by_bert[0], decimals=3),
    }


class MinimalPair(LiveWidget):
    """Compare a word and its rival in one sentence: by GPT token by token, by BERT at one blank.

    pairs: texts with a slash between the word, which is the right one, and its rival
    The answers to these are computed beforehand; the models are fetched when the reader types.
    """

    _esm = module("minimal_pair.js")
    _css = style("live.css", "minimal_pair.css")

    label = traitlets.Unicode("Your own minimal pair").tag(sync=True)
    pairs = traitlets.List(traitlets.Dict(), help="text, words, `surprisals` of each").tag(sync=True)
    chosen = traitlets.Int(0, min=0, help="which of them is shown").tag(sync=True)

    def __init__(self, bert, gpt, tokenizer: Tokenizer, pairs: Sequence[str], **traits):
        offered = []
        for text in pairs:
            before, *words, after = cut_pair(text)
            versions = [surprisals(bert, gpt, tokenizer, before, word, after) for word in words]
            offered.append({"text": text, "words": [word.strip() for word in words], "versions": versions})
        super().__init__({PAIR["BERT"]: bert, PAIR["GPT"]: gpt}, tokenizer, pairs=offered, **traits)
