"""Every script can be imported, and one row of each kind of experiment comes out again at a small size."""

import importlib
from functools import partial
from pathlib import Path

import blanks
import experiments
import leaks
import loss_scaling
import mix
import modern_ladder
import next_sentence
import open_the_mask
import pytest
import recipe
import scoring_speed
import text_classification
import torch
import turns
import why_not_both
from reference import tiny_both
from runs import needs_muon

from bertgpt import Tokenizer
from bertgpt.text.batching import IGNORED
from bertgpt.text.data import LengthCurriculum, MixedBatches, MLMBatches, SentencePairBatches
from bertgpt.training.recipes import Corpus
from bertgpt_book.records import load_results, recorded
from bertgpt_book.tasks.classification import ClassifierTuning, load_splits
from bertgpt_book.tasks.labelled import subset

SCRIPTS = sorted(path.stem for path in Path(experiments.__file__).parent.glob("*.py"))
SIZES = dict(max_len=16, d_model=24, n_layers=1, n_heads=3, d_ff=48)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_can_be_imported(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:  # benchmarks/requirements.txt has more than the tests need
        assert error.name in ("onnx", "playwright"), error
        pytest.skip(f"{error.name} is not installed")


def same_columns(row, kept):
    assert row.keys() | {"name", "made_with", "cpu_seconds"} == kept.keys() | {"name", "made_with", "cpu_seconds"}


@needs_muon
@pytest.mark.slow
def test_a_pre_training_row_is_made_again_small(documents, letters, monkeypatch):
    small = {
        "TINY": SIZES,
        "SIZES": SIZES,
        "LENGTH": 16,
        "ROWS": 2,
        "WINDOWS": 3,
        "documents": lambda split, tokenizer: documents,
        "load_tokenizer": lambda: letters,
        "beginning": lambda way, seed: tiny_both(vocab_size=letters.vocab_size, max_len=12).eval(),
    }
    for script in (recipe, why_not_both, open_the_mask, loss_scaling):
        for name, value in small.items():
            if hasattr(script, name):
                monkeypatch.setattr(script, name, value)
    for name in ("GPT muon, linear, average", "BERT first quarter causal"):
        row = recipe.run(name, 0, 8, letters, documents, documents)
        same_columns(row, recorded("recipe")[name])
        assert bool(row["average"]) == ("average" in name) and row["curve"][-1]["step"] == 8
    same_columns(why_not_both.run("1:1", 0, letters, steps=8), recorded("why_not_both")["1:1, seed 0"])
    same_columns(open_the_mask.run("from nothing", 0, steps=8), recorded("open_the_mask")["from nothing, seed 0"])
    assert open_the_mask.run("suddenly", 0, steps=8)["15 %, causal"] > 0
    row = loss_scaling.run("BERT", 64, 4, 0, letters, documents, documents)
    same_columns(row, load_results("loss_scaling")["rows"][0])


@pytest.mark.slow
def test_a_fine_tuned_row_is_made_again_small():
    kept = recorded("text_classification")["sentiment TinyBERT fine-tuned 0"]
    settings = {name: kept[name] for name in ClassifierTuning.__dataclass_fields__}
    tuning = ClassifierTuning(**settings | {"steps": 2, "batch_size": 4})
    training, test = load_splits("sentiment", 40)
    row = text_classification.run_fine_tuning(tuning, training, subset(test, range(0, 2046, 100)))
    assert row.keys() == kept.keys() - {"name", "method", "made_with"} and len(row["right"]) == 21


@pytest.mark.slow
def test_a_baseline_gives_its_recorded_scores_again():
    row = next_sentence.grade("Persuasion", next_sentence.by_words, n_items=30)["shared words"]["credit"]
    kept = recorded("next_sentence")["Persuasion: shared words"]["shared words"]["credit"]
    assert row == pytest.approx(kept[:30])


@pytest.mark.slow
def test_a_rehearsal_of_a_timing_leaves_a_whole_record(tmp_path, monkeypatch):
    monkeypatch.setattr(scoring_speed, "ANSWERS", 4)
    monkeypatch.setattr("sys.argv", ["scoring_speed.py", "--turns", "1", "--out", str(tmp_path)])
    scoring_speed.main()
    found, kept = (load_results("scoring_speed", *folder) for folder in ([tmp_path], []))
    assert found["about"].keys() == kept["about"].keys()
    assert found["rows"][0].keys() == kept["rows"][0].keys()


def test_contestants_take_turns_and_the_first_turn_is_not_counted():
    order = []
    seconds = turns.turn_about({name: lambda name=name: order.append(name) for name in "ab"}, 2)
    assert order == list("ababab") and {name: len(times) for name, times in seconds.items()} == {"a": 2, "b": 2}
    row = turns.compared("x", "theirs", [1.0, 2.0, 1.0], [3.0, 3.0, 1.0], goal=2.0)
    assert (row["ours"], row["theirs"], row["ratio"], row["ratios"]) == (1.0, 3.0, 3.0, [1.0, 1.5, 3.0])
    rate = turns.compared("x", "theirs", [2.0], [4.0], work=8, unit="tokens a second")
    assert (rate["ours"], rate["theirs"], rate["ratio"]) == (4.0, 2.0, 2.0)


@needs_muon
@pytest.mark.slow
def test_each_rung_of_the_ladder_has_its_switch_and_those_before_it(documents, letters, monkeypatch):
    monkeypatch.setattr(modern_ladder, "LENGTH", 16)
    monkeypatch.setattr(modern_ladder, "SIZES", SIZES | dict(n_heads=4))
    plan = modern_ladder.planned(modern_ladder.OBJECTIVES, [0])
    assert len(plan) == len(set(plan)) == 2 * (8 + 6)
    for alone, has_gate in ((False, True), (True, False)):
        chosen = modern_ladder.switches("shared keys", alone)
        assert chosen["n_kv_heads"] == 2 and ("gated" in chosen) == has_gate
    for objective in modern_ladder.OBJECTIVES:
        row = modern_ladder.run("local layers", False, objective, 0, 8, letters, documents, documents)
        assert modern_ladder.key(row) == ("local layers", False, objective, 0) and 0 < row["loss"] < 5
        same_columns(row, load_results("modern_ladder")["rows"][0])


@needs_muon
@pytest.mark.slow
def test_a_trial_of_a_mix_is_made_again_small(documents, letters, monkeypatch):
    small = {"LENGTH": 16, "SIZES": SIZES, "judge": lambda *_: {"first": [True, False, False, False]}}
    for name, value in small.items():
        monkeypatch.setattr(mix, name, value)
    corpora = [Corpus(name, {"train": documents, "test": documents}, 0) for name in mix.TEXTS]
    row = mix.run("GPT", "no stories", 0, 8, letters, corpora)
    assert mix.key(row) == ("GPT", "no stories", 0) and row["plain"] == {"first": 25.0}
    assert len(set(row["losses"].values())) == 1 and {*row["losses"]} == {*mix.TEXTS}
    same_columns(row, load_results("mix")["rows"][0])


@needs_muon
@pytest.mark.slow
def test_a_trial_at_blanks_is_made_again_small(monkeypatch):
    tale = "He sat. It ran. " * 40
    letters = Tokenizer.train_char([tale])
    pairs = SentencePairBatches({"a": tale, "b": tale}, letters, 16, 4, 0.3)
    small = {
        "LENGTH": 16,
        "SIZES": SIZES,
        "N_ROWS": 2,
        "judge": lambda *_: {"first": [True, False]},
        "held_out": lambda _: {"Macbeth": torch.tensor(letters.encode(tale))},
        "spread_rows": partial(blanks.spread_rows, length=12),
        "mix_batches": lambda *_: LengthCurriculum(pairs, MixedBatches([pairs], [1.0]), 2),
    }
    for name, value in small.items():
        monkeypatch.setattr(blanks, name, value)
    for way in blanks.WAYS:
        row = blanks.run(way, 0, 8, letters, [])
        assert blanks.key(row) == (way, 0) and row["first answers"] == "10" and row["plain"] == {"first": 50.0}
        same_columns(row, load_results("blanks")["rows"][0])
    for step in (0, 5):
        with_pairs, alone = (
            blanks.batches_of(way, [], letters, 0, 8).sample(step) for way in ("as TinyBERT", "no pairs")
        )
        assert "is_random_next" in with_pairs and "is_random_next" not in alone
        assert with_pairs["input_ids"].shape == alone["input_ids"].shape == (4, 16)


def test_whole_words_are_hidden_from_what_another_way_has_hidden(tokenizer):
    ids = torch.tensor(tokenizer.encode(" Anne was blushing, and the embarrassment of Wentworth astonished her." * 20))
    source = MLMBatches([ids], tokenizer, 100, 8)
    letters = blanks.edges(tokenizer)
    hidden_anew = blanks.HiddenAnew(source, partial(blanks.hide_words, tokenizer, letters, 3))
    batch, before = hidden_anew.sample(5), source.windows.sample(5)["input_ids"]
    asked = batch["labels"] != IGNORED  # (B, T)
    whole = torch.where(asked, batch["labels"], batch["input_ids"])
    assert whole[:, 1:-1].equal(before) and batch["at_mask"].equal(batch["input_ids"] == tokenizer.mask_id)
    inside = blanks.continues(letters, whole)[:, 1:]  # (B, T - 1)
    assert inside.any() and asked[:, 1:][inside].equal(asked[:, :-1][inside])  # no word is torn
    shares = asked.sum(dim=1) / 98
    assert (shares >= 0.29).all() and (shares < 0.36).all() and not asked[:, [0, -1]].any()
    assert 0.7 < batch["at_mask"].sum() / asked.sum() < 0.9
    parts = torch.tensor([tokenizer.encode(' was blushing, "Hello')])  # was bl|ushing , " Hello
    assert blanks.continues(letters, parts).tolist() == [[False, False, True, False, False, False]]


@pytest.mark.slow
def test_types_of_transformers_are_audited_again():
    for kind, shapes in (("bert", ["square", "triangle"]), ("gpt2", ["triangle"])):
        found, kept = leaks.run(kind)["models"], recorded("leaks_5.24.0")[kind]["models"]
        assert [[*model["patterns"]] for model in found] == [[shape] for shape in shapes]
        assert [(model["model"], model["causal"], model.keys()) for model in found] == [
            (model["model"], model["causal"], model.keys()) for model in kept
        ]
