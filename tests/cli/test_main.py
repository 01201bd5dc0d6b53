"""The command line as a whole: its exit codes, and one clear line for what a person gets wrong."""

import subprocess
import sys

import pytest
import torch

from bertgpt import __version__ as version
from bertgpt.cli import use

WRONG = """: command; teach: teach; train neither: neither; train gpt --text x --out y: --minutes; generate x: prompt;
    train gpt --text x --out y --steps many: --steps; fill x y --colour red: --colour;
    eval x --text austen --device cpu/: cpu/""".split(";")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_is_named_in_one_line(case, bertgpt, refused):
    line, named = case.split(": ")
    refused(bertgpt(*line.split()), named)


SAID = """fill littlebert [MASK] --top-k 9000: --top-k, 8,192; generate littlegpt a --top-k 9000: --top-k;
    generate littlegpt a --temperature -1: --temperature;
    generate LittleGPT a: littlegpt; generate tinygpt a: littlegpt; fill TinyBERT a: littlebert;
    generate ../nowhere/at/all a: spelling of the path; fill x y --colour red: fill --help;
    --device cpu train gpt: the command comes first; fill littlebert \udcff: UTF-8""".split(";")


@pytest.mark.parametrize("case", SAID)
def test_a_mistake_is_told_by_what_was_typed(case, bertgpt, refused, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    line, named = case.split(": ")
    refused(bertgpt(*line.split()), *named.split(", "))


def run(line, **more):
    return subprocess.run(f"{sys.executable} -m bertgpt {line}", shell=True, capture_output=True, text=True, **more)


def test_help_and_version_do_not_wait_for_pytorch():
    code = "import sys; from bertgpt.cli.main import parser; parser().format_help(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert run("--version").stdout == f"bertgpt {version}\n"


def test_a_prompt_may_begin_with_a_dash(bertgpt):
    code, out, _ = bertgpt("generate", "littlegpt", "-hello", "--tokens", 2)
    assert code == 0 and out.startswith("-hello")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's pipe")
def test_a_reader_that_has_enough_ends_it_in_silence():
    assert run("fill littlebert [MASK] | true").stderr == ""


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
    assert bertgpt("fill", "littlebert", "[MASK]") == (code, "", f"bertgpt: {line}\n")


TOO_LITTLE = [torch.OutOfMemoryError("CUDA out of memory.\nMore."), RuntimeError("CPUAllocator: can't allocate memory")]


@pytest.mark.parametrize("error", [MemoryError(), *TOO_LITTLE])
def test_too_little_memory_is_told_with_a_remedy(error, bertgpt, refused, monkeypatch):
    monkeypatch.setattr(use, "load", lambda _: (_ for _ in ()).throw(error))
    refused(bertgpt("fill", "littlebert", "[MASK]"), "not enough memory", "--batch-size")
