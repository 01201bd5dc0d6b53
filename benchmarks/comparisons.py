"""How far is each model ahead of a rival that needs no transformer? One row per task and method.

    python benchmarks/comparisons.py          # a few seconds, after any of SOURCES

Reads the records of the experiments of chapters 13 and 14: model -> mean difference on the same items
and its 95 % interval, so that what makes an item hard for both drops out.
"""

import re
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from experiments import fingerprint, save_results

from bertgpt.evaluation.metrics import paired_difference, share_interval
from bertgpt_book.records import RESULTS, recorded
from bertgpt_book.tasks.entities import f1_difference

NAME = "comparisons"
SOURCES = ("few_labels", "text_classification", "prompting", "named_entities", "search", "next_sentence", "first_lines")
MODELS = ("MiniLM", "TinyBERT", "TinyGPT")
RULE = "list, and what follows a title"


def comparison(task: str, method: str, rival: str, measure: str, ahead: dict) -> dict:
    """Make a row; chosen: the model furthest ahead of those whose interval is above 0, or the rival."""
    clear = {model: mean for model, (mean, (low, _)) in ahead.items() if low > 0}
    return {
        "name": f"{task}: {method}",
        "task": task,
        "method": method,
        "rival": rival,
        "measure": measure,
        "ahead": ahead,
        "chosen": max(clear, key=clear.get, default=rival),
    }


def against(rival, items_of: Callable) -> dict:
    """Compare every model that is recorded with a rival; items_of(model) -> a score per item, or None.

    A model that scored every k-th item only is compared on those.
    """
    scored = {model: items for model in MODELS if (items := items_of(model)) is not None}
    return {model: paired_difference(items, rival[:: -(-len(rival) // len(items))]) for model, items in scored.items()}


def ones(right: str) -> list[int]:
    """Read the marks of a record: "1" for right, "0" for wrong."""
    return [int(digit) for digit in right]


def sentiment() -> list[dict]:
    """Compare few labels, many labels, and prompts without a head."""
    curves, rows, prompted = map(recorded, ("few_labels", "text_classification", "prompting"))
    curves = {name: row["curve"]["50"] for name, row in curves.items()}

    def fine_tuned(model):  # averaged over seeds, per text
        seeds = [ones(row["right"]) for name, row in rows.items() if name.startswith(f"sentiment {model} fine-tuned")]
        return np.mean(seeds, axis=0) if seeds else None

    def in_words(model):
        row = prompted.get(f"sentiment, {model}, {'blank' if model == 'TinyBERT' else 'next word'}")
        return row and ones(row["minus average"]["right"])

    count = ones(rows["sentiment TF-IDF"]["right"])
    same_labels = np.mean([ones(draw) for draw in prompted["sentiment, TF-IDF, 500 labels"]["right"]], axis=0)  # (n,)
    few, many = against(curves["TF-IDF"], curves.get), against(count, fine_tuned)
    return [
        comparison("sentiment, 50 labels", "a layer on frozen states", "TF-IDF", "accuracy", few),
        comparison("sentiment, 8,024 labels", "fine-tuned", "TF-IDF", "accuracy", many),
        comparison("sentiment, 500 labels", "asked for a word", "TF-IDF", "accuracy", against(same_labels, in_words)),
    ]


def recall_by_name(tests: list[dict]) -> np.ndarray:
    """Count per unseen name, averaged over the seeds of a row: -> (n, 2): found, mentions."""
    return np.mean([list(test["unseen"].values()) for test in tests], axis=0)


def names() -> list[dict]:
    """Compare F1 of names, and recall of those that no training sentence has, over seeds."""
    rows, f1, new = recorded("named_entities"), {}, {}
    rule = rows[RULE]["test"]
    for model in MODELS:
        title = f"{model}, fine-tuned, at the first piece"
        tests = [row["test"] for name, row in rows.items() if name.startswith(title)]
        counts = np.sum([test["counts"] for test in tests], axis=0)
        f1[model] = f1_difference(counts, len(tests) * np.asarray(rule["counts"]))
        more = recall_by_name(tests) - recall_by_name([rule]) * [1, 0]  # (n, 2)
        new[model] = (float(more[:, 0].sum() / more[:, 1].sum()), share_interval(more))
    return [
        comparison("names", "fine-tuned", "titles and a list", "F1", f1),
        comparison("new names", "fine-tuned", "titles and a list", "new names found", new),
    ]


def averaged(ranks: dict, method: str, model: str):
    """Average a model's reciprocal ranks by a method over the seeds, per question; None if it was not run."""
    seeds = [each for name, each in ranks.items() if re.fullmatch(f"{model}, {method}(, seed .)?", name)]
    return np.mean(seeds, axis=0) if seeds else None


def ranked() -> list[dict]:
    """Compare rankers of passages, in domain and on questions about this book."""
    rows, compared = recorded("search"), []
    methods = {"frozen vectors": "frozen", "trained vectors": "bi-encoder", "read together": "cross-encoder"}
    for part, task in (("docstrings", "search, in domain"), ("book", "search, this book")):
        ranks = {name: row[part]["reciprocal_ranks"] for name, row in rows.items()}
        for method, how in methods.items():
            ahead = against(ranks["TF-IDF"], partial(averaged, ranks, how))
            compared.append(comparison(task, method, "TF-IDF", "mean reciprocal rank", ahead))
    return compared


def next_texts() -> list[dict]:
    """Compare who finds the next sentence among ten."""
    rows, compared = recorded("next_sentence"), []
    methods = {
        "vectors": ("vectors", "vectors"),
        "PMI": ("likelihood", "minus unconditional"),
        "PMI at blanks": ("blanks", "minus unconditional"),
        "next-sentence head": ("next-sentence head", "next-sentence head"),
    }
    for work, task in (("Persuasion", "next sentence, novel"), ("stories", "next sentence, story")):
        rival = rows[f"{work}: shared words"]["shared words"]["credit"]
        for method, (row, score) in methods.items():
            credit = {model: rows.get(f"{work}: {model}, {row}", {}).get(score, {}).get("credit") for model in MODELS}
            compared.append(comparison(task, method, "shared words", "first of ten", against(rival, credit.get)))
    return compared


def first_lines() -> list[dict]:
    """Compare who finds the first line that belongs to a description, among a hundred."""
    ranks = {name: row["chosen"]["reciprocal_ranks"] for name, row in recorded("first_lines").items()}
    ahead = against(ranks["TF-IDF"], lambda model: ranks.get(f"{model}, vectors"))
    return [comparison("first line of 100", "vectors", "TF-IDF", "mean reciprocal rank", ahead)]


def compare(folder: Path = RESULTS) -> None:
    """Write the record of all comparisons with a recorded model, in the order of the chapters."""
    rows = [*sentiment(), *names(), *ranked(), *next_texts(), *first_lines()]
    data = {name: fingerprint((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in SOURCES}
    save_results(NAME, {"data": data}, [row for row in rows if row["ahead"]], folder)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record")
    compare(parser.parse_args().out)
