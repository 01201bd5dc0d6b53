"""Which model's vectors find the first line of a docstring among a hundred?

    python benchmarks/first_lines.py                  # every row that is missing or stale
    python benchmarks/first_lines.py TinyBERT         # those whose name has all of these words

Writes src/bertgpt_book/results/first_lines.json, a row per ranker: one description and the first
lines of a hundred descriptions, in two blocks. No setting was chosen on what is reported. All of it
takes about 25 seconds of one core.
"""

import sys
from functools import partial

from experiments import MODELS, QUESTIONS_FROM, Row, record
from rankers import bi_encoder_scores, ranking_metrics, tfidf_scores

from bertgpt import load_tokenizer
from bertgpt_book.tasks.ranking import RankingTask, docstring_tasks

NAME = "first_lines"
BLOCKS = 2  # of a hundred lines


def line_tasks() -> list[RankingTask]:
    """Ask for the first line that belongs to a description, among those of a hundred descriptions."""
    return [RankingTask(task.candidates, task.questions, task.right) for task in docstring_tasks("test")[:BLOCKS]]


def choosing(scores) -> dict:
    """Grade one table of scores a block, (Q, A): -> ranking_metrics."""
    return {"chosen": ranking_metrics(line_tasks(), scores)}


def by_vectors(source_of: str) -> dict:
    load, source = MODELS[source_of]
    model, tokenizer = load(source), load_tokenizer(source)
    return choosing([bi_encoder_scores(model, tokenizer, task) for task in line_tasks()])


DATA = (QUESTIONS_FROM["docstrings.tsv.xz"],)
ABOUT = {
    "command": "python benchmarks/first_lines.py",
    "seconds": "of the processor, one thread",
    "data": {"docstrings.tsv.xz": QUESTIONS_FROM["docstrings.tsv.xz"]},
}


def rows() -> list[Row]:
    return [
        Row(name="TF-IDF", data=DATA, make=lambda: choosing([tfidf_scores(task) for task in line_tasks()])),
        *(
            Row(
                name=f"{name}, vectors",
                make=partial(by_vectors, name),
                weights=(MODELS[name][1],),
                data=DATA,
                seconds=15 if name == "MiniLM" else 5,
            )
            for name in ("MiniLM", "TinyBERT", "TinyGPT")
        ),
    ]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
