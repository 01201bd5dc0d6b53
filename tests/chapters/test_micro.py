"""chapters/micro.py: its gradients are torch's, its mask closes what it says, and both models learn."""

import ast
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from bertgpt_book.exercises import run

PATH = Path(__file__).resolve().parents[2] / "chapters" / "micro.py"
SOURCE = PATH.read_text(encoding="utf-8")
CHARACTERS = ".?abcdefg"


@pytest.fixture
def micro():
    """Load the file as a module of its own, so that no test leaves another's tape."""
    from types import SimpleNamespace
    names = {"__name__": "micro", "__file__": str(PATH)}
    exec(compile(SOURCE, PATH, "exec"), names)
    return SimpleNamespace(**names)


def by_torch(model, text, triangle, sizes):
    """Compute the same block with torch's own functions. -> scores (T, V), {number of a matrix: its tensor}"""
    width, heads, _ = sizes
    w = [torch.tensor(each.rows, dtype=torch.float64, requires_grad=True) for each in model.weights]
    embedding, up, down, *rest = w
    ids = [CHARACTERS.index(c) for c in text]
    angles = [[t / 100 ** (2 * i / width) for i in range(width // 2)] for t in range(len(ids))]
    angles = torch.tensor(angles, dtype=torch.float64)
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (T, D)
    x = embedding[ids] + waves
    z = F.rms_norm(x, (width,), eps=1e-5 / width)
    q, k, v = (torch.stack([z @ each.T for each in rest[i::4]]) for i in range(3))  # (H, T, K)
    mixed = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=triangle)[0]
    x = x + sum(head @ out.T for head, out in zip(mixed, rest[3::4]))
    x = x + F.relu(F.rms_norm(x, (width,), eps=1e-5 / width) @ up.T) @ down.T
    return F.rms_norm(x, (width,), eps=1e-5 / width) @ embedding.T, w


@pytest.mark.parametrize("bert, triangle", [(False, True), (True, False), (True, True)])
def test_losses_and_gradients_are_torchs(micro, bert, triangle):
    rng = random.Random(3)
    model = micro.Model(CHARACTERS, triangle, rng)
    words = ["".join(rng.choices("abcdefg", k=k)) for k in (3, 5, 8)]
    questions = [micro.pose(word, {1, len(word)}, bert) for word in words]
    total = 0
    grads = [torch.zeros(len(m.rows), len(m.rows[0]), dtype=torch.float64) for m in model.weights]
    for read, labels in questions:
        scores, weights = by_torch(model, read, triangle, (micro.WIDTH, micro.HEADS, micro.HIDDEN))
        asked = [t for t, label in enumerate(labels) if label]
        right = torch.tensor([CHARACTERS.index(labels[t]) for t in asked])
        loss = F.cross_entropy(scores[asked], right, reduction="sum")
        loss.backward()
        total += loss.item()
        grads = [g + w.grad for g, w in zip(grads, weights)]
    found = sum(sum(answer_and_go_back(micro, model, *each)) for each in questions)
    assert found == pytest.approx(total, abs=1e-6)
    for matrix, wanted in zip(model.weights, grads):
        assert wanted.abs().max() > 1e-3
        torch.testing.assert_close(torch.tensor(matrix.grads, dtype=torch.float64), wanted, atol=1e-6, rtol=0)


def answer_and_go_back(micro, model, read, labels):
    nats = model.ask(read, labels)
    while micro.tape:
        micro.tape.pop()()
    return nats
