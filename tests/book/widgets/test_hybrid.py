"""The hybrid without a browser: its steps are the package's own."""

import torch

from bertgpt import generate, unmask
from bertgpt_book.widgets import Hybrid
from bertgpt_book.widgets.hybrid import write_on

TEXT = " She had a [MASK] in her [MASK], and [MASK] it."


def test_it_fills_and_continues_as_the_package_does(word_models, tokenizer):
    model, ids = word_models[-1], [tokenizer.eos_id, *tokenizer.encode(TEXT)]
    widget = Hybrid(model, tokenizer, TEXT, count=6, prefix=4)
    for name, order in {"bidirectional": "bidirectional", "causal": "causal", "prefix": 4}.items():
        filled, written_at = unmask(model, torch.tensor([ids]), tokenizer.mask_id, 3, order=order)
        steps = widget.runs[f"fill, {name}"]
        assert [step["at"] for step in steps] == [(written_at[0] == n).nonzero()[:, 0].tolist() for n in (1, 2, 3)]
        assert [step["ids"] for step in steps] == [filled[0, step["at"]].tolist() for step in steps]
    assert widget.runs["fill, prefix"] != widget.runs["fill, causal"] != widget.runs["fill, bidirectional"]
    known = ids[: ids.index(tokenizer.mask_id)]  # only the words before the first blank are continued
    continued = generate(model, torch.tensor([known]), 6, temperature=0)[0].tolist()
    steps = widget.runs["go on, causal"]
    assert [step["ids"] for step in steps] == [[id_] for id_ in continued[len(known) :]]
    assert [step["at"] for step in steps] == [[t] for t in range(len(known), len(known) + 6)]
    assert widget.runs["go on, prefix"] == write_on(model, tokenizer, known, min(4, len(known)), 6)
