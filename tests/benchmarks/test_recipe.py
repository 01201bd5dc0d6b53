"""The recipe's changes: each does what its name says, and a run of each gives a row."""

import math

import pytest
import recipe
import torch
from runs import needs_muon

from bertgpt import BERTForPreTraining, TransformerConfig
from bertgpt.book.records import load_results

SIZES = dict(max_len=16, d_model=24, n_layers=1, n_heads=3, d_ff=48)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(recipe, "TINY", SIZES)
    monkeypatch.setattr(recipe, "LENGTH", 16)
    monkeypatch.setattr(recipe, "ROWS", 4)


def rows_of(name, documents, letters, steps=8):
    return recipe.batches_of(name.split()[0], recipe.CHANGES[name], documents, letters, steps, seed=0)


def asked(batch):
    return (batch["labels"] != recipe.IGNORED).sum().item()


def test_a_falling_rate_asks_for_less_and_less(documents, letters):
    rows = rows_of("BERT muon, short rows first, rate falling", documents, letters, steps=100)
    assert asked(rows.sample(0)) == 16 * round(0.40 * 2)                       # short rows, of two letters each
    assert asked(rows.sample(50)) == 4 * round(0.275 * 14) > asked(rows.sample(99)) == 4 * round(0.15 * 14)


def test_short_rows_come_first_and_hold_as_many_tokens(documents, letters):
    rows = rows_of("BERT short rows first", documents, letters, steps=8)
    assert [tuple(rows.sample(step)["input_ids"].shape) for step in (0, 3, 4, 7)] == [(16, 4)] * 2 + [(4, 16)] * 2


def test_causal_batches_come_as_often_as_they_should(documents, letters):
    for name, causal in (("BERT every 16th batch causal", [0, 16]), ("BERT first quarter causal", list(range(5)))):
        rows = rows_of(name, documents, letters, steps=20)
        assert [step for step in range(20) if "labels" not in rows.sample(step)] == causal


def test_nothing_but_the_mask_changes_where_a_bert_is_asked_for_the_next_token(documents, letters):
    torch.manual_seed(0)
    config = TransformerConfig.bert(**SIZES, vocab_size=letters.vocab_size, dropout=0.0)
    bert = recipe.CausalBERT(config).eval()
    plain = BERTForPreTraining(config).eval()
    plain.load_state_dict(bert.state_dict())
    ids = documents[0][None, :8].long()
    torch.testing.assert_close(bert(ids)[0], plain(ids)[0])
    changed = ids.clone()
    changed[0, -1] = (ids[0, -1] + 1) % letters.vocab_size
    bert.causal = True
    assert torch.equal(bert(ids)[0][:, :-1], bert(changed)[0][:, :-1])
    assert not torch.equal(plain(ids)[0][:, :-1], plain(changed)[0][:, :-1])
    bert.causal = False
    assert set(recipe.sometimes_causal(bert, {"input_ids": ids})) == {"lm_loss"} and not bert.causal


@pytest.mark.parametrize("name", [pytest.param(name, marks=[needs_muon] if "optimiser" in change.settings else [])
                                  for name, change in recipe.CHANGES.items()])
def test_every_change_gives_a_row(name, documents, letters):
    row = recipe.run(name, 1, 8, letters, documents, documents)
    assert (row["name"], row["seed"], row["steps"], row["tokens"]) == (name, 1, 8, 8 * 4 * 16)
    losses = {"GPT": {"lm_loss"}, "BERT": {"mlm_loss", "loss_at_mask"}}
    assert losses[name.split()[0]] <= set(row["curve"][-1]) and row["curve"][-1]["step"] == 8
    assert bool(row["average"]) == ("average" in name)


def test_whoever_knows_the_frequencies_has_their_loss(documents, letters):
    assert 2 < recipe.frequency_loss(documents, documents, letters) < math.log(letters.vocab_size)


@needs_muon
def test_steps_are_timed_over_the_whole_run_of_every_change(documents, letters, monkeypatch):
    monkeypatch.setattr(recipe, "TIMED", 4)
    rows = recipe.Spread(rows_of("BERT short rows first", documents, letters, steps=8), 8)
    assert [tuple(rows.sample(step)["input_ids"].shape) for step in range(4)] == [(16, 4)] * 2 + [(4, 16)] * 2
    monkeypatch.setattr(recipe, "turn_about", lambda acts, turns: {name: [len(act())] for name, act in acts.items()})
    assert recipe.seconds_a_step(letters, documents) == dict.fromkeys(recipe.CHANGES, 1.0)     # four rows of four steps


def test_a_run_that_is_recorded_is_not_made_again_and_the_seconds_stay(tmp_path, monkeypatch):
    def row(name, seed, steps, *_):
        return {"name": name, "seed": seed, "steps": steps, "curve": [{}]}

    old = row("GPT plain", 0, 7) | {"old": True}
    recipe.save_results("recipe", {"seconds_a_step": {"GPT plain": 0.5}}, [old], tmp_path)
    for name, value in {"run": row, "CORPORA": {"austen": lambda split: {}}, "frequency_loss": lambda *_: 6.5}.items():
        monkeypatch.setattr(recipe, name, value)
    monkeypatch.setattr("sys.argv", ["recipe.py", "--steps", "7", "--only", "GPT plain", "--out", str(tmp_path)])
    recipe.main()
    found = load_results("recipe", tmp_path)
    assert found["rows"] == [old, row("GPT plain", 1, 7)]
    assert found["about"]["seconds_a_step"] == {"GPT plain": 0.5} and found["about"]["frequencies"] == 6.5


def test_the_record_holds_every_change_with_two_seeds_and_its_seconds():
    found = load_results("recipe")
    runs = sorted((row["name"], row["seed"]) for row in found["rows"])
    assert runs == sorted((name, seed) for name in recipe.CHANGES for seed in (0, 1))
    assert set(found["about"]["seconds_a_step"]) == set(recipe.CHANGES)
    assert {(row["name"].split()[0], row["steps"]) for row in found["rows"]} == set(recipe.STEPS.items())
