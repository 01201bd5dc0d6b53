"""The fair fight: the arms differ in what they are said to differ in, and in nothing else."""

import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from runs import needs_muon

from bertgpt.tasks import fair_fight
from bertgpt.tasks.fair_fight import ARMS, FightBatches
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


def batch_of(arm, documents, letters, length=16, n=4, step=0):
    return FightBatches(documents, letters, ARMS[arm], length, n, seed=3).sample(step)


def model_of(arm, letters, seed=0):
    return fair_fight.untrained_model(ARMS[arm], letters.vocab_size, seed, SIZES)


def test_all_arms_read_the_same_rows_and_only_gpt_is_asked_for_every_token(documents, letters):
    plain = batch_of("GPT", documents, letters)
    assert (plain["labels"][:, 1:] == plain["input_ids"][:, 1:]).all() and not plain["at_mask"].any()
    for arm in ARMS:
        batch = batch_of(arm, documents, letters)
        asked = batch["labels"] != IGNORED
        assert not asked[:, 0].any()                                       # nobody stands before it to name it
        text = torch.where(asked, batch["labels"], batch["input_ids"])
        assert torch.equal(text, plain["input_ids"])
        if arm != "GPT":
            assert asked.sum(dim=1).tolist() == [2 if arm == "15 % hidden" else 4] * 4        # of 15
        assert (arm == "published") == bool((asked & ~batch["at_mask"]).any() and arm != "GPT")


def test_arms_of_one_class_begin_with_the_same_weights(letters):
    first, *others = [model_of(arm, letters, seed=4).state_dict() for arm in ONE_CLASS]
    assert all(torch.equal(first[name], other[name]) for other in others for name in first)
    assert not torch.equal(first["embeddings.token.weight"],
                           model_of("GPT", letters, seed=5).state_dict()["embeddings.token.weight"])


@pytest.mark.parametrize("arm", ARMS)
def test_each_arm_looks_where_it_may_and_is_asked_where_it_should(arm, documents, letters):
    model, batch = model_of(arm, letters).eval(), batch_of(arm, documents, letters)
    asked = torch.zeros(4, 16, dtype=torch.bool)
    asked[:, 6] = True

    def answer(changed):
        ids = batch["input_ids"].clone()
        ids[:, changed] = (ids[:, changed] + 1) % letters.vocab_size
        return fair_fight.answer_logits(model, ARMS[arm], ids, asked)

    before = fair_fight.answer_logits(model, ARMS[arm], batch["input_ids"], asked)
    causal = ARMS[arm].order == "causal"
    assert torch.equal(before, answer(9)) == causal                        # a token on its right
    assert torch.equal(before, answer(6)) == causal                        # its own place
    assert not torch.equal(before, answer(4))


def test_an_arm_names_a_token_one_place_early_or_at_its_own(documents, letters):
    ids = batch_of("GPT", documents, letters)["input_ids"]
    asked = torch.zeros(4, 16, dtype=torch.bool)
    asked[:, 6] = True
    for arm, place in {"BERT": 5, "GPT": 5, "left-only": 5, "own place": 6}.items():
        model = model_of(arm, letters).eval()
        expected = model.lm_head(model.encode(ids)[:, place])
        torch.testing.assert_close(fair_fight.answer_logits(model, ARMS[arm], ids, asked), expected)


@needs_muon
def test_budgets_share_their_trunk(documents, letters, tmp_path, monkeypatch):
    monkeypatch.setattr(fair_fight, "WARMUP", 4)
    monkeypatch.setattr(fair_fight, "SHORT_STEPS", 3)
    arm = ARMS["BERT"]
    batches = fair_fight.training_batches(documents, letters, arm, 0, SIZES)
    assert [batches.sample(step)["input_ids"].shape for step in (2, 3)] == [(64, 4), (16, 16)]

    def trained(steps, trunk):
        model = model_of("BERT", letters)
        history = fair_fight.train_to(steps, arm, model, batches, trunk)
        assert [row["step"] for row in history] == list(range(1, steps + 1))
        return model.state_dict()

    alone = {steps: trained(steps, None) for steps in (14, 24)}
    for steps in (14, 24):                                                 # the second begins where the first left it
        together = trained(steps, tmp_path / "bert")
        for name in together:
            torch.testing.assert_close(together[name], alone[steps][name])
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["bert-0000012", "bert-0000020"]


def test_the_rate_is_held_to_the_trunk_and_falls_after_it():
    settings, endless = fair_fight.settings_for(1000), fair_fight.settings_for(10**6)
    assert all(rate(step, settings) == rate(step, endless) for step in range(1000 - 180 + 1))
    assert rate(1000 - 180 + 1, settings) < rate(1000 - 180 + 1, endless) and rate(999, settings) < 2e-5


@pytest.mark.parametrize("arm", ["BERT", "own place", "published"])
def test_the_score_of_a_bidirectional_arm_fills_its_places_from_left_to_right(arm, documents, letters):
    model, rows = model_of(arm, letters).eval(), batch_of("GPT", documents, letters)["input_ids"]
    places = torch.tensor([[5, 9]] * 4)
    expected = torch.zeros(4)
    for hidden, place in (([5, 9], 5), ([9], 9)):
        given, asked = rows.clone(), torch.zeros_like(rows, dtype=torch.bool)
        given[:, hidden], asked[:, place] = letters.mask_id, True
        logits = fair_fight.answer_logits(model, ARMS[arm], given, asked)
        expected += F.log_softmax(logits, -1)[range(4), rows[:, place]]
    found = fair_fight.text_scores(model, ARMS[arm], rows, places, letters.mask_id, batch_size=3)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("arm", ["GPT", "left-only"])
def test_the_difference_of_causal_scores_is_that_of_whole_texts(arm, documents, letters):
    model, rows = model_of(arm, letters).eval(), batch_of("GPT", documents, letters)["input_ids"]
    other, places = rows.clone(), torch.tensor([[7]] * 4)
    other[:, 7] = (rows[:, 7] + 1) % letters.vocab_size
    score = partial(fair_fight.text_scores, model, ARMS[arm], places=places, mask_id=letters.mask_id, batch_size=3)

    def whole(ids):
        logs = model(ids).log_softmax(-1)[:, :-1]
        return logs.gather(2, ids[:, 1:, None]).sum(dim=(1, 2))

    torch.testing.assert_close(score(rows) - score(other), whole(rows) - whole(other), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("arm", ARMS)
def test_its_own_loss_is_a_mean_a_row(arm, documents, letters):
    model, batch = model_of(arm, letters).eval(), batch_of(arm, documents, letters)
    found = fair_fight.own_loss(model, ARMS[arm], [batch, batch])
    measured = fair_fight.fight_objective(ARMS[arm], model, batch)
    assert found["loss"][:4] == found["loss"][4:] and len(found["loss"]) == 8
    assert sum(found["loss"]) / 8 == pytest.approx(measured["loss"].item(), abs=1e-5)
    assert ("loss_at_mask" in found) == ("loss_at_mask" in measured) == (arm != "GPT")
    assert abs(found["loss"][0] - math.log(letters.vocab_size)) < 1


def test_the_loss_at_mask_leaves_out_what_is_shown(documents, letters):
    model, batch = model_of("published", letters).eval(), batch_of("published", documents, letters)
    at_mask = batch["at_mask"]
    logits = fair_fight.answer_logits(model, ARMS["published"], batch["input_ids"], at_mask)
    losses = F.cross_entropy(logits, batch["labels"][at_mask], reduction="none")
    measured = fair_fight.fight_objective(ARMS["published"], model, batch)
    assert measured["loss_at_mask"].item() == pytest.approx(losses.mean().item(), abs=1e-5)
    rows = at_mask.nonzero()[:, 0]
    expected = [losses[rows == row].mean().item() for row in range(4)]
    assert fair_fight.own_loss(model, ARMS["published"], [batch])["loss_at_mask"] == pytest.approx(expected, abs=1e-5)
