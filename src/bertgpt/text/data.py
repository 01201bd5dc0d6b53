"""Text to ids to batches.

A batch depends on the seed and the step and on nothing else; objectives.py decides what loss is computed from it.

B batch, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .batching import IGNORED, Batches, generator_for, mask_tokens
from .corpora import sentences
from .tokenizer import EOS, GPT2_EOS, SEP, Tokenizer


def encode_documents(texts: dict[str, str], tokenizer: Tokenizer, dtype: torch.dtype = torch.long) -> list[Tensor]:
    """Encode each text and close it with <eos>, or [SEP] where the vocabulary has none: -> ids (n,) each.

    A long text is encoded piece by piece, which takes little memory. "[MASK]" in a text is not a special token.
    """
    last = tokenizer.find(EOS, GPT2_EOS, SEP)
    closing = [] if last is None else [last]

    def encoded(text: str) -> Tensor:
        pieces = [torch.tensor(tokenizer.encode_plain(piece), dtype=dtype) for piece in tokenizer.pieces(text)]
        return torch.cat([*pieces, torch.tensor(closing, dtype=dtype)])  # (n,)

    return [encoded(text) for text in texts.values()]


class LMBatches:
    """Cut windows out of a stream of documents, at random positions.

    documents: ids (n,) each; `sample(step)` -> input_ids (B, T) with T = length
    Raises ValueError when the documents together are shorter than one window.
    """

    def __init__(self, documents: list[Tensor], length: int, batch_size: int, seed: int = 0):
        # A single document is not copied: it may be long.
        self.stream = documents[0] if len(documents) == 1 else torch.cat(documents)  # (n,)
        self.length, self.batch_size, self.seed = length, batch_size, seed
        n_tokens = len(self.stream)
        self.n_starts = n_tokens - length + 1
        if self.n_starts < 1:
            raise ValueError(f"the text has {n_tokens} tokens, fewer than one window of {length}: give more text")

    def sample(self, step: int) -> dict[str, Tensor]:
        generator = generator_for(self.seed, step)
        starts = torch.randint(self.n_starts, (self.batch_size, 1), generator=generator)  # (B, 1)
        return {"input_ids": self.stream[starts + torch.arange(self.length)].long()}  # (B, T)


def hide_tokens(t: Tokenizer, ids: Tensor, rate, generator: torch.Generator, **how) -> tuple[Tensor, Tensor]:
    """Call `mask_tokens` for a vocabulary: -> corrupted ids, labels (B, T)."""
    vocabulary: dict = {"mask_id": t.mask_id, "vocab_size": t.vocab_size, "special_ids": t.special_ids}
    return mask_tokens(ids, **vocabulary, rate=rate, generator=generator, **how)


@dataclass(eq=False)
class MaskedBatches:
    """Hold what all sources of masked rows have."""

    texts: Any  # ids (n,) of each document, or title -> text
    tokenizer: Tokenizer
    length: int  # T of a row, special tokens included
    batch_size: int
    rate: Any = 0.15  # a share or, where each row has its own, the least and the greatest
    seed: int = 0

    def __post_init__(self):
        """Prepare the texts; each source does it in its own way."""

    def masked(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Hide tokens of a batch, and add their labels and where [MASK] is now."""
        generator = generator_for(self.seed, step, "masking")
        ids, labels = hide_tokens(self.tokenizer, batch["input_ids"], self.rate, generator)
        return {**batch, "input_ids": ids, "labels": labels, "at_mask": ids == self.tokenizer.mask_id}


class MLMBatches(MaskedBatches):
    """Frame the same windows as [CLS] text [SEP], and mask a share of the text anew each time.

    texts: ids (n,) of each document
    `sample(step)` -> input_ids, labels, at_mask (B, T) with T = length; at_mask is True where [MASK] is
    """

    def __post_init__(self):
        self.windows = LMBatches(self.texts, self.length - 2, self.batch_size, self.seed)

    def sample(self, step: int) -> dict[str, Tensor]:
        text = self.windows.sample(step)["input_ids"]  # (B, T - 2)
        cls, sep = (text.new_full((len(text), 1), i) for i in (self.tokenizer.cls_id, self.tokenizer.sep_id))
        batch = {"input_ids": torch.cat([cls, text, sep], dim=1)}
        return self.masked(batch, step)


@dataclass(eq=False)
class MaskedNextTokenBatches(MaskedBatches):
    """Mask windows of plain text, and predict each hidden token one position early, as a next token.

    Each row hides its own share, drawn uniformly between the two of `rate`, always behind [MASK].

    texts: ids (n,) of each document
    `sample(step)` -> input_ids, labels (B, T), T = length: where the label at t is set, the token at t + 1 is [MASK]
    Charpentier and Samuel 2024, section 2.
    """

    rate: Any = (0.0, 1.0)

    def __post_init__(self):
        self.windows = LMBatches(self.texts, self.length, self.batch_size, self.seed)

    def sample(self, step: int) -> dict[str, Tensor]:
        ids, generator = self.windows.sample(step)["input_ids"], generator_for(self.seed, step, "blanks")
        low, high = self.rate
        rate = high - (high - low) * torch.rand(len(ids), 1, generator=generator)  # (B, 1), above `low`
        rest, labels = hide_tokens(self.tokenizer, ids[:, 1:], rate, generator, unmasked_share=0.0)
        return {"input_ids": torch.cat([ids[:, :1], rest], dim=1), "labels": F.pad(labels, (0, 1), value=IGNORED)}


class SentencePairBatches(MaskedBatches):
    """Build BERT's pre-training rows: two spans that fill the window, in half of which the second is random.

    The first span begins and ends with a sentence, and leaves the second at least a quarter of the row.
    The second is what follows or, for half of the rows, what follows some sentence of another document.
    Both are drawn in the same way, so that neither span alone gives the answer away.

    texts: title -> text
    `sample(step)` -> input_ids, segment_ids, labels, at_mask (B, T), is_random_next (B,)
    Raises ValueError when fewer than two documents are longer than a window, or have a sentence that ends inside it.
    Devlin et al. 2019, appendix A.2.
    """

    def __post_init__(self):
        self.room = self.length - 3  # what [CLS] and two [SEP] leave
        self.longest = self.room - self.room // 4  # tokens of a first span
        # Of each document: its ids (n,), where its sentences begin, and where a second span may begin.
        self.ids, self.starts, self.cuts = [], [], []
        for text in self.texts.values():
            encoded = [self.tokenizer.encode_plain(sentence) for sentence in sentences(text)]
            starts = torch.tensor([0] + [len(sentence) for sentence in encoded]).cumsum(0)[:-1]
            self.ids.append(torch.tensor([i for sentence in encoded for i in sentence]))
            self.starts.append(starts)
            last = len(self.ids[-1]) - self.room
            self.cuts.append(starts[1:][(starts.diff() <= self.longest) & (starts[1:] <= last)])
        if sum(len(cuts) > 0 for cuts in self.cuts) < 2:
            needed = f"two documents longer than a window, each with a sentence of at most {self.longest} tokens"
            remedy = "longer windows" if sum(len(ids) > self.room for ids in self.ids) >= 2 else "more text"
            raise ValueError(f"sentence pairs need {needed}: give {remedy}")
        self.sizes = torch.tensor([float(len(cuts)) for cuts in self.cuts])  # (documents,)

    def sample(self, step: int) -> dict[str, Tensor]:
        generator = generator_for(self.seed, step)
        rows = [self.row(generator) for _ in range(self.batch_size)]
        ids, segments, is_random_next = (torch.stack(column) for column in zip(*rows))
        batch = {"input_ids": ids, "segment_ids": segments, "is_random_next": is_random_next}
        return self.masked(batch, step)

    def row(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Draw one row: ids (T,), segments (T,), and 1 where the second span is random."""
        document, cut = self.draw(self.sizes, generator)
        starts = self.starts[document]
        starts = starts[(starts >= cut - self.longest) & (starts < cut)]
        start = starts[torch.randint(len(starts), (), generator=generator)]
        first = self.ids[document][start:cut]
        is_random_next = torch.randint(2, (), generator=generator)
        if is_random_next:
            others = self.sizes.clone()
            others[document] = 0
            document, cut = self.draw(others, generator)
        second = self.ids[document][cut : cut + self.room - len(first)]

        cls, sep = torch.tensor([self.tokenizer.cls_id]), torch.tensor([self.tokenizer.sep_id])
        ids = torch.cat([cls, first, sep, second, sep])  # (T,)
        segments = (torch.arange(self.length) >= len(first) + 2).long()  # (T,)
        return ids, segments, is_random_next

    def draw(self, sizes: Tensor, generator: torch.Generator) -> tuple[int, int]:
        """Draw a document, in proportion to its sentences, and where a second span begins in it."""
        document = int(torch.multinomial(sizes, 1, generator=generator))
        cuts = self.cuts[document]
        return document, int(cuts[torch.randint(len(cuts), (), generator=generator)])


class MixedBatches:
    """Take each step's batch from one of several sources, drawn with the given weights.

    stream: "mixture" or, for a mixture that is a source of another one, "inner mixture"
    """

    def __init__(self, sources: Sequence[Batches], weights: list[float], seed: int = 0, *, stream: str = "mixture"):
        self.sources, self.weights = sources, torch.tensor(weights, dtype=torch.float)
        self.seed, self.stream = seed, stream

    def sample(self, step: int) -> dict[str, Tensor]:
        source = torch.multinomial(self.weights, 1, generator=generator_for(self.seed, step, self.stream))
        return self.sources[int(source)].sample(step)
