"""What several of the long experiments share: how a record is written, how the head of a ranking is read anew.

Q questions, A answers, n questions of a batch, C candidates of each.
"""

import json
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from torch import Tensor

from bertgpt.assets import CONTENTS
from bertgpt.results import RESULTS
from bertgpt.tasks.questions import words
from bertgpt.training.finetuning import HeadedModel

# What the questions were read from, for the record: file -> sha256.
QUESTIONS_FROM = {name: CONTENTS[f"labelled/{name}"][1] for name in ("docstrings.tsv.xz", "book_passages.tsv.xz")}


def save_results(name: str, about: dict, rows: list[dict], folder: Path = RESULTS) -> None:
    """Write an experiment with the machine it ran on, whole or not at all.

    about: command, settings, hashes of the data; rows: what was found, JSON values only
    """
    machine = {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "torch": torch.__version__}
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{name}.json.part"
    unfinished.write_text(json.dumps({"about": {**about, "machine": machine}, "rows": rows}, indent=1) + "\n",
                          encoding="utf-8")
    os.replace(unfinished, folder / f"{name}.json")


def content_words(text: str) -> set[str]:
    """Give the words of a text that carry meaning: neither scikit-learn's English stop words nor single letters."""
    return {word for word in words(text) if word not in ENGLISH_STOP_WORDS and len(word) > 1}


def top_k_indices(scores: np.ndarray, top: int) -> np.ndarray:
    """Find the `top` best candidates of each question: (Q, A) -> their places, best first (Q, top)."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :top]


def merge_reranked(first: np.ndarray, ranked: np.ndarray, scores) -> np.ndarray:
    """Give some candidates new scores and let the others keep their order below those.

    first: (Q, A), the scores so far; ranked: (Q, top) places, scores: as many new ones -> (Q, A)
    """
    settled = first - first.max() - 1e4                  # below any score of a head, and any log p
    np.put_along_axis(settled, ranked, np.asarray(scores).reshape(ranked.shape), axis=1)
    return settled


def candidate_objective(model: HeadedModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Share out one whole among the candidates of a question, never inside one passage.

    model: an encoder under a head that gives one number a pair; labels: (n,) of n questions -> loss, accuracy
    Nogueira and Cho 2019, section 2, with a softmax over candidates in place of a yes or no for each.
    """
    scores = model(batch).view(len(batch["labels"]), -1)                                   # (n, C)
    return {"loss": F.cross_entropy(scores, batch["labels"]),
            "accuracy": (scores.argmax(dim=1) == batch["labels"]).float().mean()}
