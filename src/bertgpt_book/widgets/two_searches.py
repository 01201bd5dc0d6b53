"""Two searches: the passages that a count of shared words finds first, beside those that MiniLM's vectors find."""

from functools import cache

import torch
import traitlets

from bertgpt import load_bert, load_tokenizer
from bertgpt.weights.hub import MINILM, find_weights

from ..records import load_results
from ..tasks.ranking import book_task
from ..tasks.real_weights import vectors
from .base import StaticWidget, module, style

EVERY = 9  # of the questions that ship


@cache
def minilm():
    """Load MiniLM, and let it read every passage once: -> model, tokenizer, vectors (A, D). Takes about 20 seconds."""
    folder = find_weights(MINILM)
    model, tokenizer = load_bert(folder), load_tokenizer(folder)
    return model, tokenizer, vectors(model, tokenizer, book_task().candidates)


def first_three(questions: list[str]) -> list[list[int]]:
    """Find for each question the three passages with the largest cosine. Raises ValueError without MiniLM."""
    model, tokenizer, passages = minilm()
    scores = vectors(model, tokenizer, questions) @ passages.T  # (Q, A)
    return torch.topk(scores, 3).indices.tolist()


class TwoSearches(StaticWidget):
    """Choose or type a question about this book, and see what TF-IDF and MiniLM find first, shared words in bold.

    The page counts words by itself. MiniLM's answers to the listed questions are recorded; to a question that the
    reader types it answers in a notebook, where the kernel fetches it.
    """

    _esm = module("two_searches.js")
    _css = style("two_searches.css")

    label = traitlets.Unicode("Two searches").tag(sync=True)
    passages = traitlets.List(traitlets.Unicode(), help="name: text").tag(sync=True)
    common = traitlets.List(traitlets.Unicode(), help="words too common for bold").tag(sync=True)
    questions: traitlets.List = traitlets.List(help="question, what answers it, MiniLM's first three").tag(sync=True)
    question = traitlets.Unicode(help="what is searched for").tag(sync=True)
    asked = traitlets.Unicode(help="the reader's own question, for the kernel").tag(sync=True)
    found: traitlets.List = traitlets.List(help="by the kernel: question, three passages or a reason").tag(sync=True)

    def __init__(self, **traits):
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # half a second, which no other widget needs

        task = book_task()
        (recorded,) = load_results("first_three")["rows"]
        listed = zip(task.questions[::EVERY], map(sorted, task.right[::EVERY]), recorded["found"], strict=True)
        questions = [list(each) for each in listed]
        given = {"passages": task.candidates, "common": sorted(ENGLISH_STOP_WORDS), "questions": questions}
        super().__init__(**{**given, "question": questions[0][0], **traits})
        self.observe(self._ask, "asked")

    def _ask(self, change) -> None:
        try:
            self.found = [change.new, first_three([change.new])[0]]
        except ValueError as error:
            self.found = [change.new, str(error)]
