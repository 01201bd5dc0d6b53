"""Recorded experiments: written whole, read back, and complete where they ship."""

import pytest

from bertgpt import results


def test_what_is_saved_is_read_back_with_the_machine(tmp_path):
    rows = [{"seed": 0, "loss": 4.25}, {"seed": 1, "loss": 4.5}]
    results.save_results("trial", {"command": "python x.py"}, rows, tmp_path)
    found = results.load_results("trial", tmp_path)
    assert found["rows"] == rows and found["about"]["command"] == "python x.py"
    assert set(found["about"]["machine"]) == {"cores", "threads", "torch"}
    assert [path.name for path in tmp_path.iterdir()] == ["trial.json"]


def test_what_json_cannot_hold_leaves_the_old_file_alone(tmp_path):
    results.save_results("trial", {}, [{"loss": 1.0}], tmp_path)
    with pytest.raises(TypeError):
        results.save_results("trial", {}, [{"loss": object()}], tmp_path)
    assert results.load_results("trial", tmp_path)["rows"] == [{"loss": 1.0}]


def test_a_fingerprint_tells_texts_and_their_borders_apart():
    assert results.fingerprint("ab", "c") != results.fingerprint("a", "bc") != results.fingerprint("abc")
    assert results.fingerprint("ab", "c") == results.fingerprint("ab", "c")


@pytest.mark.parametrize("path", sorted(results.RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_experiment_says_how_it_was_made(path):
    found = results.load_results(path.stem)
    assert {"command", "data", "machine"} <= set(found["about"]) and found["rows"]
