"""Which model's vectors find the first line of a docstring among a hundred?

A row per ranker: one description and the first lines of a hundred descriptions, in two blocks. No
setting was chosen on what is reported.
"""

from collections.abc import Iterator
from functools import partial

from encoders import ENCODERS
from experiments import Row, main
from rankers import QUESTIONS_FROM, bi_encoder_scores, ranking_metrics, tfidf_scores

from bertgpt import load_tokenizer
from bertgpt_book.tasks.ranking import RankingTask, docstring_tasks

NAME = "first_lines"
BLOCKS = 2  # of a hundred lines
ABOUT = {"data": {"docstrings.tsv.xz": QUESTIONS_FROM["docstrings.tsv.xz"]}}


def rank(score) -> dict:
    """Ask for the first line that belongs to a description; score(task) -> (Q, A): -> ranking_metrics."""
    tasks = [RankingTask(task.candidates, task.questions, task.right) for task in docstring_tasks("test")[:BLOCKS]]
    return {"chosen": ranking_metrics(tasks, [score(task) for task in tasks])}


def by_vectors(encoder: str) -> dict:
    load, source = ENCODERS[encoder]
    model, tokenizer = load(source), load_tokenizer(source)
    return rank(lambda task: bi_encoder_scores(model, tokenizer, task))


def rows() -> Iterator[Row]:
    data = tuple(ABOUT["data"].values())
    yield Row("TF-IDF", partial(rank, tfidf_scores), data)
    for name, seconds in (("MiniLM", 15), ("TinyBERT", 5), ("TinyGPT", 5)):
        yield Row(f"{name}, vectors", partial(by_vectors, name), data, (ENCODERS[name][1],), seconds)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
