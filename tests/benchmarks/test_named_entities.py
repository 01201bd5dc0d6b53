"""The rules and taggers of the experiment: what they find, what a short run learns, what is recorded."""

import named_entities
import pytest
from named_entities import BASELINES, find_capitals, find_titled, run_baseline, run_tagger

from bertgpt.book.records import load_results
from bertgpt.evaluation.metrics import f1_difference
from bertgpt.tasks.entities import find_names
from bertgpt.tasks.tagging import TaggerTuning, entity_hashes


def test_a_list_of_the_training_names_fails_on_others():
    assert find_names("Captain Wentworth left Kellynch with the Musgroves.") == ()
    assert find_titled("Captain Wentworth left Kellynch with Emma.") == ((0, 17, "PERSON"), (37, 41, "PERSON"))


def test_capitals_mistake_every_place_and_month_and_miss_the_first_word():
    found = find_capitals('"Anne," said I to Mrs Croft, "is in Camden Place in May."')
    assert found == ((18, 27, "PERSON"), (36, 48, "PERSON"), (52, 55, "PERSON"))


def test_a_list_of_training_names_finds_only_what_it_holds():
    row = run_baseline("list of the training names")["test"]
    assert row["seen_recall"] == 1 and row["unseen_recall"] < 0.05 and 0.5 < row["f1"] < 0.6
    assert BASELINES["list of the training names"] is find_names
    better = run_baseline("list, and what follows a title")["test"]
    assert better["f1"] > run_baseline("every capital a person")["test"]["f1"] > row["f1"]
    assert run_baseline("every capital a person")["test"]["PLACE_f1"] == 0


@pytest.mark.slow
def test_a_short_run_learns_what_no_list_knows():
    row = run_tagger(TaggerTuning(encoder="TinyBERT", frozen=False, steps=45, learning_rate=5e-4))["test"]
    assert row["f1"] > run_baseline("list of the training names")["test"]["f1"] and row["unseen_recall"] > 0.3


def test_every_model_learns_alike_three_times_over_every_third_sentence():
    tunings = named_entities.tunings()
    assert {tuning.steps for tuning in tunings} == {-(-3 * len(named_entities.training_sentences()) // 32)}
    assert all(tuning.learning_rate == named_entities.RATES[tuning.frozen][tuning.encoder] for tuning in tunings)
    first = {(tuning.encoder, tuning.frozen) for tuning in tunings if tuning.piece == "first" and tuning.seed == 0}
    assert first == {(encoder, frozen) for encoder in ("TinyBERT", "TinyGPT", "MiniLM") for frozen in (True, False)}
    assert [tuning.frozen for tuning in tunings if tuning.piece == "last"] == [True]
    names = [row.name for row in named_entities.rows()]
    assert len(set(names)) == len(names) == len(BASELINES) + len(tunings)


def test_recorded_rows_are_about_the_labels_that_ship():
    recorded = load_results("named_entities")
    assert recorded["about"]["data"] == entity_hashes()
    rules = {row["tagger"]: row["test"] for row in recorded["rows"] if row["tagger"] in BASELINES}
    for name in BASELINES:
        found, known = run_baseline(name)["test"], rules[name]
        for key in ("f1_interval", "unseen_interval"):
            assert found.pop(key) == pytest.approx(known.pop(key), abs=0.01)                         # other resamples
        assert found == known


def test_a_title_and_a_list_find_the_same_sentences_when_they_are_drawn_together():
    rules = {row["tagger"]: row["test"]["counts"] for row in load_results("named_entities")["rows"]
             if row["tagger"] in BASELINES}
    titled, listed = (rules[name] for name in ("list, and what follows a title", "list of the training names"))
    ahead, (low, high) = f1_difference(titled, listed)
    assert len(titled) == 412 and 0.2 < low < ahead < high < 0.45
