"""Shared by the long experiments: rows that are made once and kept, models, ranking losses.

Q questions, A answers, n questions of a batch, C candidates of each.
"""

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from torch import Tensor

from bertgpt.assets import CONTENTS, write_atomically
from bertgpt.cli.run import read_record
from bertgpt.device import supports_bfloat16
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.model.both import Both
from bertgpt.model.inputs import Order
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training.finetuning import HeadedModel
from bertgpt.weights.hub import CHECKPOINT_FILES, MINILM, find_weights
from bertgpt.weights.pretrained import load_bert, load_both, load_gpt, read_gpt
from bertgpt_book.records import RESULTS, load_results, recorded
from bertgpt_book.tasks.ranking import words

# The files of the questions, for the record: file -> sha256.
QUESTIONS_FROM = {name: CONTENTS[f"labelled/{name}"] for name in ("docstrings.tsv.xz", "book_passages.tsv.xz")}


class BidirectionalBoth(Both):
    """A `Both` model that encodes bidirectionally by default, so that heads and probes read it like a BERT."""

    def encode(self, input_ids: Tensor, *, order: Order = "bidirectional", **named) -> Tensor:
        return super().encode(input_ids, order=order, **named)


# Models of the experiments: name -> loader, source.
MODELS = {
    "MiniLM": (load_bert, MINILM),
    "TinyBERT": (load_bert, "tinybert"),
    "TinyGPT": (load_gpt, "tinygpt"),
    "TinyBoth": (partial(read_gpt, kind=BidirectionalBoth), "tinyboth"),
    "TinyBoth, causal": (load_both, "tinyboth"),
}


class NotRecorded(Exception):
    """Raised by a row that must not be recorded: an input is missing, or its training has failed."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Say how one row of a record is made, and from what: a row made from the same is not made again.

    make() -> JSON values; weights: sources of the checkpoints, for `find_weights`; data:
    fingerprints of the texts, and settings that change the result; seconds: roughly, on one quiet
    core
    """

    name: str
    make: Callable[[], dict]
    weights: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    seconds: float = 1


def fingerprint(*texts: str) -> str:
    """Compute the first 12 digits of the sha256 of some texts, to tell whether data have changed."""
    return hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()[:12]


def weights_fingerprint(source: str) -> str:
    """Hash the files of a checkpoint: configuration, weights and tokenizer, where there is one."""
    digest = hashlib.sha256()
    for path in (find_weights(source) / name for name in CHECKPOINT_FILES):
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:12]


def checkpoint_for(name: str, source: str) -> Path:
    """Name the checkpoint file of a long training, which depends on the initial weights."""
    return Path(tempfile.gettempdir()) / f"{name.replace(' ', '_')}_{weights_fingerprint(source)}.safetensors"


def made_with(row: Row) -> dict:
    """Fingerprint what a row is made from: its weights, its data and its settings."""
    return {"weights": {source: weights_fingerprint(source) for source in row.weights}, "data": list(row.data)}


def kept_rows(name: str, folder: Path = RESULTS) -> dict[str, dict]:
    """Load the rows of a record by name, none if there is no record yet."""
    return recorded(name, folder) if (folder / f"{name}.json").exists() else {}


def stale(name: str, rows: Iterable[Row], folder: Path = RESULTS) -> list[Row]:
    """Choose the rows that are not recorded, or were made with other weights, data or settings."""
    kept = kept_rows(name, folder)
    return [row for row in rows if kept.get(row.name, {}).get("made_with") != made_with(row)]


def record(name: str, about: dict, rows: list[Row], wanted: Iterable[str] = (), folder: Path = RESULTS) -> None:
    """Make the stale rows, and write the record after each; rows no longer planned are dropped.

    wanted: words that a row's name must contain, all of them
    """
    torch.set_num_threads(1)
    for row in stale(name, [row for row in rows if all(word in row.name for word in wanted)], folder):
        began = time.process_time()
        try:
            found = row.make()
        except NotRecorded as reason:
            print(f"{row.name}: not recorded, {reason}", flush=True)
            continue
        spent = round(time.process_time() - began, 1)
        kept = kept_rows(name, folder)  # read again: another process may have added to it
        kept[row.name] = {"name": row.name, **found, "made_with": made_with(row), "cpu_seconds": spent}
        save_results(name, about, [kept[each.name] for each in rows if each.name in kept], folder)
        print(f"{name}: {row.name}, {spent} s", flush=True)


def add_runs(
    name: str, about: dict, runs: dict[tuple, Callable[[], dict]], key: Callable[[dict], tuple], folder: Path = RESULTS
) -> None:
    """Make the runs that a record lacks, and write it after each; key(row) -> which of `runs` a row is."""
    for run, make in runs.items():
        found = whole_record(name, folder)
        if run in map(key, found["rows"]):
            continue
        row = make()
        found = whole_record(name, folder)  # read again: another process may have added to it
        save_results(name, found["about"] | about, [*found["rows"], row], folder)
        print(json.dumps({key: value for key, value in row.items() if key != "curve"}), flush=True)


def whole_record(name: str, folder: Path = RESULTS) -> dict:
    """Load a record, empty if there is none yet."""
    return load_results(name, folder) if (folder / f"{name}.json").exists() else {"about": {}, "rows": []}


def save_results(name: str, about: dict, rows: list[dict], folder: Path = RESULTS) -> None:
    """Write a record with the machine it was made on, whole or not at all.

    about: command, settings, hashes of the data; rows: JSON values only
    """
    machine = {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "bfloat16": supports_bfloat16(torch.device("cpu")),  # or it was emulated
    }
    text = json.dumps({"about": {**about, "machine": machine}, "rows": rows}, indent=1)
    numbers = re.compile(r"\[\s+([-+\d.eE,\s]+?)\s+\]")  # a list of numbers takes one line
    text = numbers.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"
    write_atomically(folder, {f"{name}.json": lambda part: part.write_text(text, encoding="utf-8")})


def read_run(folder: Path) -> dict:
    """Load the run.json of a training: -> arguments, steps, texts, tokenizer.

    The course's own vocabulary is called "bpe", from whichever file it was loaded.
    """
    record = read_record(folder)
    if record["tokenizer"] == course_tokenizer().sha256():
        record["arguments"]["tokenizer"] = "bpe"
    return record


def spread(values) -> dict:
    """Compute a mean, its 95 % interval over the items, and their number."""
    return {"mean": float(np.mean(values)), "interval": bootstrap_interval(values), "n": len(values)}


def content_words(text: str) -> set[str]:
    """Find the content words of a text: neither scikit-learn's English stop words nor single letters."""
    return {word for word in words(text) if word not in ENGLISH_STOP_WORDS and len(word) > 1}


def merge_reranked(first: np.ndarray, ranked: np.ndarray, scores) -> np.ndarray:
    """Give some candidates new scores; the others keep their order below those.

    first: (Q, A), the scores so far; ranked: (Q, top) indices, scores: as many new ones -> (Q, A)
    """
    settled = first - first.max() - 1e4  # below any score of a head, and any log p
    np.put_along_axis(settled, ranked, np.asarray(scores).reshape(ranked.shape), axis=1)
    return settled


def candidate_objective(model: HeadedModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Compute the cross-entropy over the candidates of each question.

    model: an encoder with a head that gives one number per pair; labels: (n,) of n questions
    -> loss, accuracy. Nogueira and Cho 2019, section 2, with a softmax over the candidates.
    """
    scores = model(batch).view(len(batch["labels"]), -1)  # (n, C)
    return {
        "loss": F.cross_entropy(scores, batch["labels"]),
        "accuracy": (scores.argmax(dim=1) == batch["labels"]).float().mean(),
    }


def check_learned(history: list[dict], limit: float) -> float:
    """Compute the mean loss of the last 20 steps; raise NotRecorded if it is above the limit, in nats."""
    last = float(np.mean([row["loss"] for row in history[-20:]]))
    if last > limit:
        raise NotRecorded(f"its loss ended at {last:.2f} nats, above {limit}")
    return last
