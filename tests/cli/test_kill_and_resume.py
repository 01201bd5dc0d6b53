"""A run that was killed resumes to the same, bit for bit: killed at two points here, at every one by the tool."""

import sys

import kill_and_resume
import pytest

from bertgpt.cli.main import main


def go(monkeypatch, kind, text, out):
    monkeypatch.setattr(sys, "argv", ["bertgpt", *kill_and_resume.arguments(kind, text, out)])
    assert main() == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind, point, missing", [
    ("gpt", 4, "tokenizer.json"), ("bert", 9, "model.safetensors")], ids=["at the start", "between two checkpoints"])
def test_a_killed_run_resumes_to_the_same(kind, point, missing, tmp_path, monkeypatch):
    text, alone, killed = tmp_path / "text.txt", tmp_path / "alone", tmp_path / "killed"
    text.write_text(kill_and_resume.TEXT, encoding="utf-8")
    go(monkeypatch, kind, text, alone)
    assert kill_and_resume.finish(kill_and_resume.start(kind, text, killed, point)) == kill_and_resume.KILLED
    assert (killed / "run.json").exists() and not (killed / missing).exists()
    assert (killed / "checkpoint.safetensors").exists() == (point == 9)
    go(monkeypatch, kind, text, killed)
    assert kill_and_resume.same(killed, alone)
    (killed / "tokenizer.json").write_text("{}")                  # that "same" can say no
    assert not kill_and_resume.same(killed, alone)
