"""From the name of a text to training batches, for the command line and the experiments."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from ..text.batching import Batches
from ..text.corpora import CORPORA, SPLITS, chapters, stories
from ..text.data import (
    LMBatches,
    MaskedNextTokenBatches,
    MixedBatches,
    MLMBatches,
    SentencePairBatches,
    encode_documents,
)
from ..text.tokenizer import CLS, EOS, MASK, PAD, SEP, Tokenizer
from ..text.vocabularies import course_tokenizer


def by_chapter(split: str, corpus: str) -> dict[str, str]:
    """Return the chapters of novels or tales one by one: "Emma 1" -> text."""
    return {f"{title} {n}": text for title, book in chapters(split, corpus).items() for n, text in book.items()}


# Of which BERT learns pairs, too: name -> split -> title -> text. A single novel has only its chapters.
PROSE: dict[str, Callable[[str], dict[str, str]]] = {
    "austen": partial(by_chapter, corpus="austen"),
    "tales": partial(by_chapter, corpus="tales"),
    "stories": stories,
}
HELD_OUT_BATCHES = 8  # batches in an evaluation on held-out text


@dataclass(frozen=True)
class Corpus:
    """Hold an encoded text."""

    name: str
    documents: dict[str, list[Tensor]]  # split -> ids (n,) of each document
    n_characters: int  # of the training part


def read_texts(name: str) -> dict[str, dict[str, str]]:
    """Read a shipped corpus, or a file, whose last tenth is held out: -> split -> title -> text."""
    if name in CORPORA:
        return {split: CORPORA[name](split) for split in SPLITS}
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 (byte {error.start}): save it as UTF-8 first") from None
    except OSError as error:
        remedy = f"give a text file, or one of {', '.join(CORPORA)}"
        raise ValueError(f"{name or repr(name)} cannot be read ({error.strerror}): {remedy}") from None
    if not text.strip():
        raise ValueError(f"{name} is empty: give a file with text in it")
    cut = len(text) * 9 // 10
    return {"train": {name: text[:cut]}, "test": {name: text[cut:]}}


def encode_texts(name: str, texts: dict[str, dict[str, str]], tokenizer: Tokenizer) -> Corpus:
    """Encode what `read_texts` returns."""
    documents = {split: encode_documents(group, tokenizer, torch.int32) for split, group in texts.items()}
    return Corpus(name, documents, sum(map(len, texts["train"].values())))


def make_batches(
    kind: str,
    corpus: Corpus,
    split: str,
    tokenizer: Tokenizer,
    length: int,
    batch_size: int = 32,
    rate: float = 0.15,
    seed: int = 0,
    blanks: float = 0.5,
) -> Batches:
    """Cut a text into the batches that a model of this kind learns from.

    kind: "bert", "gpt" or "both"; split: "train" or "test" -> Batches, of rows of `length` tokens
    A GPT gets windows. A `Both` model gets windows, and for a share `blanks` of its batches masked
    ones: any share of a row is masked in training, `rate` of it in the test. A BERT gets masked
    windows and, of the shipped prose, pairs of spans in three batches of four.
    Raises ValueError, naming the text, when it is too short.
    """
    documents = corpus.documents[split]
    rows: dict = dict(tokenizer=tokenizer, batch_size=batch_size, rate=rate, seed=seed)
    try:
        if kind == "bert":
            windows = MLMBatches(documents, length=length, **rows)
            if corpus.name not in PROSE:
                return windows
            pairs = SentencePairBatches(PROSE[corpus.name](split), length=length, **rows)
            return MixedBatches([pairs, windows], [3, 1], seed, stream="inner mixture")
        causal = LMBatches(documents, length, batch_size, seed)
        if kind == "gpt":
            return causal
        rates = (0.0, 1.0) if split == "train" else (rate, rate)
        masked = MaskedNextTokenBatches(documents, tokenizer, length, batch_size, rates, seed)
        return MixedBatches([causal, masked], [1 - blanks, blanks], seed, stream="inner mixture")
    except ValueError as error:
        part = "the held-out tenth of " if split == "test" and corpus.name not in CORPORA else ""
        raise ValueError(f"{part}{corpus.name}: {error}") from None


def mix_batches(kind: str, corpora: list[Corpus], weights: list[float], tokenizer: Tokenizer, **how) -> MixedBatches:
    """Draw training batches from several texts; weights: how often from each; how: as for `make_batches`."""
    sources = [make_batches(kind, corpus, "train", tokenizer, **how) for corpus in corpora]
    return MixedBatches(sources, weights, how["seed"])


def choose_tokenizer(name: str, texts: list[dict[str, dict[str, str]]]) -> Tokenizer:
    """Return the course's vocabulary ("bpe"), one of the texts ("own", "char"), or one from a file."""
    if name == "bpe":
        return course_tokenizer()
    parts = [text for splits in texts for text in splits["train"].values()]
    if name == "char":
        return Tokenizer.train_char(parts)
    if name == "own":  # a token for every hundred characters, as many as the course's at most
        return Tokenizer.train_bpe(parts, vocab_size=min(8192, max(512, sum(map(len, parts)) // 100)))
    tokenizer = Tokenizer.from_file(name)
    missing = [token for token in (PAD, CLS, SEP, MASK, EOS) if tokenizer.find(token) is None]
    if missing:
        raise ValueError(f"{name} has no {', '.join(missing)}: give a vocabulary that has them, or bpe, own or char")
    return tokenizer
