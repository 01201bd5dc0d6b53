"""The command line as a whole: its exit codes, and one clear line for what a person gets wrong."""

import pytest
import torch

from bertgpt.cli import use

WRONG = """: command; teach: teach; train neither: neither; train gpt --text x --out y: --minutes; generate x: prompt;
    train gpt --text x --out y --steps many: --steps; fill x y --colour red: --colour;
    eval x --text austen --device cpu/: cpu/""".split(";")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_is_named_in_one_line(case, bertgpt, refused):
    line, named = case.split(": ")
    refused(bertgpt(*line.split()), named)


LINES = [
    (KeyboardInterrupt(), "stopped"),
    (FileNotFoundError(2, "No such file", "here.txt"), "here.txt: No such file"),
    (OSError("model cannot be written"), "model cannot be written"),
    (ValueError("two\nlines"), "two lines"),
]


@pytest.mark.parametrize("error, line", LINES)
def test_an_error_ends_a_command_in_one_line(error, line, bertgpt, monkeypatch):
    monkeypatch.setattr(use, "load", lambda _: (_ for _ in ()).throw(error))
    code = 130 if isinstance(error, KeyboardInterrupt) else 2
    assert bertgpt("fill", "tinybert", "[MASK]") == (code, "", f"bertgpt: {line}\n")


TOO_LITTLE = [torch.OutOfMemoryError("CUDA out of memory.\nMore."), RuntimeError("CPUAllocator: can't allocate memory")]


@pytest.mark.parametrize("error", [MemoryError(), *TOO_LITTLE])
def test_too_little_memory_is_told_with_a_remedy(error, bertgpt, refused, monkeypatch):
    monkeypatch.setattr(use, "load", lambda _: (_ for _ in ()).throw(error))
    refused(bertgpt("fill", "tinybert", "[MASK]"), "not enough memory", "--batch-size")
