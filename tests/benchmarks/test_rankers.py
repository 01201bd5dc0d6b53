"""Wrong candidates are wrong, half of them are hard to tell from the right one, and rankers learn to."""

import math
import re

import numpy as np
import pytest
from rankers import BM25, CandidateBatches, train_bi_encoder, train_cross_encoder
from reference import tiny_bert, tiny_gpt

from bertgpt import BERT
from bertgpt.training.loop import TrainingSettings

WORDS = """cat garden, dog street, horse field, bird tree, king castle, ship sea, lady library, clerk office,
    cook kitchen, child school, ghost cellar"""
PAIRS = [
    (f"{animal} {place}", f"the {animal} that we saw was in the {place} and stayed")
    for animal, place in map(str.split, WORDS.split(","))
]
SIZES = {"vocab_size": 8192, "max_len": 32, "n_layers": 1}


@pytest.fixture(params=[tiny_bert, tiny_gpt])
def encoder(request):
    return request.param(**SIZES)


def test_candidates_hold_the_answer_once_and_first(encoder, tokenizer):
    batches = CandidateBatches(PAIRS, encoder, tokenizer, batch_size=3)
    batch = batches.sample(0)
    texts = [tokenizer.decode(row[mask.bool()]) for row, mask in zip(batch["input_ids"], batch["attention_mask"])]
    assert len(texts) == 24 and batch["labels"].tolist() == [0, 0, 0]
    for right, *wrong in (texts[i : i + 8] for i in range(0, 24, 8)):
        assert any(question in right and answer in right for question, answer in PAIRS)
        assert len({right, *wrong}) == 8
        assert not any(question in text and answer in text for text in wrong for question, answer in PAIRS)
    assert ("segment_ids" in batch) == isinstance(encoder, BERT)  # GPT has none to be given


def test_half_of_the_wrong_answers_share_words_with_the_question(encoder, tokenizer):
    # Of equals BM25 takes the first 20: of the ships, numbers 0 to 19.
    pairs = [("Which ship?", f"The {'ship' if n < 25 else 'cart'} {n:02}.") for n in range(60)]
    batches = CandidateBatches(pairs, encoder, tokenizer, batch_size=1)
    others = set()
    for step in range(60):
        texts = map(tokenizer.decode, batches.sample(step)["input_ids"])
        right, *wrong = [int(re.search(r"\d\d", text)[0]) for text in texts]
        if right >= 20:
            assert max(wrong[:3]) < 20
            others |= {*wrong[3:]}
    assert len(others) > 40  # drawn from all that is left


def test_bm25_by_hand():
    # Four documents of 2, 4, 2 and 4 words, 3 on average; k1 = 1 and b = 0.5, so that the norm is 1/2 + length/6.
    documents = ["mask cat".split(), "mask mask sat on".split(), "cat sat".split(), "the dog ran off".split()]
    scores = BM25(documents, k1=1.0, b=0.5).scores(["mask", "bird"])
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))  # two of four have it: ln 2
    np.testing.assert_allclose(idf, math.log(2))
    np.testing.assert_allclose(scores, [idf / (1 + 5 / 6), idf * 2 / (2 + 7 / 6), 0, 0])


@pytest.mark.slow
def test_rankers_learn(tokenizer):
    settings = TrainingSettings(steps=40, learning_rate=5e-3, warmup=5)
    history = train_bi_encoder(tiny_bert(**SIZES), tokenizer, PAIRS, settings, batch_size=11)
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    history = train_cross_encoder(BERT(tiny_bert(**SIZES).config), tokenizer, PAIRS, settings, batch_size=11)[1]
    assert history[0]["loss"] == pytest.approx(np.log(8), abs=0.1)  # eight candidates
    assert history[-1]["loss"] < 0.93 * history[0]["loss"]
