"""From the name of a text to training batches, for the command line and the experiments."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..text.batching import Batches
from ..text.corpora import CORPORA, SPLITS, chapters, stories
from ..text.data import (
    LengthCurriculum,
    LMBatches,
    MaskedNextTokenBatches,
    MixedBatches,
    MLMBatches,
    SentenceBatches,
    SentencePairBatches,
    encode_documents,
)
from ..text.tokenizer import CLS, EOS, MASK, PAD, SEP, Tokenizer
from ..text.vocabularies import course_tokenizer

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
        raise ValueError(f"{name} cannot be read ({error.strerror}): {remedy}") from None
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
    short: bool = False,
) -> Batches:
    """Cut a text into the batches that a model of this kind learns from.

    kind: "bert", "gpt" or "both"; split: "train" or "test" -> Batches, of rows of `length` tokens
    A GPT gets windows. A `Both` model gets windows, and for a share `blanks` of its batches masked
    ones: any share of a row is masked in training, `rate` of it in the test. A BERT gets masked
    windows, and of the shipped prose what `novel_batches` and `story_batches` add to them.
    Raises ValueError, naming the text, when it is too short.
    """
    documents = corpus.documents[split]
    rows: dict = dict(tokenizer=tokenizer, batch_size=batch_size, rate=rate, seed=seed)
    try:
        if kind == "bert" and corpus.name in ("austen", "tales"):
            return novel_batches(chapters(split, corpus.name), documents, length, rows)
        if kind == "bert" and corpus.name == "stories":
            return story_batches(stories(split), documents, length, rows, short)
        if kind == "bert":
            return MLMBatches(documents, length=length, **rows)
        causal = LMBatches(documents, length, batch_size, seed)
        if kind == "gpt":
            return causal
        rates = (0.0, 1.0) if split == "train" else (rate, rate)
        masked = MaskedNextTokenBatches(documents, tokenizer, length, batch_size, rates, seed)
        return MixedBatches([causal, masked], [1 - blanks, blanks], seed, stream="inner mixture")
    except ValueError as error:
        raise ValueError(f"{corpus.name}: {error}") from None


def novel_batches(books: dict[str, dict[int, str]], documents: list[Tensor], length: int, rows: dict) -> MixedBatches:
    """Mix the rows that TinyBERT learned from: pairs of spans in three batches of four.

    books: title -> chapters. Half of the pairs are drawn from all of them, half from single books.
    The fourth batch is masked windows, half the time a quarter as long.
    """
    numbered = [{f"{title} {n}": text for n, text in book.items()} for title, book in books.items()]
    everywhere = {name: text for book in numbered for name, text in book.items()}
    pools = [everywhere, *(book for book in numbered if len(book) > 1)]
    sizes = [sum(map(len, pool.values())) for pool in pools]
    pairs = [SentencePairBatches(pool, length=length, **rows) for pool in pools]
    windows = [MLMBatches(documents, length=n, **rows) for n in (length, quarter(length))]
    return MixedBatches([*pairs, *windows], [*sizes, sizes[0] / 3, sizes[0] / 3], rows["seed"], stream="inner mixture")


def story_batches(texts: dict[str, str], documents: list[Tensor], length: int, rows: dict, short: bool) -> Batches:
    """Mix the rows of the stories: of five batches three are pairs, one is windows, one whole sentences.

    The second span of a false pair comes from another story; where rows are to be short, all are sentences.
    """
    if short:
        return SentenceBatches(texts, length=length, **rows)
    sources: list[Batches] = [
        SentencePairBatches(texts, length=length, **rows),
        MLMBatches(documents, length=length, **rows),
        SentenceBatches(texts, length=quarter(length), **rows),
    ]
    return MixedBatches(sources, [3, 1, 1], rows["seed"], stream="inner mixture")


def quarter(length: int) -> int:
    """Return a quarter of a row's length, but room for one token between [CLS] and [SEP]."""
    return max(3, length // 4)


def mix_batches(
    kind: str, corpora: list[Corpus], weights: list[float], tokenizer: Tokenizer, *, short_steps: int, **settings
) -> Batches:
    """Draw training batches from several texts.

    weights: how often each text is drawn from; short_steps: for so many steps the rows are a
    quarter as long, and four times as many; settings: the others of `make_batches`
    """

    def mixed(**shape) -> MixedBatches:
        how: dict = settings | shape
        sources = [make_batches(kind, corpus, "train", tokenizer, **how) for corpus in corpora]
        return MixedBatches(sources, weights, settings["seed"])

    long = mixed()
    if not short_steps:
        return long
    short = mixed(length=quarter(settings["length"]), batch_size=4 * settings["batch_size"], short=True)
    return LengthCurriculum(short, long, short_steps)


def choose_tokenizer(name: str, texts: list[dict[str, dict[str, str]]]) -> Tokenizer:
    """Return the course's vocabulary ("bpe"), the training texts' characters ("char"), or one from a file."""
    if name == "bpe":
        return course_tokenizer()
    if name == "char":
        return Tokenizer.train_char(text for splits in texts for text in splits["train"].values())
    tokenizer = Tokenizer.from_file(name)
    missing = [token for token in (PAD, CLS, SEP, MASK, EOS) if tokenizer.find(token) is None]
    if missing:
        raise ValueError(f"{name} has no {', '.join(missing)}: give a vocabulary that has them, or bpe, or char")
    return tokenizer
