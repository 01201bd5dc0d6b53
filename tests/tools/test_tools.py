"""The tools' command lines."""

import runpy
from pathlib import Path

import pytest

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt_book.widgets.pair import SENTENCES, blank_answers

ROOT = Path(__file__).resolve().parents[2]


def test_an_address_and_a_version_of_another_form_are_refused(monkeypatch, capsys):
    for tool, word, complaint in (("set_address", "nobody", "OWNER/NAME"), ("set_version", "two", "such as 0.2.0")):
        monkeypatch.setattr("sys.argv", [tool, word])
        with pytest.raises(SystemExit, match="2"):
            runpy.run_path(str(ROOT / "tools" / f"{tool}.py"), run_name="__main__")
        assert complaint in capsys.readouterr().err


@pytest.mark.slow
def test_the_readmes_picture_and_its_words_say_what_the_shipped_models_answer():
    drawn = (ROOT / ".github" / "two-masks.svg").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    left, right, _ = SENTENCES[0]
    found = blank_answers(load_bert("littlebert"), load_gpt("littlegpt"), load_tokenizer(), left, right, top=3)
    for guesses in (found["BERT"]["bidirectional"], found["GPT"]["causal"]):
        assert all(f">{word.strip()}</text>" in drawn and f">{share:.0%}</text>" in drawn for word, share in guesses)
        (word, share), *_ = guesses
        assert f"answers {word.strip()}, at {100 * share:.0f} %" in readme, "write them into the picture, too"
