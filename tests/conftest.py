"""What the tests share: tiny models, the shipped tokenizer, the command line, and no network."""

import os
import sys
from functools import partial

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports huggingface_hub
os.environ["PIP_NO_INDEX"] = "1"

import matplotlib
import pytest
import torch
from hypothesis import settings
from node import call_page
from reference import draw_ids, tiny_bert, tiny_gpt
from sizes import B, S

from bertgpt.cli.main import main
from bertgpt.weights.pretrained import load_tokenizer

matplotlib.use("agg")

collect_ignore = ["helpers"]  # imported by tests: no tests, no examples

settings.register_profile("the same examples every time, however slow the machine", derandomize=True, deadline=None)
settings.load_profile("the same examples every time, however slow the machine")


@pytest.fixture(autouse=True)
def same_random_numbers():
    torch.manual_seed(0)


@pytest.fixture
def bert():
    return tiny_bert()


@pytest.fixture
def gpt():
    return tiny_gpt()


@pytest.fixture
def ids():
    """(B, S) token ids, none of them padding."""
    return draw_ids(B, S)


@pytest.fixture(scope="session")
def tokenizer():
    return load_tokenizer()


@pytest.fixture
def bertgpt(monkeypatch, capsys):
    """Call the command line: -> exit code, standard output, standard error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["bertgpt", *map(str, arguments)])
        try:
            code = main()
        except SystemExit as stopped:  # argparse's own refusals
            code = stopped.code
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def refused():
    """Check a refusal: exit code 2, nothing on standard output, and one line on standard error that names all parts."""

    def check(result, *named):
        code, out, err = result
        assert (code, out) == (2, "") and err.startswith("bertgpt: ") and err.count("\n") == 1, (code, out, err)
        assert not [part for part in named if part not in err], err

    return check


@pytest.fixture
def in_node(tmp_path):
    """in_node("quiz.js", "return page.score(given);", given): -> what the page's script returns."""
    return partial(call_page, tmp_path)
