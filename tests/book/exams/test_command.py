"""What `python -m bertgpt_book.exams` prints."""

import sys

from bertgpt import load_gpt, load_tokenizer
from bertgpt_book.exams import exams
from bertgpt_book.exams.__main__ import main
from bertgpt_book.exams.sentences import score_minimal_pairs


def test_exam_counts_what_the_scores_say(monkeypatch, capsys):
    drawn = exams.draw(exams.ends(), 10)
    monkeypatch.setitem(exams.EXAMS, "ends", lambda: drawn)
    monkeypatch.setattr(sys, "argv", ["exams", "littlegpt", "--on", "ends", "--few"])
    assert main() == 0
    out = capsys.readouterr().out
    gpt, tokenizer = load_gpt("littlegpt"), load_tokenizer("littlegpt")
    for name, each in drawn.items():
        share = exams.preferences(*score_minimal_pairs(gpt, tokenizer, *zip(*each))["left to right"]).mean()
        assert f"{name:52} {100 * share:13.0f}" in out
