"""The arms of the fair fight read the same rows and begin with the same weights."""

import pytest
import torch

from bertgpt.text.batching import IGNORED
from bertgpt.text.tokenizer import Tokenizer
from bertgpt_book.tasks.fair_fight import ARMS, FightBatches, untrained_model

TEXT = "the cat sat on the mat and the dog sat on the cat and it was all very well " * 20
SIZES = dict(max_len=16, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


@pytest.mark.parametrize("arm", ARMS)
def test_all_arms_read_the_same_rows_and_only_gpt_predicts_every_token(arm):
    letters = Tokenizer.train_char([TEXT])
    documents = [torch.tensor(letters.encode(TEXT), dtype=torch.int32)]
    plain, batch = (FightBatches(documents, letters, ARMS[name], 16, 4, seed=3).sample(0) for name in ("GPT", arm))
    targets = batch["labels"] != IGNORED
    assert not targets[:, 0].any()  # no token before it can predict it
    assert torch.equal(torch.where(targets, batch["labels"], batch["input_ids"]), plain["input_ids"])
    assert targets.sum(dim=1).tolist() == [{"GPT": 15, "15 % hidden": 2}.get(arm, 4)] * 4
    assert (batch["input_ids"][targets] == letters.mask_id).all() == (not arm.startswith("GPT"))


def test_a_gpt_that_is_asked_as_often_as_bert_is_asked_at_the_same_positions():
    letters = Tokenizer.train_char([TEXT])
    documents = [torch.tensor(letters.encode(TEXT), dtype=torch.int32)]
    arms = (ARMS[name] for name in ("BERT", "GPT, asked as often as BERT"))
    bert, gpt = (FightBatches(documents, letters, arm, 16, 4, seed=3).sample(0) for arm in arms)
    assert torch.equal(bert["labels"], gpt["labels"]) and not (gpt["input_ids"] == letters.mask_id).any()


def test_a_seed_gives_the_same_weights_and_another_seed_others():
    first, again, other = (untrained_model(13, seed, SIZES).state_dict() for seed in (4, 4, 5))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["embeddings.token.weight"], other["embeddings.token.weight"])
