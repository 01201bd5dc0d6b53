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


@pytest.mark.parametrize(
    "error, code, line",
    [
        (KeyboardInterrupt(), 130, "bertgpt: stopped\n"),
        (FileNotFoundError(2, "No such file", "here.txt"), 2, "bertgpt: here.txt: No such file\n"),
        (OSError("model cannot be written"), 2, "bertgpt: model cannot be written\n"),
        (ValueError("two\nlines"), 2, "bertgpt: two lines\n"),
    ],
)
def test_an_error_ends_a_command_in_one_line(error, code, line, bertgpt, monkeypatch):
    monkeypatch.setattr(use, "load", lambda _: (_ for _ in ()).throw(error))
    assert bertgpt("fill", "tinybert", "[MASK]") == (code, "", line)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.\nMore."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_too_little_memory_is_told_with_a_remedy(error, bertgpt, refused, monkeypatch):
    monkeypatch.setattr(use, "load", lambda _: (_ for _ in ()).throw(error))
    refused(bertgpt("fill", "tinybert", "[MASK]"), "not enough memory", "--batch-size")


def test_a_fault_of_ours_keeps_its_traceback(bertgpt, monkeypatch):
    monkeypatch.setattr(use, "load", lambda _: (_ for _ in ()).throw(RuntimeError("shapes differ")))
    with pytest.raises(RuntimeError, match="shapes differ"):
        bertgpt("fill", "tinybert", "[MASK]")
