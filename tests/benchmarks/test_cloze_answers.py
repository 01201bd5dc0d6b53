"""What counts as an answer to a blank, and to a beginning."""

import cloze_answers
import pytest
import torch

from bertgpt_book.tasks.labelled import PlainSentence

SENTENCE = PlainSentence("a dog sat on the", " ran.", ["Cat", "dog"], ["mat"], "mud")


@pytest.mark.parametrize("kind, right", [("bert", False), ("gpt", True)])
def test_only_a_continuation_may_fit_the_left_side_alone(kind, right, request, monkeypatch):
    for name in ("blank_words", "next_words"):
        monkeypatch.setattr(cloze_answers, name, lambda *_: ["mat", "cat", "mud"])
    monkeypatch.setattr(cloze_answers, "sense_margins", lambda *_: torch.tensor([0.5]))
    expected = {"first": [right], "among five": [True], "both sides": [False], "sense": [True]}
    assert cloze_answers.judge(request.getfixturevalue(kind), None, [SENTENCE]) == expected
