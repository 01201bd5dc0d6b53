"""chapters/micro.py: its gradients are torch's, its mask closes what it says, and both models learn."""

import ast
import functools
import importlib.util
import math
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch
import torch.nn.functional as F

from bertgpt.text import corpora

PATH = Path(__file__).resolve().parents[2] / "chapters" / "micro.py"
WORDS = PATH.with_name("micro.txt")
SOURCE = PATH.read_text(encoding="utf-8")
ALPHABET = ".?abcdefg"


@pytest.fixture
def micro():
    spec = importlib.util.spec_from_file_location("micro", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_torch(micro, model, text):
    """Compute the same block by torch's own functions. text: T characters -> scores (T, V), weights"""
    weights = [torch.tensor(each.rows, dtype=torch.float64, requires_grad=True) for each in model.weights]
    embedding, *heads, up, down = weights
    D, half = micro.WIDTH, micro.WIDTH // 2
    angles = torch.arange(len(text))[:, None] / 100 ** (torch.arange(half, dtype=torch.float64) / half)
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (T, D)

    def norm(x):
        return F.rms_norm(x, (D,), eps=1e-5 / D)

    x = embedding[[model.alphabet.index(c) for c in text]] + waves
    q, k, v = (torch.stack([norm(x) @ each for each in heads[i::4]]) for i in range(3))  # (H, T, K)
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=model.triangle)
    x = x + sum(head @ out for head, out in zip(mixed, heads[3::4]))
    x = x + F.relu(norm(x) @ up) @ down
    return norm(x) @ embedding.T, weights


@pytest.mark.parametrize("bert, triangle", [(False, True), (True, False), (True, True)])
def test_losses_and_gradients_are_torchs(micro, bert, triangle):
    rng = random.Random(3)
    model = micro.Model(ALPHABET, triangle, rng)
    loss, nats = 0.0, 0.0
    wanted = [torch.zeros(len(each.rows), len(each.rows[0]), dtype=torch.float64) for each in model.weights]
    for n_letters in (3, 5, 8):
        word = "".join(rng.choices("abcdefg", k=n_letters))
        read, labels = micro.pose(word, 2, bert, rng)
        scores, weights = by_torch(micro, model, read)
        asked = [t for t, label in enumerate(labels) if label]
        right = torch.tensor([ALPHABET.index(labels[t]) for t in asked])
        each = F.cross_entropy(scores[asked], right, reduction="sum")
        wanted = [sum(pair) for pair in zip(wanted, torch.autograd.grad(each, weights))]
        loss += each.item()
        nats += sum(model.ask(read, labels, learn=True))
    assert nats == pytest.approx(loss, abs=1e-6)
    for matrix, grads in zip(model.weights, wanted):
        assert grads.abs().max() > 1e-3  # or the test could not fail
        torch.testing.assert_close(torch.tensor(matrix.grads, dtype=torch.float64), grads, atol=1e-6, rtol=0)


def test_a_step_is_adams_without_its_correction_of_the_first_means(micro):
    weights = micro.Weights(2, 3, random.Random(0))
    rows = torch.tensor(weights.rows, dtype=torch.float64)
    means, squares = torch.zeros(2, 3), torch.zeros(2, 3)
    for step in range(3):
        grads = torch.randn(2, 3, generator=torch.Generator().manual_seed(step)).double()
        weights.receive(grads.tolist())
        weights.step(0.01)
        means, squares = 0.9 * means + 0.1 * grads, 0.95 * squares + 0.05 * grads**2
        rows -= 0.01 * means / (squares.sqrt() + 1e-8)
    torch.testing.assert_close(torch.tensor(weights.rows, dtype=torch.float64), rows)
    assert weights.grads == [[0.0] * 3] * 2


@pytest.mark.parametrize("triangle", [True, False])
def test_a_character_moves_the_scores_that_the_mask_lets_it(micro, triangle):
    model = micro.Model(ALPHABET, triangle, random.Random(0))
    before = model(".abcdef.").rows
    for t in range(8):
        text = list(".abcdef.")
        text[t] = "g"
        moved = [row != old for row, old in zip(model("".join(text)).rows, before)]
        assert moved == [s >= t or not triangle for s in range(8)]


def test_gpt_is_asked_for_the_next_character_everywhere_and_bert_for_the_hidden_ones(micro):
    rng = random.Random(0)
    assert micro.pose("cat", 1, False, rng) == (".cat", "cat.")
    read, labels = micro.pose("kitchen", 3, True, rng)
    assert read.count("?") == 3 and read[0] == read[-1] == "."
    assert labels == [c if shown == "?" else None for c, shown in zip(".kitchen.", read)]


def test_counts_are_of_what_stands_beside_a_label(micro):
    # After an "a" come: b twice, the edge once. Each of 27 characters is counted once more.
    rng = random.Random(0)
    seen, new = ([micro.pose(w, 0, False, rng) for w in words] for words in (["ab", "ab", "a"], ["a"]))
    assert micro.count(seen, new, (0,)) == pytest.approx(-math.log(4 / 30 * 2 / 30) / 2)
    assert micro.count(seen, new, ()) == pytest.approx(-math.log(4 / 35 * 4 / 35) / 2)
    # Between "a" and "c" stands a "b", once.
    seen, new = [(".abc.", [None, *"abc", None])], [(".a?c.", [None, None, "b", None, None])]
    assert micro.count(seen, new, (-1, 1)) == pytest.approx(-math.log(2 / 28))


def test_only_the_standard_library_is_imported_and_two_hundred_lines_hold_it_all():
    imports = [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in imports if isinstance(node, ast.ImportFrom)}
    assert names and names <= sys.stdlib_module_names
    assert len(SOURCE.splitlines()) <= 200


def test_every_line_that_asks_which_model_it_is_is_marked_and_they_are_twelve_at_most():
    code = SOURCE.split('"""', 2)[2].splitlines()
    marked = [line for line in code if re.search(r"  # <- (GPT|BERT|both)$", line)]
    asks = [line for line in code if re.search(r"\b(if|not) (bert|self\.triangle)\b", line)]
    assert 6 <= len(marked) <= 12 and len(asks) >= 5 and set(asks) <= set(marked)


def test_the_page_shows_the_file_as_it_stands():
    file = SOURCE.split("\n\nif __name__ ==")[0]
    pieces = [each.strip() for each in re.split(r"^(?=# [234]\. )", file, flags=re.MULTILINE)]
    (page,) = PATH.parent.glob("[0-9][0-9]_one_file.ipynb")
    cells = [each.source for each in nbformat.read(page, as_version=4).cells if each.cell_type == "code"]
    assert len(pieces) == 4 and all(any(cell.startswith(piece) for cell in cells) for piece in pieces)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another signal there")
@pytest.mark.parametrize("bert", [False, True])
def test_ctrl_c_ends_a_run_with_samples_and_numbers(bert, tmp_path):
    text = tmp_path / "any.txt"
    text.write_text(" ".join(a + b + c for a in "bcdfgh" for b in "aeiou" for c in "lmnr").upper(), encoding="utf-8")
    command = [sys.executable, PATH, text, *["--bert"] * bert]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # Ctrl-C reaches it though these tests may run in the background, where a shell has it ignored.
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    run = subprocess.Popen(command, preexec_fn=heard, **pipes)
    assert run.stdout.read(6) == "\nstep "  # read as text, a carriage return is a new line
    run.send_signal(signal.SIGINT)
    found, errors = run.communicate(timeout=60)
    assert run.returncode == 0 and errors == ""
    *_, numbers = found.splitlines()
    names = "BERT .*, BERT under the triangle .*, both neighbours .*, unigram" if bert else "GPT .*, bigram .*, unigram"
    assert re.match(f"mean -ln p, held-out words: {names} ", numbers) and len(found.splitlines()) >= 10


@pytest.mark.slow
def test_its_words_are_those_of_the_stories_that_are_not_held_out():
    text = " ".join(corpora.stories("train").values())
    wanted = {word.lower() for word in re.findall("[A-Za-z]+", text) if 3 <= len(word) <= 10}
    assert WORDS.read_text(encoding="utf-8").split() == sorted(wanted)


@pytest.mark.slow
def test_gpt_learns_more_than_counts_of_pairs(micro):
    found = micro.main(WORDS.read_text("utf-8"), bert=False, steps=1200)
    assert found["GPT"] < found["bigram"] - 0.03 and found["bigram"] < found["unigram"] - 0.3


@pytest.mark.slow
def test_bert_learns_more_than_counts_and_more_than_under_the_triangle(micro):
    found = micro.main(WORDS.read_text("utf-8"), bert=True, steps=2000)
    assert found["BERT"] < found["BERT under the triangle"] - 0.03 < found["unigram"] - 0.2
