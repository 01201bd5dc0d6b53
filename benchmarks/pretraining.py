"""Shared by the experiments that pre-train small models on the old books.

T tokens, n of a document.
"""

from collections.abc import Callable
from functools import cache, partial

from experiments import fingerprint
from torch import Tensor

from bertgpt.text.batching import Batches
from bertgpt.text.corpora import CORPORA, novels
from bertgpt.text.data import LengthCurriculum, LMBatches, MaskedNextTokenBatches, MLMBatches, encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.settings import TrainingSettings

BOOKS = {name: CORPORA[name] for name in ("austen", "shakespeare", "tales")}  # by authors who died before 1950
RATE = {"training": 0.30, "test": 0.15}  # share of the tokens that are hidden
WINDOWS = 8  # batches of the test


@cache
def books() -> tuple[Tokenizer, list[Tensor], list[Tensor]]:
    """Encode the old books by their own vocabulary: -> the tokenizer, training documents, *Persuasion* to test on."""
    tokenizer = old_books_tokenizer()
    training = [ids for texts in BOOKS.values() for ids in encode_documents(texts("train"), tokenizer)]
    return tokenizer, training, encode_documents(novels("test"), tokenizer)


@cache
def about_books() -> dict:
    """Fingerprint the old books and their vocabulary, for a record."""
    return {
        "data": {name: fingerprint(*texts("train").values()) for name, texts in BOOKS.items()},
        "tokenizer": fingerprint(old_books_tokenizer().backend.to_str()),
    }


def batches_of(kind: str, texts, tokenizer: Tokenizer, length: int, n_rows: int, rate: float, seed: int) -> Batches:
    """Cut texts into rows, and hide what the model must predict.

    kind: "GPT", "BERT" (its own class), or "masked GPT" (GPT's body, bidirectional)
    """
    if kind == "GPT":
        return LMBatches(texts, length, n_rows, seed)
    if kind == "masked GPT":
        return MaskedNextTokenBatches(texts, tokenizer, length, n_rows, (rate, rate), seed)
    return MLMBatches(texts, tokenizer, length, n_rows, rate, seed)


def short_rows_first(make: Callable[[int, int], Batches], length: int, n_rows: int, short_steps: int) -> Batches:
    """Take four times as many rows of a quarter of the length for the first steps; make(length, n_rows) -> batches.

    A masked model leaves its plateau sooner on short rows.
    """
    return LengthCurriculum(make(length // 4, 4 * n_rows), make(length, n_rows), short_steps)


def pretrain(model, objective, kind: str, length: int, n_rows: int, settings: TrainingSettings, report=None) -> list:
    """Train on the old books, in the first half of the steps on short rows, and test at the end: -> the history.

    kind: as for `batches_of`
    """
    tokenizer, texts, unseen = books()
    cut = partial(batches_of, kind, texts, tokenizer, rate=RATE["training"], seed=settings.seed)
    test = batches_of(kind, unseen, tokenizer, length, n_rows, RATE["test"], seed=5)
    held_out = [test.sample(step) for step in range(WINDOWS)]
    batches = short_rows_first(cut, length, n_rows, settings.steps // 2)
    return train(model, objective, batches, settings, held_out=held_out, report=report)


def settings_for(steps: int, seed: int, warmup: int = 50, **changes) -> TrainingSettings:
    """Train as the shipped models were trained, for fewer steps: Muon, and a rate that falls to zero."""
    fixed = dict(learning_rate=2e-3, optimiser="muon", schedule="linear", eval_every=steps)
    return TrainingSettings(steps=steps, seed=seed, warmup=min(warmup, steps // 8), **fixed | changes)
