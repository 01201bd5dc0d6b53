"""Rankings: questions without leaks and with answers, and wrong candidates that are wrong."""

import re
from collections import defaultdict

from bertgpt.text.corpora import TUNED_SPLITS
from bertgpt_book.tasks.ranking import docstring_pairs, docstring_tasks, table


def words_of(text: str) -> tuple[str, ...]:
    return tuple(re.findall("[a-z]+", text.lower()))


def test_no_docstring_and_no_module_is_on_two_sides():
    texts, modules, runs = defaultdict(set), defaultdict(set), defaultdict(set)
    for split, module, *pair in table("docstrings.tsv.xz"):
        for words in map(words_of, pair):
            texts[split].add(words)
            runs[split] |= {words[i : i + 10] for i in range(len(words) - 9)}
        modules[split].add(module)
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not texts[one] & texts[other]
        assert not modules[one] & modules[other]
        assert not runs[one] & runs[other]
    assert min(len(runs[split]) for split in TUNED_SPLITS) > 10_000  # or it could not fail


def test_tasks_of_docstrings_point_at_the_right_answers():
    pairs, blocks = dict(docstring_pairs("test")), docstring_tasks("test")
    assert len(blocks) == len(pairs) // 100 and blocks == docstring_tasks("test")
    for block in blocks:
        assert len(block.candidates) == 100
        answers = [block.candidates[min(right)] for right in block.right]
        assert answers == [pairs[question] for question in block.questions]
