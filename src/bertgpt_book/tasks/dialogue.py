"""Which text comes next: the true one among ten, or does this span follow that one?

GPT scores a candidate by its likelihood after the text before it (prompting.likelihood_scores).
BERT scores it by its next-sentence head, which attends to both texts.

n items, C candidates of each, B batch, T tokens, D d_model.
"""

import random
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bertgpt.text.corpora import sentences, stories
from bertgpt.text.data import SentencePairBatches

from .finetuning import HeadedModel, build_inputs, score_pairs

Spans = list[tuple[str, str]]


@dataclass(frozen=True)
class NextText:
    """Two consecutive texts, and ten candidates for the next: `candidates[right]` is the true one."""

    work: str
    before: list[str]
    candidates: list[str]
    right: int


def next_story_sentences() -> list[NextText]:
    """Draw 360 sentences of a quarter of the held-out stories, each among nine of other stories."""
    numbered = [
        (n, " ".join(sentence.split()))
        for n, story in enumerate([*stories("test").values()][::4])
        for sentence in sentences(story)
    ]
    return among_ten("stories", [text for _, text in numbered], 360, [n for n, _ in numbered])


def among_ten(title: str, texts: list[str], n: int, sources: list[int] | None = None) -> list[NextText]:
    """Draw n texts of 6 to 40 words from a work, and put each among nine others of the same work.

    texts: in order; the nine are other texts, the closest in length of those more than twenty positions away
    sources: which story each text is from, if the work is a collection: the nine are from others
    """
    sizes, items = [len(text.split()) for text in texts], []
    rng = random.Random(title)

    def apart(i: int, j: int) -> bool:
        return abs(i - j) > 20 if sources is None else sources[i] != sources[j]

    eligible = [
        i for i in range(2, len(texts)) if 6 <= sizes[i] <= 40 and (sources is None or sources[i - 2] == sources[i])
    ]
    for i in sorted(rng.sample(eligible, min(n, len(eligible)))):
        others = {texts[j]: j for j in range(len(texts)) if apart(i, j) and texts[j] != texts[i]}
        # Ties in length are broken at random, not by position in the work.
        nearest = sorted(others.values(), key=lambda j: (abs(sizes[j] - sizes[i]), rng.random()))[:9]
        candidates = [texts[j] for j in nearest]
        right = rng.randrange(10)
        candidates.insert(right, texts[i])
        items.append(NextText(title, texts[i - 2 : i], candidates, right))
    return items


def pair_scores(model: HeadedModel, tokenizer, firsts: list[str], candidates: list[list[str]]) -> Tensor:
    """Score how well each candidate follows its first text, both in one row of a headed BERT: -> (n, C)."""
    framed = [
        build_inputs(model.encoder, tokenizer, first, text) for first, row in zip(firsts, candidates) for text in row
    ]
    return score_pairs(model, framed).view(len(candidates), -1)  # (n, C)


class NextSentenceScore(nn.Module):
    """Make one number of BERT's next-sentence head: (B, T, D) -> (B,), "is next" minus "is not"."""

    def __init__(self, bert):
        super().__init__()
        self.pooler, self.nsp_head = bert.pooler, bert.nsp_head

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        logits = self.nsp_head(self.pooler(hidden))  # (B, 2)
        return logits[:, 0] - logits[:, 1]  # (B,)


def draw_pairs(source: SentencePairBatches, n: int, generator: torch.Generator) -> tuple[Spans, Tensor]:
    """Draw BERT's pre-training rows and decode them: -> (first, second) of each, follows (n,) bool."""
    pairs, follows = [], []
    for ids, segments, is_random_next in (source.row(generator) for _ in range(n)):
        end = int((segments == 0).sum())  # [CLS] first [SEP] | second [SEP]
        decode = source.tokenizer.decode
        pairs.append((decode(ids[1 : end - 1]), decode(ids[end:-1])))
        follows.append(not is_random_next)
    return pairs, torch.tensor(follows)


def shuffle_tokens(ids: Tensor, segments: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
    """Shuffle the chosen tokens of each row, those of one segment among themselves.

    ids, segments: (B, T) int; chosen: (B, T) bool -> ids (B, T)
    """
    ids = ids.clone()
    for row, segment, mine in zip(ids, segments, chosen):
        for side in (0, 1):
            at = (mine & (segment == side)).nonzero().flatten()  # (N,)
            row[at] = row[at[torch.randperm(len(at), generator=generator)]]
    return ids


def at_the_seam(segments: Tensor, n: int = 8) -> Tensor:
    """Mark the n tokens on either side of the [SEP] between the texts, the separator included: (B, T) bool."""
    middle = (segments == 0).sum(dim=1, keepdim=True) - 1  # (B, 1)
    return (torch.arange(segments.size(1)) - middle).abs() <= n
