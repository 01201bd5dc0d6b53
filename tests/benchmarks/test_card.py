"""What the cards say is measured at the right places."""

import card
import pytest
import torch
from ship_both import named, spread_rows

from bertgpt import load_tokenizer

TOKENIZER = load_tokenizer()


class Names:
    """A BERT that names one token wherever it is asked, and another one next; it keeps what it was asked."""

    mlm_head = True                               # it fills blanks

    def __init__(self, first, second):
        self.logits, self.asked = torch.zeros(TOKENIZER.vocab_size), []
        self.logits[first], self.logits[second] = 2.0, 1.0

    def __call__(self, ids, positions, **rest):
        self.asked.append((ids, positions))
        return self.logits.expand(int(positions.sum()), -1), None


def test_one_token_is_missing_and_it_is_the_middle_one():
    model, ids = Names(70, 71), torch.tensor([70] * 300 + [71] * 100)
    found = named(model, TOKENIZER, spread_rows(ids, n_rows=5))
    # Rows of 126 tokens from 0, 68, 137, 205 and 274: place 64 of the frame is token 63 of the text, the last a 71.
    assert found == {"first": pytest.approx(80), "among five": pytest.approx(100)}
    ((rows, at),) = model.asked
    assert rows.shape == (5, 128) and torch.equal(at, torch.zeros_like(at).index_fill_(1, torch.tensor([64]), True))
    assert (rows[:, 64] == TOKENIZER.mask_id).all() and (rows == TOKENIZER.mask_id).sum() == 5
    assert (rows[:, 0] == TOKENIZER.cls_id).all() and (rows[:, -1] == TOKENIZER.sep_id).all()


@pytest.mark.slow
def test_pairs_are_chapter_07_s():
    same_book, other_books, follows, (lesson, taught) = card.pairs_of(TOKENIZER, 6)
    assert len(same_book) == len(other_books) == len(follows) == 6 and len(lesson) == len(taught) == 2000
    for pair, other, true in zip(same_book, other_books, follows):
        assert pair[0] == other[0] and (pair[1] == other[1]) == true
    assert 0.4 < taught.double().mean() < 0.6
