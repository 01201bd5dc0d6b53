"""The arms of the fair fight differ in what they are said to differ in, and in nothing else."""

import pytest
import torch
import torch.nn.functional as F

from bertgpt.tasks import fair_fight
from bertgpt.tasks.fair_fight import ARMS, FightBatches, target_logits
from bertgpt.text.batching import IGNORED
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.settings import learning_rate_at as rate

TEXT = "the cat sat on the mat and the dog sat on the cat and it was all very well " * 20
SIZES = dict(max_len=16, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)
ONE_CLASS = [name for name, arm in ARMS.items() if not arm.published]


@pytest.fixture(scope="module")
def letters():
    return Tokenizer.train_char([TEXT])


@pytest.fixture(scope="module")
def documents(letters):
    return [torch.tensor(letters.encode(TEXT), dtype=torch.int32)]


def batch_of(arm, documents, letters):
    return FightBatches(documents, letters, ARMS[arm], 16, 4, seed=3).sample(0)


def model_of(arm, letters, seed=0):
    return fair_fight.untrained_model(ARMS[arm], letters.vocab_size, seed, SIZES).eval()


def test_all_arms_read_the_same_rows_and_only_gpt_predicts_every_token(documents, letters):
    plain = batch_of("GPT", documents, letters)
    assert (plain["labels"][:, 1:] == plain["input_ids"][:, 1:]).all()
    assert not plain["at_mask"].any()
    for arm in ARMS:
        batch = batch_of(arm, documents, letters)
        targets = batch["labels"] != IGNORED
        assert not targets[:, 0].any()                             # no token before it can predict it
        text = torch.where(targets, batch["labels"], batch["input_ids"])
        assert torch.equal(text, plain["input_ids"])
        if arm != "GPT":
            assert targets.sum(dim=1).tolist() == [2 if arm == "15 % hidden" else 4] * 4        # of 15
            assert (arm == "published") == bool((targets & ~batch["at_mask"]).any())


def test_training_begins_with_short_rows(documents, letters):
    batches = fair_fight.training_batches(documents, letters, ARMS["BERT"], 0, SIZES)
    shapes = [tuple(batches.sample(step)["input_ids"].shape) for step in (199, 200)]
    assert shapes == [(64, 4), (16, 16)]


def test_arms_of_one_class_begin_with_the_same_weights(letters):
    first, *others = [model_of(arm, letters, seed=4).state_dict() for arm in ONE_CLASS]
    assert all(torch.equal(first[name], other[name]) for other in others for name in first)
    name, other = "embeddings.token.weight", model_of("GPT", letters, seed=5)
    assert not torch.equal(first[name], other.state_dict()[name])


@pytest.mark.parametrize("arm", ARMS)
def test_each_arm_attends_where_it_may(arm, documents, letters):
    model, ids = model_of(arm, letters), batch_of(arm, documents, letters)["input_ids"]
    targets = torch.zeros(4, 16, dtype=torch.bool)
    targets[:, 6] = True

    def logits(changed):
        other = ids.clone()
        other[:, changed] = (other[:, changed] + 1) % letters.vocab_size
        return target_logits(model, ARMS[arm], other, targets)

    before = target_logits(model, ARMS[arm], ids, targets)
    causal = ARMS[arm].order == "causal"
    assert torch.equal(before, logits(9)) == causal                # a token on its right
    assert torch.equal(before, logits(6)) == causal                # the token itself
    assert not torch.equal(before, logits(4))


def test_an_arm_predicts_a_token_one_position_early_or_at_its_own(documents, letters):
    ids = batch_of("GPT", documents, letters)["input_ids"]
    targets = torch.zeros(4, 16, dtype=torch.bool)
    targets[:, 6] = True
    for arm, position in {"BERT": 5, "GPT": 5, "left-only": 5, "own place": 6}.items():
        model = model_of(arm, letters)
        expected = model.lm_head(model.encode(ids, order=ARMS[arm].order)[:, position])
        torch.testing.assert_close(target_logits(model, ARMS[arm], ids, targets), expected)


def test_the_learning_rate_is_held_and_decays_over_the_last_fifth():
    settings, endless = fair_fight.settings_for(1000), fair_fight.settings_for(10**6)
    assert all(rate(step, settings) == rate(step, endless) for step in range(1000 - 180 + 1))
    assert rate(1000 - 180 + 1, settings) < rate(1000 - 180 + 1, endless)
    assert rate(999, settings) < 2e-5


def test_the_loss_at_mask_leaves_out_visible_tokens(documents, letters):
    arm, batch = ARMS["published"], batch_of("published", documents, letters)
    model, at_mask = model_of("published", letters), batch["at_mask"]
    measured = fair_fight.objective_for(arm)(model, batch)
    for name, where in {"loss": batch["labels"] != IGNORED, "loss_at_mask": at_mask}.items():
        logits = target_logits(model, arm, batch["input_ids"], where)
        torch.testing.assert_close(measured[name], F.cross_entropy(logits, batch["labels"][where]))
