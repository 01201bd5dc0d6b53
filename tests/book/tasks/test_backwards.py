"""Flash cards: who is asked for what, and that the two masks start alike."""

import torch

from bertgpt.text.batching import IGNORED
from bertgpt_book.tasks import backwards
from bertgpt_book.tasks.backwards import MASK, pose


def test_a_question_hides_what_it_asks_for_and_nothing_else():
    rng = torch.Generator().manual_seed(1)
    fronts, _ = backwards.make_cards(seed=0)
    ids, labels = pose("next", fronts, rng)
    assert torch.equal(ids, fronts) and torch.equal(labels[:, :3], fronts[:, 1:]) and (labels[:, 3] == IGNORED).all()
    ids, labels = pose("end", fronts, rng)
    assert (ids[:, 3] == MASK).all() and (labels[:, :3] == IGNORED).all() and torch.equal(labels[:, 3], fronts[:, 3])
    ids, labels = pose("blanks", fronts, rng)
    hidden = ids == MASK
    assert not hidden[:, 0].any() and hidden[:, 1:].any(dim=1).all() and hidden.float().mean(0)[1:].min() > 0.3
    assert torch.equal(labels, fronts.masked_fill(~hidden, IGNORED))


def test_the_masks_start_from_the_same_weights_and_only_the_square_looks_ahead():
    square, triangle = (backwards.untrained(mask) for mask in ("square", "triangle"))
    for one, other in zip(square.parameters(), triangle.parameters(), strict=True):
        assert torch.equal(one, other)
    fronts, backs = backwards.make_cards(seed=0)
    changed = fronts.clone()
    changed[:, 3] = fronts[:, 3].roll(1)
    for model, moves in ((square, True), (triangle, False)):
        before, after = model(fronts)[:, 1], model(changed)[:, 1]
        assert torch.equal(before, after) is not moves


def test_answers_are_read_where_they_are_asked():
    """A model that always says the right token at the place where it is read."""
    fronts, _ = backwards.make_cards(seed=0)
    n, by_capital = len(fronts), fronts[fronts[:, 1].argsort()]  # (n, 4)

    def knows(shift):  # says at t the token of the true card at t + shift
        def model(ids):
            known = [next(i for i in row if i < 2 * n) % n for row in ids.tolist()]  # by either side
            cards = by_capital[known].roll(-shift, 1)  # (B, 4)
            return torch.nn.functional.one_hot(cards, len(backwards.WORDS)).float()[:, : ids.size(1)]

        return model

    assert backwards.right(knows(1), "next", fronts).all() and not backwards.right(knows(0), "next", fronts).any()
    assert backwards.right(knows(0), "blanks", fronts).all()
