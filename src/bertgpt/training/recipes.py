"""What the course's models are trained on, by name: from a text's name to batches.

The command line and the experiments call this; the chapters build the same from its parts.
"""

from pathlib import Path

from ..text.corpora import CORPORA, chapters, check_split
from ..text.data import (
    LengthCurriculum,
    LMBatches,
    MixedBatches,
    MLMBatches,
    SentencePairBatches,
    encode_documents,
)
from ..text.tokenizer import CLS, EOS, MASK, PAD, SEP, Tokenizer, course_tokenizer


def read_texts(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Give training and held-out texts of a shipped corpus, or of a file, whose last tenth is held out."""
    if name in CORPORA:
        return CORPORA[name]("train"), CORPORA[name]("test")
    try:
        text = Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{name} cannot be read ({error.strerror}): "
                         f"give a text file, or one of {', '.join(CORPORA)}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 (byte {error.start}): save it as UTF-8 first") from None
    if not text.strip():
        raise ValueError(f"{name} is empty: give a file with text in it")
    cut = len(text) * 9 // 10
    return {name: text[:cut]}, {name: text[cut:]}


def make_batches(kind: str, name: str, split: str, tokenizer: Tokenizer, length: int, batch_size: int = 32,
                 rate: float = 0.15, seed: int = 0):
    """Cut texts into what a model of this kind learns from; a BERT gets novels in pairs and alone.

    kind: "bert" or "gpt"; name: as for read_texts; split: "train" or "test" -> what training.train takes
    Three batches of four are pairs, and the second span of a false pair comes from another chapter: half the
    time of any novel, half of the same. The fourth has one text a row, half the time of a quarter of the length.
    """
    check_split(split)
    texts = read_texts(name)[split == "test"]
    try:
        documents = encode_documents(texts, tokenizer)
        if kind == "bert" and name == "austen":
            books = [{f"{title} {n}": text for n, text in book.items()} for title, book in chapters(split).items()]
            pools = [{k: text for book in books for k, text in book.items()}, *books]
            sources = [SentencePairBatches(pool, tokenizer, length, batch_size, rate, seed) for pool in pools]
            sources += [MLMBatches(documents, tokenizer, part, batch_size, rate, seed)
                        for part in (length, max(3, length // 4))]      # a text may come alone, and be short
            sizes = [sum(map(len, pool.values())) for pool in pools]
            return MixedBatches(sources, sizes + [sizes[0] / 3] * 2, seed, stream=1)   # stream 0 is `mix_batches`'
        if kind == "bert":
            return MLMBatches(documents, tokenizer, length, batch_size, rate, seed)
        return LMBatches(documents, length, batch_size, seed)
    except ValueError as error:
        raise ValueError(f"{name}: {error}. Give more text, or a smaller --context") from None


def mix_batches(kind: str, names: list[str], weights: list[float], tokenizer: Tokenizer, length: int, batch_size: int,
                rate: float, seed: int, short_steps: int):
    """Draw training batches from several texts, at first from rows of a quarter of the length, four times as many.

    names: as for read_texts; weights: how often each is drawn from; short_steps: how many steps that is, or 0
    """
    def mixed(length: int, batch_size: int) -> MixedBatches:
        return MixedBatches([make_batches(kind, name, "train", tokenizer, length, batch_size, rate, seed)
                        for name in names], weights, seed)

    long = mixed(length, batch_size)
    return LengthCurriculum(mixed(max(3, length // 4), 4 * batch_size), long, short_steps) if short_steps else long


def choose_tokenizer(name: str, texts: list[dict[str, str]]) -> Tokenizer:
    """Give the course's vocabulary ("bpe"), one of the texts' characters ("char"), or one from a file."""
    if name == "bpe":
        return course_tokenizer()
    if name == "char":
        return Tokenizer.train_char(text for group in texts for text in group.values())
    tokenizer = Tokenizer.from_file(name)
    missing = [token for token in (PAD, CLS, SEP, MASK, EOS) if tokenizer.backend.token_to_id(token) is None]
    if missing:
        raise ValueError(f"{name} has no {', '.join(missing)}: give a vocabulary that has them, or bpe, or char")
    return tokenizer


