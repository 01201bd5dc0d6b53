"""The effects of the recipe's changes: seed by seed beside the plain recipe, and no more than the seeds can tell."""

import pytest
from recipe_effects import recipe_effects, verdict

from bertgpt.book.records import load_results


def run_of(name: str, seed: int, loss: float, **average) -> dict:
    last = {"step": 500, "mlm_loss": 9.0, "loss_at_mask" if name.startswith("B") else "lm_loss": loss}
    return {"name": name, "seed": seed, "average": average, "curve": [last]}


ROWS = [
    run_of("GPT plain", 0, 5.0), run_of("GPT plain", 1, 5.04),
    run_of("GPT muon", 0, 4.8), run_of("GPT muon", 1, 4.9),
    run_of("GPT average", 0, 9.0, lm_loss=5.02), run_of("GPT average", 1, 9.0, lm_loss=5.03),
    run_of("GPT once", 0, 4.0),
    run_of("GPT rate", 0, 5.4), run_of("GPT rate", 1, 5.0),
    run_of("BERT plain", 0, 6.0), run_of("BERT plain", 1, 6.02),
    run_of("BERT muon", 0, 5.5), run_of("BERT muon", 1, 5.4),
    run_of("BERT rate", 0, 5.9), run_of("BERT rate", 1, 6.1),
    run_of("BERT luck", 0, 5.6), run_of("BERT luck", 1, 6.0),
]
ROWS[11]["curve"].insert(0, {"step": 300, "loss_at_mask": 5.79})
ABOUT = {"frequencies": 6.1, "seconds_a_step": {"GPT plain": 0.5, "GPT muon": 0.6}}


@pytest.mark.parametrize("kind, verdicts", [
    ("GPT", {"plain": "5.020 ± 0.020", "muon": "−0.170", "average": "none",
             "once": "one seed decides nothing",                             # it may be luck
             "rate": "none"}),                                               # worse with one seed, better with one
    ("BERT", {"plain": "6.010 ± 0.010, on the plateau", "muon": "−0.560, off the plateau at step 300 and 500",
              "rate": "on the plateau",
              "luck": "none, off the plateau at step 500, 1 of 2 on the plateau"})])
def test_a_change_is_compared_with_the_plain_recipe_seed_by_seed(kind, verdicts):
    effects = recipe_effects({"about": ABOUT, "rows": ROWS})[kind]
    assert {change: verdict(change, effect) for change, effect in effects.items()} == verdicts


def test_the_record_bears_out_what_the_page_concludes():
    """GPT gains most from Muon; BERT leaves the plateau by Muon and short rows together, by neither alone."""
    effects = recipe_effects(load_results("recipe"))
    verdicts = {kind: {change: verdict(change, effect) for change, effect in effects[kind].items()}
                for kind in ("GPT", "BERT")}
    gains = {change: effects["GPT"][change]["gain"] for change, text in verdicts["GPT"].items() if text[0] == "−"}
    assert max(gains, key=gains.get) == "muon" and "dropout 0" in gains and verdicts["GPT"]["linear to zero"] == "none"
    left = {change for change, effect in effects["BERT"].items() if effect["left"]}
    assert left == {change for change in verdicts["BERT"] if change.startswith("muon, short rows first")}
