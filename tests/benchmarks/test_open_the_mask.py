"""Opening the mask: slowly is slow, half causal is half, and a run of each way gives a row."""

import open_the_mask as experiment
import pytest
import torch
from reference import tiny_both
from runs import needs_muon

from bertgpt.model.masks import causal_mask
from bertgpt.training.objectives import both_objective


def shown(way, documents, letters, steps=40):
    return experiment.shown(way, documents, letters, 12, steps, seed=1)


def test_slowly_opens_from_the_triangle_to_the_square_and_never_closes_the_left_side(documents, letters):
    batches, triangle = shown("slowly", documents, letters), causal_mask(12)
    masks = [batches.sample(step)["may_attend"] for step in range(40)]
    assert {tuple(mask.shape) for mask in masks} == {(experiment.ROWS, 1, 12, 12)}
    shares = [mask[0, 0][~triangle].float().mean().item() for mask in masks]
    assert shares[0] == 0 and set(shares[20:]) == {1.0} and all(mask[0, 0][triangle].all() for mask in masks)
    assert 0.3 < sum(shares[:20]) / 20 < 0.7 and shares[15] > shares[2]
    assert batches.sample(7)["may_attend"].equal(masks[7]) and not masks[9].equal(masks[10])


def test_suddenly_brings_no_mask_and_half_causal_brings_whole_texts(documents, letters):
    sudden, half = (shown(way, documents, letters) for way in ("suddenly", "suddenly, half causal"))
    assert all(set(sudden.sample(step)) == {"input_ids", "labels"} for step in range(9))
    causal = sum("labels" not in half.sample(step) for step in range(60))
    assert 20 < causal < 40


def test_a_mask_that_is_wholly_open_asks_what_the_square_asks(documents, letters):
    both, batches = tiny_both(vocab_size=letters.vocab_size, max_len=12).eval(), shown("slowly", documents, letters)
    closed, opened = batches.sample(0), batches.sample(30)
    plain = {name: opened[name] for name in ("input_ids", "labels")}
    expected = both_objective(both, plain)["mlm_loss"]
    torch.testing.assert_close(experiment.opening_objective(both, opened)["mlm_loss"], expected)
    torch.testing.assert_close(experiment.opening_objective(both, plain)["mlm_loss"], expected)
    under_triangle = experiment.opening_objective(both, closed)["mlm_loss"]
    assert not torch.isclose(under_triangle, both_objective(both, closed)["mlm_loss"])


def test_all_but_one_begin_with_what_tinygpt_knows():
    sudden, slow, nothing = (experiment.beginning(way, 0) for way in ("suddenly", "slowly", "from nothing"))
    weights = [model.blocks[0].attention.q_proj.weight for model in (sudden, slow, nothing)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert sudden.config == nothing.config and sudden.config.dropout == 0


@needs_muon
@pytest.mark.parametrize("way", experiment.WAYS)
def test_a_run_gives_a_row(way, documents, letters, monkeypatch):
    small = dict(ROWS=2, WINDOWS=3, documents=lambda split, tokenizer: documents, load_tokenizer=lambda: letters,
                 beginning=lambda way, seed: tiny_both(vocab_size=letters.vocab_size, max_len=12).eval())
    for name, value in small.items():
        monkeypatch.setattr(experiment, name, value)
    row = experiment.run(way, 1, steps=8)
    assert (row["way"], row["seed"], row["steps"]) == (way, 1, 8)
    assert [look["step"] for look in row["curve"]] == list(range(9))
    assert all({"lm_loss", "mlm_loss"} <= set(look) for look in row["curve"])
    assert set(row["each"]) == {"next", "15 %", "30 %", "any"}


def test_rows_are_planned_for_less_than_was_allowed():
    planned = experiment.rows()
    assert len({row.name for row in planned}) == len(planned) == 8
    assert sum(row.seconds for row in planned) <= 2_000 and all(row.weights == ("tinygpt",) for row in planned)
