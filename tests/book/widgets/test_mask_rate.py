"""The mask-rate slider without a browser: what BERT predicts where words are hidden."""

import pytest
import torch

from bertgpt_book.widgets.base import readable
from bertgpt_book.widgets.mask_rate import mask_and_predict

TEXT = " She walked slowly to the sea, and the wind blew."


@pytest.fixture
def model(word_models):
    return word_models[0]


def test_the_answers_are_the_models(model, tokenizer):
    rows = mask_and_predict(model, tokenizer, TEXT, 0.8, seed=2)
    true = tokenizer.encode(TEXT)
    seen = list(true)
    for position, token, kind, *_ in rows:
        if kind == "random":
            seen[position] = next(i for i in range(tokenizer.vocab_size) if readable(tokenizer.decode([i])) == token)
        elif kind == "mask":
            seen[position] = tokenizer.mask_id
        assert token == readable(tokenizer.decode([seen[position]]))
    assert {row[2] for row in rows} == {"mask", "random", "kept"}
    with torch.inference_mode():
        logits, _ = model(torch.tensor([[tokenizer.cls_id, *seen, tokenizer.sep_id]]))
    probs, best = logits[0, 1:-1].softmax(dim=-1).topk(3)
    for position, _, _, words, right in rows:
        assert [token for token, _ in words] == [readable(token) for token in tokenizer.tokens(best[position])]
        assert [p for _, p in words] == pytest.approx(probs[position].tolist(), abs=5e-4)
        assert right == (best[position, 0] == true[position])
