"""Which model's vectors find the first line of a docstring among a hundred?

A row per ranker: one description and the first lines of a hundred descriptions, in two blocks. No
setting was chosen on what is reported.
"""

from collections.abc import Iterator
from functools import partial

from encoders import ENCODERS, load_encoder
from experiments import Row, main
from rankers import QUESTIONS_FROM, bi_encoder_scores, ranking_metrics, tfidf_scores

from bertgpt_book.tasks.ranking import RankingTask, docstring_tasks

NAME = "first_lines"
BLOCKS = 2  # of a hundred lines
ABOUT = {"data": {"docstrings.tsv.xz": QUESTIONS_FROM["docstrings.tsv.xz"]}}


def line_tasks(n_blocks: int) -> list[RankingTask]:
    """Ask for the first line that belongs to a description, among a hundred, as chapter 14 does."""
    return [RankingTask(task.candidates, task.questions, task.right) for task in docstring_tasks("test")[:n_blocks]]


def rank(score) -> dict:
    """Rank the lines by score(task) -> (Q, A): -> ranking_metrics."""
    tasks = line_tasks(BLOCKS)
    return {"chosen": ranking_metrics(tasks, [score(task) for task in tasks])}


def by_vectors(encoder: str) -> dict:
    return rank(partial(bi_encoder_scores, *load_encoder(encoder)))


def rows() -> Iterator[Row]:
    data = tuple(ABOUT["data"].values())
    yield Row("TF-IDF", partial(rank, tfidf_scores), data)
    for name, seconds in (("MiniLM", 15), ("TinyBERT", 5), ("TinyGPT", 5)):
        yield Row(f"{name}, vectors", partial(by_vectors, name), data, (ENCODERS[name][1],), seconds)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
