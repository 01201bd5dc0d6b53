"""Does this span come next? Pairs of spans as texts, and the score above which a judge says that it does.

n pairs.
"""

import torch
from torch import Tensor

from ..text.data import SentencePairBatches

Spans = list[tuple[str, str]]


def draw_pairs(source: SentencePairBatches, n: int, generator: torch.Generator) -> tuple[Spans, Tensor]:
    """Draw BERT's pre-training rows, and read them as texts: -> (first, second) each, which follow (n,) bool."""
    pairs, follows = [], []
    for ids, segments, is_random_next in (source.row(generator) for _ in range(n)):
        end = int((segments == 0).sum())         # [CLS] first [SEP] | second [SEP]
        pairs.append((source.tokenizer.decode(ids[1:end - 1]), source.tokenizer.decode(ids[end:-1])))
        follows.append(not is_random_next)
    return pairs, torch.tensor(follows)


def draw_span(source: SentencePairBatches, like: str, generator: torch.Generator) -> str:
    """Draw a second span with as many tokens as a text has."""
    document, start = source.draw(source.sizes, generator)
    return source.tokenizer.decode(source.ids[document][start:start + len(source.tokenizer.encode(like))])


def exchange_false(pairs: Spans, follows: Tensor, source: SentencePairBatches, generator: torch.Generator) -> Spans:
    """Put a span of a source in place of each second span that does not follow; the others stay: -> n pairs."""
    return [(first, second if true else draw_span(source, second, generator))
            for (first, second), true in zip(pairs, follows, strict=True)]


def best_threshold(scores: Tensor, follows: Tensor) -> float:
    """Choose the score above which "it follows" is most often right: of every fifth, the lowest such one.

    scores: (n,), follows: (n,) bool
    """
    candidates = scores.sort().values[::5]
    hits = [int(((scores > least) == follows).sum()) for least in candidates]
    return candidates[hits.index(max(hits))].item()
