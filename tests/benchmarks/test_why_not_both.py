"""Why not both: each diet gives what it says, the exam asks what it says, and a run of each gives a row."""

import pytest
import torch
import torch.nn.functional as F
import why_not_both as experiment
from experiments import made_with
from reference import tiny_both
from runs import needs_muon

SIZES = dict(max_len=16, d_model=24, n_layers=1, n_heads=3, d_ff=48)


@pytest.mark.parametrize("diet, causal", [("causal", 60), ("masked", 0), ("1:1", 30), ("15:1", 56), ("1:15", 4)])
def test_a_diet_has_its_share_of_causal_batches(diet, causal, documents, letters):
    batches = experiment.fed(diet, documents, letters, 9, 1, 16, 2)
    found = sum("labels" not in batches.sample(step) for step in range(60))
    assert found == causal if causal in (0, 60) else abs(found - causal) <= 8 and 0 < found < 60


def test_all_diets_begin_with_short_rows_of_as_many_tokens(documents, letters):
    for diet in experiment.DIETS:
        batches = experiment.fed(diet, documents, letters, 6, 0, 16, 2)
        assert [tuple(batches.sample(step)["input_ids"].shape) for step in (0, 1, 2, 5)] == [(8, 4)] * 2 + [(2, 16)] * 2


def test_windows_hide_the_share_that_they_are_asked_for_and_never_their_first_token(documents, letters):
    ids, blanks = experiment.draw_exam(letters, documents, 13, 300)
    assert {name: set(hidden.sum(dim=1).tolist()) for name, hidden in blanks.items()} == {
        "15 %": {2}, "30 %": {4}, "any": set(range(1, 13))}                  # of 12 that may be hidden
    assert not any(hidden[:, 0].any() for hidden in blanks.values())
    assert ids.equal(experiment.draw_exam(letters, documents, 13, 300)[0])
    assert (blanks["15 %"] & ~blanks["30 %"]).any()                          # drawn anew for each rate


def test_a_window_is_asked_left_to_right_and_at_its_blanks_under_the_square():
    both = tiny_both().eval()
    ids = torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, 3, 4]])
    hidden = torch.tensor([[0, 0, 1, 0, 1], [0, 1, 0, 0, 0]], dtype=torch.bool)
    found = experiment.examine(both, 7, ids, {"some": hidden})
    with torch.inference_mode():
        nexts = F.cross_entropy(both(ids)[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none").mean(dim=1)
        logits = both(ids.masked_fill(hidden, 7), order="bidirectional")     # read one token before the blank
    first = F.cross_entropy(logits[0, [1, 3]], ids[0, [2, 4]])
    second = F.cross_entropy(logits[1, :1], ids[1, 1:2])
    assert found["each"] == {"next": pytest.approx(nexts.tolist(), abs=1e-3),
                             "some": pytest.approx([first.item(), second.item()], abs=1e-3)}
    assert found["next"] == pytest.approx(nexts.mean().item(), abs=1e-3)
    assert found["some"] == pytest.approx((first + second).item() / 2, abs=1e-3)     # every window counts alike


@needs_muon
@pytest.mark.parametrize("diet", ["1:1", "masked"])
def test_a_run_gives_a_row(diet, documents, letters, monkeypatch):
    for name, value in dict(SIZES=SIZES, ROWS=2, WINDOWS=3, documents=lambda split, tokenizer: documents).items():
        monkeypatch.setattr(experiment, name, value)
    row = experiment.run(diet, 1, letters, steps=8)
    assert (row["diet"], row["seed"], row["steps"], row["tokens"]) == (diet, 1, 8, 8 * 2 * 16)
    assert set(row["each"]) == {"next", *experiment.RATES} and {len(each) for each in row["each"].values()} == {3}
    assert [look["step"] for look in row["curve"]] == list(range(1, 9))
    assert all({"lm_loss", "mlm_loss"} <= set(look) for look in row["curve"])        # both games, whatever was fed


def test_rows_are_planned_for_less_than_was_allowed_and_another_vocabulary_makes_them_anew(letters):
    planned, others = experiment.rows(), experiment.rows(letters)
    assert len({row.name for row in planned}) == len(planned) == 3 * len(experiment.DIETS)
    assert sum(row.seconds for row in planned) <= 2_600
    assert made_with(planned[0]) != made_with(others[0]) and made_with(planned[0]) == made_with(experiment.rows()[0])
    assert made_with(planned[0]) != made_with(experiment.rows(steps=20)[0])
