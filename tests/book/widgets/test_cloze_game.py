"""The cloze game without a browser: what the models see and say."""

import pytest
import torch
from small_widgets import BLANKS, ENDS, make_widget

from bertgpt_book.widgets.base import readable

TOP = 30


@pytest.mark.parametrize(
    "number, left, framed",
    [
        (0, " He took her", " He took her [MASK], and kissed it."),
        (1, " She opened the", " She opened the [MASK] and read it."),
        (2, " She could not", " She could not [MASK]"),  # at an end BERT does not see the right side
    ],
)
@torch.inference_mode()
def test_the_answers_are_the_models(tokenizer, word_models, number, left, framed):
    bert, gpt, _ = word_models
    puzzle = make_widget("cloze game", *word_models, top=TOP).puzzles[number]
    assert f"{puzzle['left']} {{{puzzle['truth']}}}{puzzle['right']}" == [*BLANKS, *ENDS][number].strip()
    assert puzzle["truth"] in puzzle["choices"]
    ids = torch.tensor([[tokenizer.cls_id, *tokenizer.encode(framed), tokenizer.sep_id]])
    logits = {
        "BERT": bert(ids)[0][ids == tokenizer.mask_id][0],
        "GPT": gpt(torch.tensor([tokenizer.encode(left)]))[0, -1],
    }
    for name, stored in puzzle["answers"].items():
        p, best = logits[name].softmax(dim=-1).sort(descending=True)
        tokens, shares = zip(*stored)
        assert list(shares) == pytest.approx(p[:TOP].tolist(), rel=1e-3)
        assert list(tokens) == [readable(token) for token in tokenizer.tokens(best[:TOP])]
