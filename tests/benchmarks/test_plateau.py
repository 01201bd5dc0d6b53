"""Asking in different ways: the same tokens are hidden in all of them, and a label stands where its way says."""

import plateau
import pytest
import torch

from bertgpt import ModernConfig
from bertgpt.text.batching import IGNORED

WAYS = [(label, framed, always) for label in plateau.SHIFTS for framed in (True, False) for always in (True, False)]


@pytest.fixture
def asked(letters, documents):
    """asked(way) -> a batch with short rows, and its labels moved back to the blanks, the frame taken off."""

    def draw(label, framed, always):
        batch = plateau.AskedBatches(documents, letters, 20, 5, 0.3, 1, label, framed, always).sample(2)
        at_blank = plateau.move(batch["labels"], -plateau.SHIFTS[label])
        inside = slice(1, -1) if framed else slice(None)
        return batch["input_ids"][:, inside], at_blank[:, inside]

    return draw


def test_the_same_tokens_are_hidden_in_all_ways(asked, letters):
    _, first = asked("at the blank", True, True)
    assert (first[:, [0, -1]] == IGNORED).all() and (first != IGNORED).sum(dim=1).tolist() == [5] * 5
    for label, framed, always in WAYS:
        ids, labels = asked(label, framed, always)
        kept = slice(5, None) if label == "five before" else slice(None)  # the others leave the row
        assert torch.equal(labels[:, kept], first[:, kept])
        at_mask = ids == letters.mask_id
        assert torch.equal(at_mask, first != IGNORED) if always else (at_mask <= (first != IGNORED)).all()


def test_a_batch_of_next_tokens_is_read_under_the_triangle_and_one_with_blanks_under_the_square():
    torch.manual_seed(0)
    sizes = dict(vocab_size=13, max_len=7, d_model=12, n_layers=1, n_heads=3, d_ff=20)
    model = plateau.Reader(ModernConfig(**sizes, **plateau.OLD))
    ids = torch.randint(13, (2, 5))
    changed = ids.clone()
    changed[:, 4] = (ids[:, 4] + 1) % 13
    seen = []
    model.register_forward_hook(lambda *_: seen.append(model.causal))
    plateau.objective(model, {"input_ids": ids})
    plateau.objective(model, {"input_ids": ids, "labels": ids})
    assert seen == [True, False] and not model.causal
    for causal in (True, False):
        model.causal = causal
        assert torch.equal(model(ids)[:, :4], model(changed)[:, :4]) is causal


def test_counting_pairs_uses_the_left_neighbour_where_it_is_in_sight(letters, monkeypatch):
    """In "abab..." a neighbour decides the token, and frequencies leave a coin's ln 2."""
    text = torch.tensor(letters.encode("ab" * 300))
    settings = {"LENGTH": 40, "ROWS": 2, "WINDOWS": 2, "STEPS": 5, "books": lambda: (letters, [text], [text])}
    for constant, value in settings.items():
        monkeypatch.setattr(plateau, constant, value)
    for function in (plateau.frequency_loss, plateau.neighbour_loss):
        function.cache_clear()
    hidden_neighbours = 0.3  # of the blanks at most
    assert plateau.frequency_loss() == pytest.approx(0.693, abs=0.05)
    assert 0.01 < plateau.neighbour_loss() < hidden_neighbours * plateau.frequency_loss()
    plateau.frequency_loss.cache_clear()
    plateau.neighbour_loss.cache_clear()
