"""What the recorded experiments say, side by side: each model against a rival that needs no transformer.

Everything is a difference on the same items, so that what makes an item hard for both drops out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..book.records import recorded
from ..evaluation.metrics import f1_difference, paired_difference, share_interval

Ahead = tuple[float, tuple[float, float]]        # a difference and its 95 % interval
COMPARED = ("MiniLM", "TinyBERT", "TinyGPT", "TinyBoth")
RULE = "list, and what follows a title"


@dataclass(frozen=True)
class Comparison:
    """Say how far models are ahead of a rival at one task, all by the same method.

    measure: what is compared; ahead: model -> difference and interval, for those that are recorded
    """

    task: str
    method: str
    rival: str
    measure: str
    ahead: dict[str, Ahead]

    def choose(self) -> str:
        """Take the model that is furthest ahead of those whose whole interval is above zero, or else the rival."""
        clear = {name: mean for name, (mean, (low, _)) in self.ahead.items() if low > 0}
        return max(clear, key=lambda name: clear[name], default=self.rival)


def ones(right: str) -> list[int]:
    """Read the answers of a record: "1" was right, "0" was wrong."""
    return [int(digit) for digit in right]


def over_seeds(rows: dict[str, dict], beginning: str, read: Callable) -> np.ndarray | None:
    """Average what is read of all seeds of a row, item by item: -> (n,), or None where none is recorded."""
    found = [read(row) for name, row in rows.items() if name.startswith(beginning)]
    return np.mean(found, axis=0) if found else None


def against(rival, read: Callable[[str], Sequence[float] | np.ndarray | None]) -> dict[str, Ahead]:
    """Compare every model that is recorded with a rival: read(model) gives one number an item, or None.

    A model that was asked about every k-th item only is compared on those.
    """
    found = {name: items for name in COMPARED if (items := read(name)) is not None}
    return {name: paired_difference(items, rival[::-(-len(rival) // len(items))]) for name, items in found.items()}


def sentiment() -> list[Comparison]:
    """Give what few labels and many labels are worth, and what asking in words brings without a head."""
    curves, rows, asked = recorded("few_labels"), recorded("text_classification"), recorded("prompting")
    count = rows["sentiment TF-IDF"]["right"]
    always = ones(rows["sentiment majority"]["right"])
    few = against(curves["TF-IDF"]["curve"]["50"], lambda name: curves.get(name, {}).get("curve", {}).get("50"))
    many = against(ones(count), lambda name: over_seeds(
        rows, f"sentiment {name} fine-tuned", lambda row: ones(row["right"])))
    found = [Comparison("sentiment, 50 labels", "a layer on frozen states", "TF-IDF", "accuracy", few),
             Comparison("sentiment, 8,024 labels", "fine-tuned", "TF-IDF", "accuracy", many)]
    for method in ("next word", "blank"):
        in_words = {name: ones(asked[row]["minus average"]["right"])
                    for name in COMPARED if (row := f"sentiment, {name}, {method}") in asked}
        found.append(Comparison("sentiment, in words", method, "always one answer", "accuracy",
                                against(always, in_words.get)))
    return found


def names() -> list[Comparison]:
    """Give what finds more names than a list and titles; seeds are taken together, each on the same sentences."""
    rows = recorded("named_entities")
    rule, ahead = rows[RULE]["test"]["counts"], {}
    for name, piece in (("MiniLM", "first"), ("TinyBERT", "first"), ("TinyGPT", "first")):
        seeds = [row["test"]["counts"] for key, row in rows.items()
                 if key.startswith(f"{name}, fine-tuned, at the {piece} piece, seed") and "counts" in row["test"]]
        if seeds:
            ahead[name] = f1_difference(np.sum(seeds, axis=0), len(seeds) * np.asarray(rule))
    return [Comparison("names", "fine-tuned", "titles and a list", "F1", ahead)]


def found_by_name(tests: Sequence[dict]) -> np.ndarray:
    """Count name by name, for those that no training sentence holds, and average over the seeds of a row.

    tests: what `tagging.name_scores` gives, one a seed -> (n, 2): mentions found, mentions there are
    """
    return np.mean([list(test["unseen"].values()) for test in tests], axis=0)


def new_names() -> Comparison:
    """Give what finds more mentions of names that no training sentence holds; the interval is over draws of names."""
    rows, ahead = recorded("named_entities"), {}
    rule = found_by_name([rows[RULE]["test"]])
    for name in COMPARED:
        seeds = [row["test"] for key, row in rows.items() if key.startswith(f"{name}, fine-tuned, at the first piece")]
        if seeds:
            more = found_by_name(seeds) - rule * [1, 0]                                    # (n, 2)
            ahead[name] = (float(more[:, 0].sum() / more[:, 1].sum()), share_interval(more))
    return Comparison("new names", "fine-tuned", "titles and a list", "new names found", ahead)


def ranked() -> list[Comparison]:
    """Give what finds the passage that answers, in the domain it learned from and in this book."""
    rows, found = recorded("search"), []
    for part, task in (("docstrings", "search, in domain"), ("book", "search, this book")):
        ranks = {name: row[part]["reciprocal_ranks"] for name, row in rows.items()}
        rival = ranks["TF-IDF"]
        for method, row in (("frozen vectors", "frozen"), ("trained vectors", "bi-encoder"),
                            ("read together", "cross-encoder")):
            of_model = {name: ranks.get(f"{name}, {row}") for name in COMPARED}
            found.append(Comparison(task, method, "TF-IDF", "mean reciprocal rank", against(rival, of_model.get)))
    return found


def next_texts() -> list[Comparison]:
    """Give what finds the sentence, or the reply, that comes next."""
    rows, found = recorded("next_sentence"), []
    ways = {"vectors": ("vectors", "vectors"), "likelihood gained": ("likelihood", "minus unconditional"),
            "blanks gained": ("blanks", "minus unconditional"),
            "next-sentence head": ("next-sentence head", "next-sentence head")}
    for work, task in (("Persuasion", "next sentence"), ("plays", "next reply")):
        rival = rows[f"{work}: shared words"]["shared words"]["credit"]
        for method, (row, way) in ways.items():
            def read(name, work=work, row=row, way=way):
                both = "TinyBoth, causal" if name == "TinyBoth" and row == "likelihood" else name
                return rows.get(f"{work}: {both}, {row}", {}).get(way, {}).get("credit")

            found.append(Comparison(task, method, "shared words", "first of ten", against(rival, read)))
    return found


def first_lines() -> list[Comparison]:
    """Give who finds the first line that belongs to a description, among a hundred."""
    rows = {name: row["chosen"]["reciprocal_ranks"] for name, row in recorded("first_lines").items() if "chosen" in row}
    found = []
    for method, row in (("vectors", "vectors"), ("tuned, likelihood gained", "fine-tuned")):
        of_model = {name: rows.get(f"{name}, {row}") for name in COMPARED}
        found.append(Comparison("first line of 100", method, "TF-IDF", "mean reciprocal rank",
                                against(rows["TF-IDF"], of_model.get)))
    return found


def scoreboard() -> list[Comparison]:
    """Give every comparison that has a recorded model in it, in the order of the chapters."""
    found = [*sentiment(), *names(), *ranked(), *next_texts(), *first_lines()]
    return [comparison for comparison in found if comparison.ahead]
