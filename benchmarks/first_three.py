"""What MiniLM's vectors find first for some questions about this book, so that a page can show it without the model.

Every ninth of the 143 shipped questions, in their order, among the 365 shipped passages. MiniLM is frozen,
and its vectors are those of the record *search*.
"""

from collections.abc import Iterator

from experiments import Row, fingerprint, main

from bertgpt.weights.hub import MINILM
from bertgpt_book.tasks.ranking import book_task
from bertgpt_book.widgets.two_searches import EVERY, first_three

NAME = "first_three"
TASK = book_task()
DATA = (fingerprint(*TASK.questions), fingerprint(*TASK.candidates))
ABOUT = {"data": dict(zip(("questions", "passages"), DATA)), "settings": f"frozen, float32; every {EVERY}th question"}


def found() -> dict:
    return {"found": first_three(TASK.questions[::EVERY])}


def rows() -> Iterator[Row]:
    yield Row("MiniLM, frozen", found, DATA, (MINILM,), seconds=30)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
