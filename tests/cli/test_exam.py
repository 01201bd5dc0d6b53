"""What `exam` prints."""

from bertgpt import load_gpt, load_tokenizer
from bertgpt.evaluation import exams
from bertgpt.inference.sentences import score_minimal_pairs


def test_exam_counts_what_the_scores_say(bertgpt, monkeypatch):
    drawn = exams.draw(exams.ends(), 10)
    monkeypatch.setitem(exams.EXAMS, "ends", lambda: drawn)
    code, out, _ = bertgpt("exam", "tinygpt", "--on", "ends", "--few")
    assert code == 0
    gpt, tokenizer = load_gpt("tinygpt"), load_tokenizer("tinygpt")
    for name, each in drawn.items():
        share = exams.preferences(*score_minimal_pairs(gpt, tokenizer, *zip(*each))["left to right"]).mean()
        assert f"{name:52} {100 * share:13.0f}" in out
